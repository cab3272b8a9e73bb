"""Sizes that are followed, and states of a Scan: work that no text can make without end."""

from typing import TYPE_CHECKING

import pytest

from archcalc import SpecError, loads, trace
from archcalc.facts import WHOLE
from archcalc.sizes import polynomials, size
from archcalc.sizes.tape import Tape
from archcalc.solving import valid_sizes as solving
from archcalc.solving.valid_sizes import all_valid_sizes, input_axes
from archcalc.solving.varying import GivenNetwork
from archcalc.tracing import links, scan_reads
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.tracing.links import InputLinks, Links


def rolled(layers: int) -> str:
    """Layers that read another window at each size, so that each size asks the network anew."""
    each = "  - {{type: Roll, shifts: {}, dim: 1}}\n  - {{type: Conv1d, out_channels: 1, kernel_size: 3}}\n"
    turned = "".join(each.format(1 + 37 * index) for index in range(layers))
    return f"inputs: {{x: [1, 10007]}}\nlayers:\n{turned}"


def scanned(sequences: int, shape: str = "[4]") -> str:
    """A recurrence whose layers add one sequence each, all of them outputs."""
    names = range(sequences)
    after = f"[10, {shape[1:-1]}]"
    adds = (
        f"{{type: Add, name: a{each}, from: [{f'a{each - 1}' if each else 'h'}, e{each}]}}" for each in names
    )
    return (
        f"inputs: {{{', '.join(f'x{each}: {after}' for each in names)}}}\nlayers:\n"
        f"  - type: Scan\n    from: [{', '.join(f'x{each}' for each in names)}]\n"
        f"    inputs: [{', '.join(f'e{each}' for each in names)}]\n"
        f"    states: {{h: {{shape: {shape}, next: a{sequences - 1}}}}}\n    layers: [{', '.join(adds)}]\n"
        f"    outputs: [{', '.join(f'a{each}' for each in names)}]\n"
    )


def test_sizes_of_a_network_are_followed_to_a_limit_of_all_questions(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rolled.yaml"
    path.write_text(rolled(20), encoding="utf-8")
    assert run(capsys, "solve", str(path), "--sizes").code == 0
    monkeypatch.setattr(solving, "MAX_STEPS", 5_000)
    ran = run(capsys, "solve", str(path), "--sizes")
    assert ran.code == 2
    assert "to follow x[1] through the network takes 5,0" in ran.err
    assert "steps, at most 5,000 are made" in ran.err
    assert "ask for one size with --for" in ran.err


def test_operations_on_sizes_end_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "MAX_STEPS", 5_000)
    done = 0
    really = size._followed  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  each operation goes there

    def counted(*arguments: object) -> object:
        nonlocal done
        done += 1
        return really(*arguments)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(size, "_followed", counted)
    with pytest.raises(SpecError, match="at most 5,000 are made"):
        all_valid_sizes(input_axes(GivenNetwork(loads(rolled(200)))))
    assert done <= 5_000


def test_layers_without_the_size_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solving, "MAX_STEPS", 300)
    pooled = (
        "inputs: {x: [1, 9]}\nlayers:\n  - {type: AdaptiveAvgPool1d, output_size: 1}\n" + 80 * "  - ReLU\n"
    )
    with pytest.raises(SpecError, match="at most 300 are made"):
        all_valid_sizes(input_axes(GivenNetwork(loads(pooled))))


def test_an_operation_and_a_comparison_are_calculated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Tape()
    one, two = tape.give("a", 7), tape.give("b", 3)
    assert (one + 4) * two > one
    monkeypatch.setattr(polynomials, "collected", None)
    assert (one + 4) * two > one


def test_equal_links_need_no_new_records(monkeypatch: pytest.MonkeyPatch) -> None:
    made = links.own_links(3)
    monkeypatch.setattr(links, "_larger", None)
    assert links.either([{"x": made}, {"x": links.own_links(3)}])["x"] is made


def test_what_outputs_of_a_recurrence_read_is_joined_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    def joined(sequences: int) -> int:
        looked = 0
        really = links.either

        def counted(ways: "list[InputLinks]") -> "InputLinks":
            nonlocal looked
            looked += sum(map(len, ways))
            return really(ways)

        with monkeypatch.context() as patched:
            patched.setattr(scan_reads, "either", counted)
            trace(loads(scanned(sequences)))
        return looked

    assert joined(40) < 5 * joined(20)


def test_ways_through_states_are_counted_axis_by_axis(monkeypatch: pytest.MonkeyPatch) -> None:
    def followed(shape: str) -> int:
        counted: list[int] = []

        def follow(steps: scan_reads.StepReads, more: int) -> None:
            del steps
            counted.append(more)

        with monkeypatch.context() as patched:
            patched.setattr(scan_reads.StepReads, "_follow", follow)
            trace(loads(scanned(10, shape)))
        return sum(counted)

    assert followed("[4, 2, 2, 2]") == 4 * followed("[4]")


def test_links_that_are_told_apart_are_inexact_as_before() -> None:
    exact, other = links.AxisLink(0), links.AxisLink(1, WHOLE, exact=False)
    mixed: Links = (exact, other)
    assert links.either([{"x": mixed}, {"x": mixed}])["x"] == (links.AxisLink(0, exact=False), other)


def test_larger_networks_of_a_shipped_spec_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "solve", "swin_t", "--sizes", "--set", "depths=[2,2,18,2]", "--set", "drop=0.3")
    assert ran.code == 0, ran.err
    assert "image[1] = image[2]" in ran.out
