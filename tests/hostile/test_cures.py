"""Cures of numbers that no spec may hold, and of layers that read one number: nothing ends at them."""

from typing import TYPE_CHECKING

import pytest

from archcalc import loads, trace, tracing
from archcalc.cures import telling, trying
from archcalc.cures.proposals import resizing
from archcalc.cures.telling import with_cures
from archcalc.cures.trying import Trials
from archcalc.effort import STEPS, Toll, metered
from archcalc.errors import SpecError
from archcalc.source import parse
from archcalc.tracing.walk import VALUE, VISIT
from tests.cli.running import run
from tests.explaining.test_families import LINES, words_of
from tests.test_speed import called

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.cli.running import Ran


@pytest.mark.parametrize("command", ["check", "shapes"])
@pytest.mark.parametrize("behind", ["", "- {type: Linear, in_features: 3, out_features: 2}\n"])
def test_a_stride_for_which_no_kernel_is_large_enough(
    command: str, behind: str, tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "far.yaml"
    conv = f"- {{type: Conv1d, out_channels: 1, kernel_size: 1, stride: {2**63 - 1}, padding: {2**62}}}\n"
    pool = f"- {{type: MaxPool1d, kernel_size: 1, stride: {2**63 - 1}}}\n"
    text = f"inputs: {{x: [1, {2**62}]}}\nlayers:\n{conv}{pool}{behind}"
    path.write_text(text, encoding="utf-8")
    ran = run(capsys, command, str(path))
    assert ran.code in (0, 1, 2)
    assert "fault in archcalc" not in ran.out + ran.err
    assert str(2**63) not in ran.out


def tried(line: str, shapes: "Sequence[str]") -> bool:
    """Whether a layer that reads other shapes than on file is refused; cures are tried then."""
    kind, *words = words_of(line)
    arguments = "".join(f", {word.replace('=', ': ', 1)}" for word in words if "=" in word)
    names = [f"x{index}" for index, word in enumerate(words) if "=" not in word]
    inputs = ", ".join(f"{name}: {shapes[index % len(shapes)]}" for index, name in enumerate(names))
    entry = f"{{type: {kind}, from: [{', '.join(names)}]{arguments}}}"
    model = loads(f"inputs: {{{inputs}}}\nlayers: [{entry}]\n", "f.yaml")
    try:
        trace(model)
    except SpecError as error:
        with_cures(error, model, Trials(model.document, frozenset()))
        return True
    return False


@pytest.mark.parametrize("shapes", [("[]",), ("[]", "[2, 3]"), ("[4]", "[]")], ids=" ".join)
def test_layers_of_every_kind_that_read_a_single_number(shapes: "Sequence[str]") -> None:
    lines = [line for line in LINES if len(words_of(line)) > 1 and "=" not in words_of(line)[1]]
    assert sum(tried(line, shapes) for line in lines) > 30


WINDOWS = (
    "inputs: {x: [1, 9, 9]}\nlayers:\n"
    "- {type: Conv2d, out_channels: 4, kernel_size: 3}\n- {type: Dropout, p: =i / 99, repeat: 90}\n"
    "- {type: Conv2d, out_channels: 4, kernel_size: 9}\n- {type: Conv2d, out_channels: 4, kernel_size: 9}\n"
)


@pytest.mark.parametrize(("most", "times"), [(10**6, 2), (100, 1), (10, 0)])
def test_of_a_large_network_few_other_sizes_are_traced(
    most: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = loads(WINDOWS, "f.yaml")
    with pytest.raises(SpecError) as caught:
        trace(model)
    traced: list[object] = []

    def counted(*arguments: object, **options: object) -> object:
        traced.append(options)
        return trace(*arguments, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(resizing, "MAX_TRACED", most)
    monkeypatch.setattr(tracing, "trace", counted)
    with_cures(caught.value, model, Trials(model.document, frozenset()))
    assert times <= len(traced) <= max(times, 20 * (most > 100))


def test_nothing_is_proposed_where_too_much_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    model = loads(WINDOWS, "f.yaml")
    with pytest.raises(SpecError) as caught:
        trace(model)
    monkeypatch.setattr(trying, "PART", 2 * STEPS)
    monkeypatch.setattr(telling, "proposed", None)
    told = with_cures(caught.value, model, Trials(model.document, frozenset()))
    assert [problem.what for problem in told.problems] == [each.what for each in caught.value.problems]


@pytest.mark.parametrize(("part", "done"), [(8, False), (3, True)])
def test_no_cure_is_tried_that_would_take_more_than_is_left(part: int, *, done: bool) -> None:
    trials = Trials(parse("layers: [ReLU]", "f.yaml"), frozenset())
    trials.judged((), None)
    trials.toll.take(STEPS // trying.PART // part)
    trials.judged_first()
    trials.toll.take(STEPS // trying.PART // 2)
    assert trials.done is done


def test_first_numbers_of_many_repeats_are_followed_for_one_changed_network(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    conv = "{type: Conv2d, name: conv, out_channels: 8, kernel_size: 5, stride: 2, repeat: 1000}"
    down = f"  down:\n    layers:\n    - {conv}\n    - {{type: LeakyReLU, name: relu}}\n"
    blocks = "\n".join(f"- {{type: down, name: down{at}}}" for at in range(4))
    path = tmp_path / "deep.yaml"
    path.write_text(f"inputs: {{x: [3, 64, 64]}}\nblocks:\n{down}layers:\n{blocks}\n", encoding="utf-8")
    done: list[Ran] = []
    took = called(lambda: done.append(run(capsys, "shapes", str(path))))
    assert done[0].code == 2
    assert "kernel 5 is larger than the padded input" in done[0].err
    assert 0 < took["_forward"] <= 4 * (2 * 500 + 2)


def test_a_changed_text_counts_for_its_length() -> None:
    convs = "".join(f"- {{type: Conv2d, name: c{at}, out_channels: 4, kernel_size: 99}}\n" for at in range(9))
    text = "# a comment that is read again\n" * 300 + f"inputs: {{x: [3, 8, 8]}}\nlayers:\n{convs}"
    model = loads(text, "f.yaml")
    trials = Trials(model.document, frozenset())
    with pytest.raises(SpecError) as caught:
        trace(model)
    with_cures(caught.value, model, trials)
    assert trials.trials > 0
    assert trials.toll.taken > trials.trials * len(text)


def test_a_changed_network_of_too_many_layers_is_not_made(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "levels.yaml"
    path.write_text(
        "loss: none of these\n"
        "inputs: {x: [1, 784]}\n"
        "blocks:\n"
        "  level:\n"
        "    args: {dilation: required}\n"
        "    layers:\n"
        "    - type: Residual\n"
        "      body: [{type: CausalConv, out_channels: 25, kernel_size: 3, dilation: =dilation}]\n"
        "      shortcut: [{type: Conv1d, out_channels: 25, kernel_size: 25}]\n"
        "      repeat: 300\n"
        "layers: [{type: level, dilation: =2 ** i, repeat: 8}]\n",
        encoding="utf-8",
    )
    took = called(lambda: run(capsys, "signal", str(path)))
    assert took["Trials._judged"] > 0
    assert took["Run.anew"] == 0


def steps_of(width: str) -> int:
    """Steps that are counted of a walk through a hundred layers of these widths."""
    text = f"inputs: {{x: [4, 8]}}\nlayers: [{{type: Linear, out_features: {width}, repeat: 100}}]\n"
    counted = Toll()
    with metered(counted):
        trace(loads(text, "f.yaml"))
    return counted.taken


def test_layers_that_are_asked_by_themselves_count_for_more_than_those_that_share_what_is_known() -> None:
    among_three, each_another = steps_of("=8 + i % 3"), steps_of("=8 + i")
    assert among_three > 100 * (VISIT + VALUE)
    assert each_another - among_three > 3_000
