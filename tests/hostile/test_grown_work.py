"""What once took time by the square of what a text holds: steps and comparisons are counted, not seconds."""

from typing import TYPE_CHECKING, cast

import pytest

from archcalc import dilation_groups, effort, loads, receptive_fields, trace
from archcalc.analyses import alignment, coverage, dilation, positions, resizing, spans, units_behind
from archcalc.analyses.spans import Spans
from archcalc.cures.changes import Cure, SetKey
from archcalc.cures.making import all_of
from archcalc.errors import Fault, SpecError
from archcalc.facts import AxisRead, Facts, Phased, Tensor
from archcalc.layers.convolution import Conv1d
from archcalc.layers.curves import Activation
from archcalc.rules.engine.checking import check_document
from archcalc.rules.selection import Selection
from archcalc.source import parse
from archcalc.tracing import Trace, readers
from archcalc.tracing.runs import Run
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from archcalc.facts import Border
    from archcalc.tracing import Port, TracedLayer
    from archcalc.tracing.records import Origin
    from archcalc.tracing.runs import InRun

GROUPS = (
    "inputs: {x: [4, 60]}\nlayers:\n- {type: Sequential, repeat: N, layers: [{type: Conv1d, out_channels: 4,"
    " kernel_size: 3, padding: 2, dilation: 2, groups: 2}, {type: Upsample, scale_factor: 2},"
    " {type: AvgPool1d, kernel_size: 2}]}\n"
)


@pytest.mark.parametrize("counted", [True, False])
def test_groups_that_are_too_many_to_follow_are_refused_before_the_first_is(
    *, counted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = trace(loads(GROUPS.replace("N", "9"), "f.yaml"))
    assert len(dilation_groups(few, counted=counted)) == 9
    monkeypatch.setattr(dilation, "region_read", None)
    monkeypatch.setattr(dilation, "coverage", None)
    monkeypatch.setattr(dilation, "receptive_fields", None)
    many = trace(loads(GROUPS.replace("N", "300"), "f.yaml"))
    with pytest.raises(SpecError, match=r"to follow what its 900 layers read takes 1\d,\d{3},\d{3} steps"):
        dilation_groups(many, counted=counted)


def test_what_is_refused_at_once_takes_nothing_from_other_rules(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(GROUPS.replace("N", "200"), encoding="utf-8")
    ran = run(capsys, "check", str(path))
    assert "AC201 has not judged this" in ran.err
    assert ran.err.count("has not judged") == 1


def test_the_longest_way_to_a_group_is_no_longer_than_the_walk_back_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = GROUPS.replace("N", "40")
    monkeypatch.setattr(effort, "EACH", 0)
    spent: list[int] = []
    monkeypatch.setattr(dilation, "foresee", spent.append)
    network = trace(loads(text, "f.yaml"))
    meter = effort.Meter(network, 10**9)
    with effort.metered(meter):
        dilation_groups(network, counted=False)
    assert 0 < spent[0] <= meter.limit - meter.left


class Place:
    """An origin that counts how often it is compared."""

    compared = 0

    def __init__(self, at: int) -> None:
        self.path = ("layers", at)

    def __eq__(self, other: object) -> bool:
        Place.compared += 1
        return isinstance(other, Place) and self.path == other.path

    __hash__ = None  # type: ignore[assignment]  # as changes with entries have none


def test_changes_of_many_entries_are_compared_with_those_of_the_same_entry() -> None:
    Place.compared = 0
    changes = [SetKey(cast("Origin", Place(at // 2)), "init", "kaiming_normal") for at in range(2000)]
    made = all_of(*(Cure((change,)) for change in changes))
    assert [change.origin.path[1] for change in made.changes if isinstance(change, SetKey)] == [*range(1000)]
    assert Place.compared <= 1000


def test_what_is_made_for_a_layer_that_nothing_reads_is_looked_for_above_it_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    readers_of = Trace.readers_of

    def counted(self: Trace, name: str) -> object:
        asked.append(name)
        return readers_of(self, name)

    text = "inputs: {x: [8]}\nlayers:\n" + "".join(
        f"- {{type: Linear, name: a{at}, out_features: 8, from: x}}\n- {{type: Tanh, name: b{at}}}\n"
        for at in range(300)
    )
    model = loads(text, "f.yaml")
    monkeypatch.setattr(Trace, "readers_of", counted)
    found = check_document(model.document, Selection(select=("AC101",)).active()).findings
    assert len(found) == 299
    assert 0 < len(asked) < 300 * 60


def test_axes_of_one_size_share_the_windows_of_an_adaptive_pool() -> None:
    text = "inputs: {x: [3, 99, 99]}\nlayers: [{type: AdaptiveAvgPool2d, output_size: 98}]\n"
    _, first, second = trace(loads(text, "f.yaml")).layers[0].facts.first_reads
    assert first.reach is second.reach
    assert len(first.reach.phases if isinstance(first.reach, Phased) else ()) == 98


def test_intervals_of_phases_are_looked_at_once_for_each_tap(monkeypatch: pytest.MonkeyPatch) -> None:
    network = trace(
        loads(
            "inputs: {x: [2, 9]}\nlayers:\n- {type: ConvTranspose1d, out_channels: 2, kernel_size: 4,"
            " stride: 2, padding: 1, repeat: 9}\n"
        )
    )
    looked: list[int] = []
    at = Spans.at

    def counted(held: Spans, unit: int) -> object:
        looked.append(unit)
        return at(held, unit)

    monkeypatch.setattr(Spans, "at", counted)
    receptive_fields(network)
    assert 0 < len(looked) < 2 * 2**10 + 1500


def test_sizes_that_fit_are_asked_of_layers_that_are_alike_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    infer = Activation.infer

    def counted(layer: Activation, inputs: tuple[Tensor, ...]) -> Facts:
        asked.append(layer)
        return infer(layer, inputs)

    monkeypatch.setattr(Activation, "infer", counted)
    text = (
        "inputs: {x: [4, 25, 25]}\nlayers: [{type: MaxPool2d, kernel_size: 2}, {type: Tanh, repeat: 800}]\n"
    )
    checked = check_document(parse(text, "f.yaml"), Selection().active())
    assert any("26" in found.hint for found in checked.findings if found.code == "AC103")
    assert 0 < len(asked) < 100


def test_many_that_read_one_layer_are_told_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ", ".join(["m.0", "m.1"] * 12)
    conv = "- {type: Conv2d, out_channels: 4, kernel_size: 3}\n"
    lines = [f"- {{type: Concat, name: c{at}, from: [{names}]}}\n" for at in range(150)]
    chunk = "- {type: Chunk, name: m, chunks: 2}\n"
    network = trace(loads(f"inputs: {{x: [6, 9, 9]}}\nlayers:\n{conv}{chunk}{''.join(lines)}", "f.yaml"))
    assert network.readers_of("m") is network.readers_of("m")
    asked: list[object] = []
    covers = units_behind.covers

    def covered(read: AxisRead, units: int, length: int) -> bool:
        asked.append(read)
        return covers(read, units, length)

    monkeypatch.setattr(units_behind, "covers", covered)
    monkeypatch.setattr(alignment, "Way", None)  # made of those that may be unlike
    monkeypatch.setattr(spans, "lcm", None)  # and asked of their phases
    receptive_fields(network)
    assert 0 < len(asked) < 150


@pytest.mark.parametrize("border", ["padding", "replicate", "reflect"])
def test_what_is_read_of_a_long_axis_takes_no_bit_for_all_of_it(border: "Border") -> None:
    length = 2**40
    found = positions.inside(positions.Positions(length - 5, 0b10111), length - 3, border)
    assert found.mask.bit_length() <= 5
    with pytest.raises(Fault, match="at most 100,000,000 positions"):
        positions.inside(positions.Positions(-2, 2**5 - 1), length, "circular")


WINDOWS = [range(3), range(-1, 2), range(4, -5, -2), range(7, 8), range(9), range(-3, 40), range(60, -3, -3)]


@pytest.mark.parametrize("shift", [1, 2, 3, 11])
@pytest.mark.parametrize("window", [*WINDOWS, range(-5, 500, 45), range(-90, 1_000, 7)])
def test_units_side_by_side_read_what_each_of_them_reads(shift: int, window: range) -> None:
    counts = {5: 2, 6: 1, 8: 7, 9: 10**30}
    expected: dict[int, int] = {}
    for unit, count in counts.items():
        for offset in window:
            expected[unit * shift + offset] = expected.get(unit * shift + offset, 0) + count
    assert coverage.side_by_side(counts, (5, 9), shift, window) == expected


def test_sizes_that_fit_are_not_asked_of_thousands_of_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    infer = Conv1d.infer

    def counted(layer: Conv1d, inputs: tuple[Tensor, ...]) -> Facts:
        asked.append(layer)
        return infer(layer, inputs)

    conv = "{type: Conv1d, out_channels: 4, kernel_size: 2, repeat: 300}"
    pools = ", ".join(["{type: MaxPool1d, kernel_size: 3}"] * 3)
    model = loads(f"inputs: {{x: [4, 500]}}\nlayers: [{conv}, {pools}]\n", "f.yaml")
    monkeypatch.setattr(resizing, "MAX_ASKED", 40)
    monkeypatch.setattr(resizing, "ALL_ASKED", 100)
    monkeypatch.setattr(Conv1d, "infer", counted)
    found = check_document(model.document, Selection(select=("AC103",)).active()).findings
    assert found
    assert 0 < len(asked) <= 300 + 100


def test_layers_that_stop_early_do_not_each_walk_the_whole_network(monkeypatch: pytest.MonkeyPatch) -> None:
    walked = 0
    above = Trace.above

    def counted(network: Trace, ports: "Iterable[Port]") -> "tuple[TracedLayer, ...]":
        nonlocal walked
        walked += len(network.layers)
        return above(network, ports)

    monkeypatch.setattr(Trace, "above", counted)
    smaller = "{type: AvgPool1d, kernel_size: 3, stride: 1}"
    larger = "{type: Upsample, scale_factor: 3}, {type: AvgPool1d, kernel_size: 2}"
    lines = ", ".join([f"{smaller}, {larger}"] * 200)
    model = loads(f"inputs: {{x: [4, 7]}}\nlayers: [{lines}]\n", "f.yaml")
    found = check_document(model.document, Selection(select=("AC103",)).active()).findings
    assert len(found) > 100
    assert 0 < walked <= 3 * resizing.ALL_WALKED


def test_thousands_that_read_one_layer_share_what_is_known_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    within = vars(readers)["_within"]  # where turns are gone through

    def counted(found: "InRun") -> "Iterator[readers.Reader]":
        nonlocal looked
        looked += 1
        yield from within(found)

    monkeypatch.setattr(readers, "_within", counted)
    ways = ", ".join(["[{type: Conv1d, out_channels: 4, kernel_size: 1}]"] * 100)
    branches = f"{{type: Branches, name: s, repeat: 4, branches: [{ways}], merge: Add}}"
    network = trace(loads(f"inputs: {{x: [4, 7]}}\nlayers: [{branches}]\n"))
    read = [port.layer for layer in network.layers for port in layer.inputs if network.runs.find(port.layer)]
    assert len(read) > 300
    assert all(len(network.readers_of(name)) in (1, 100) for name in read)
    assert 0 < looked < 330


def test_of_a_network_that_is_refused_no_layers_are_made_that_no_rule_will_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = 0
    anew = Run.anew

    def counted(run: Run, turn: int, at: int) -> "TracedLayer":
        nonlocal made
        made += 1
        return anew(run, turn, at)

    monkeypatch.setattr(Run, "anew", counted)
    holes = "{type: Conv1d, out_channels: 4, kernel_size: 3, padding: 2, dilation: 2}"
    turns = f"{{type: Sequential, repeat: 4000, layers: [{holes}, ReLU]}}"
    lines = f"{{type: ReLU, repeat: 500}}, {turns}, {{type: Linear, in_features: 9, out_features: 4}}"
    model = loads(f"inputs: {{x: [4, 60]}}\nlayers: [{lines}]\n")
    found = check_document(model.document, Selection().active(), helping=True).findings
    assert [finding.code for finding in found] == ["AC001"]
    assert 0 < made < 500
