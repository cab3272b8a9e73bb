"""One layer that very many others read: what is offered for it and looked at costs no square of them."""

from typing import TYPE_CHECKING

import pytest

from archcalc.comparing.rows import network_rows
from archcalc.comparing.sides import side_of
from archcalc.loading import loads
from archcalc.rules.context import Context
from archcalc.rules.engine.checking import check_text
from archcalc.rules.questions.removal import leaving_out
from archcalc.rules.selection import Selection
from archcalc.tracing import trace
from tests.cli.running import run
from tests.test_speed import called, calls

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.running import Ran

READERS = {
    "twice": ("ReLU", "ReLU"),
    "sigmoids": ("Sigmoid", "Sigmoid"),
    "dropout": ("Dropout", "BatchNorm1d"),
}


def fan(first: str, others: str, many: int) -> str:
    names = ", ".join(f"b{at}" for at in range(many))
    rows = "".join(f"- {{type: {others}, name: b{at}, from: aa}}\n" for at in range(many))
    added = f"- {{type: Add, from: [{names}]}}\n"
    return f"inputs: {{x: [16]}}\nlayers:\n- {{type: {first}, name: aa}}\n{rows}{added}"


@pytest.mark.parametrize("kinds", READERS.values(), ids=READERS)
def test_checks_of_a_fan_are_linear(kinds: tuple[str, str]) -> None:
    active = Selection().active()

    def taken(many: int) -> int:
        text = fan(*kinds, many)
        return calls(lambda: check_text(text, "a.yaml", active, helping=True))

    taken(120)
    one, two, four = taken(200), taken(400), taken(800)
    assert four - two < 2.2 * (two - one)


@pytest.mark.parametrize(("many", "offered"), [(5, True), (60, True), (120, False)])
def test_a_cure_writes_so_many_names_anew(many: int, *, offered: bool) -> None:
    model = loads(fan("ReLU", "Linear, out_features: 16", many))
    context = Context(model, trace(model))
    cures = leaving_out(context, context.layers[0])
    assert [len(cure.changes) for cure in cures] == [many + 1] * offered


def test_what_stands_between_is_looked_at_once() -> None:
    text = fan("ReLU", "ReLU", 300)
    model = loads(text)
    context = Context(model, trace(model))
    layers = list(context.layers)
    first = layers[0].origin
    assert calls(lambda: [context.settled.between(first, each.origin) for each in layers[1:-1]]) < 300 * 30
    assert all(context.settled.between(first, each.origin) for each in layers[1:-1])


def test_names_with_stars_are_matched_once() -> None:
    def taken(many: int) -> int:
        rows = '- {type: ReLU, from: "a*"}\n' * many
        model = loads(f"inputs: {{x: [8]}}\nlayers:\n- {{type: ReLU, name: aa}}\n{rows}")
        return called(lambda: trace(model))["fnmatchcase"]

    assert [taken(many) for many in (50, 100)] == [50, 100]


def test_a_star_reads_what_is_named_behind_it_too() -> None:
    text = (
        "inputs: {x: [8]}\nlayers:\n- {type: ReLU, name: ab}\n- {type: ReLU, name: a0}\n"
        "- {type: Add, name: one, from: 'a*'}\n"
        "- {type: ReLU, name: a1, from: one}\n- {type: Add, name: two, from: 'a*'}\n"
        "- {type: ReLU, name: a2, when: false}\n- {type: Add, name: three, from: 'a*'}\n"
    )
    network = trace(loads(text))
    assert [[port.layer for port in network.layer(name).inputs] for name in ("one", "two", "three")] == [
        ["ab", "a0"],
        ["ab", "a0", "a1"],
        ["ab", "a0", "a1"],
    ]


def test_networks_that_are_alike_are_compared_once() -> None:
    network = side_of(trace(loads("inputs: {x: [16]}\nlayers: [ReLU]\n")))

    def taken(many: int) -> int:
        return calls(lambda: network_rows([(str(at), network) for at in range(many)]))

    taken(10)
    one, two, four = taken(100), taken(200), taken(400)
    assert four - two < 2.2 * (two - one)
    assert all(row.best for row in network_rows([(str(at), network) for at in range(3)]))


def test_rates_that_take_long_to_count_are_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "hdc", *(["2"] * 3_000))
    assert ran.code == 2
    assert "to count what 3,000 layers read takes" in " ".join(ran.err.split())
    assert run(capsys, "hdc", *(["2"] * 300)).code == 1


def test_one_rate_that_is_too_wide_is_told_by_its_span(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "hdc", "8000000")
    assert ran.code == 2
    assert "at most 500,000 positions" in " ".join(ran.err.split())


def test_of_a_wide_field_only_what_is_shown_is_drawn(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wide.yaml"
    conv = "{type: Conv1d, out_channels: 1, kernel_size: 3, padding: 20000}"
    pool = "{type: MaxPool1d, kernel_size: 9}"
    whole = "{type: AdaptiveAvgPool1d, output_size: 6}"
    path.write_text(f"inputs: {{x: [1, 9]}}\nlayers: [{conv}, {pool}, {whole}]\n", encoding="utf-8")
    done: list[Ran] = []
    took = called(lambda: done.append(run(capsys, "rf", str(path), "--coverage")))
    assert "more]" in done[0].out
    assert took["unit_coverage"] == 1
    assert took["_drawn.<locals>.<genexpr>"] < 200
    assert took["_counts"] == 0
