"""What took time by the square of what a text names: calls and comparisons are counted, not seconds."""

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, SupportsIndex, cast

import pytest

from archcalc import Trace, effort, loads, receptive_fields, trace
from archcalc.analyses.coverage import coverage
from archcalc.analyses.units import unit_coverage, unit_reads
from archcalc.comparing import folding
from archcalc.comparing.differences import network_difference
from archcalc.comparing.folding import written_in
from archcalc.comparing.sides import side_of
from archcalc.comparing.wiring import Wiring
from archcalc.errors import SpecError
from archcalc.footprint.devices import carrying, regions
from archcalc.footprint.devices.division import divide
from archcalc.footprint.devices.placement import Placement
from archcalc.footprint.scopes import scopes_named
from archcalc.matching.layers import paired_layers
from archcalc.matching.sequences import in_order
from archcalc.propagating import curing
from archcalc.propagating.walking import signal
from archcalc.render.fields import rf_table
from archcalc.render.names import folded
from archcalc.rules.engine.checking import check_document
from archcalc.rules.selection import Selection
from archcalc.spec import within
from tests.test_speed import calls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.comparing.differences import LayerDifference
    from archcalc.facts import Reads
    from archcalc.render.cells import Table
    from archcalc.spec import LayerSpec
    from archcalc.tracing import Port, TracedLayer


NAMED = (("many", ", repeat: 100000"), ("out", ""), ("after", ""))


def added(count: int, *, turned: bool = False) -> "Trace":
    """So many maps of one input, added up."""
    maps = "".join(f"- {{type: Linear, name: c{at}, from: x, out_features: 4}}\n" for at in range(count))
    names = ", ".join(f"c{at}" for at in range(count)[:: -1 if turned else 1])
    return trace(loads(f"inputs: {{x: [8]}}\nlayers:\n{maps}- {{type: Add, from: [{names}]}}\n", "f.yaml"))


def test_how_an_addition_hands_divisions_on_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = asked = 0
    axis_read, may_be_made = vars(carrying)["_axis_read"], vars(regions.Dividing)["_may_be_made"]

    def counted(reads: "Reads", to: int) -> int | None:
        nonlocal read
        read += 1
        found: int | None = axis_read(reads, to)
        return found

    def also_counted(*arguments: object) -> bool:
        nonlocal asked
        asked += 1
        return bool(may_be_made(*arguments))

    monkeypatch.setattr(carrying, "_axis_read", counted)
    monkeypatch.setattr(regions.Dividing, "_may_be_made", also_counted)
    divided = divide(added(40), Placement(tp=2))
    assert divided.whole == {f"c{at}": "add_0 leaves the network" for at in range(40)}
    assert read == 40
    assert asked == 40 * 40  # inputs, for each map whose division is refused


def test_divisions_that_are_each_refused_have_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    network = added(40)
    monkeypatch.setattr(effort, "EACH", 0)
    monkeypatch.setattr(effort, "STEPS", 20_000)
    with pytest.raises(SpecError, match=r"to follow what its 41 layers read takes 20,\d{3} steps"):
        divide(network, Placement(tp=2))


class Name(str):
    """A name that counts how often it is looked into."""

    __slots__ = ()
    looked = 0

    def startswith(self, *arguments: object) -> bool:
        """Whether it begins so."""
        Name.looked += 1
        return str.startswith(self, *cast("tuple[str]", arguments))

    def __getitem__(self, key: "SupportsIndex | slice") -> str:
        Name.looked += 1
        return str.__getitem__(self, key)


def test_scopes_that_are_named_are_not_each_compared_with_all() -> None:
    Name.looked = 0
    names = [Name(f"s.{at}") for at in range(300)] + [Name(f"s.{at}.inner") for at in range(300)]
    network = SimpleNamespace(scopes=dict.fromkeys(names), holds=len)
    found = scopes_named(cast("Trace", network), ["s.*.*", "s.*", "s.1*"])
    assert found == tuple(names[:300])
    assert 0 < Name.looked <= 2 * 2 * 300


class Compared(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    __hash__ = str.__hash__
    compared = 0

    def __eq__(self, other: object) -> bool:
        Compared.compared += 1
        return str.__eq__(self, other)


def test_what_queries_and_keys_share_is_not_looked_for_in_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "- {type: Linear, out_features: 8}\n" * 300
    text = (
        f"inputs: {{x: {{shape: [20], dtype: int64}}}}\nlayers:\n"
        f"- {{type: Embedding, num_embeddings: 64, embedding_dim: 8}}\n{lines}"
        "- {type: Linear, name: q, out_features: 8}\n"
        "- {type: Linear, name: k, out_features: 8, from: linear_299}\n"
        "- {type: ScaledDotProductAttention, from: [q, k, k]}\n"
    )
    above = Trace.above
    asked: list[str] = []

    def named(network: Trace, ports: "Iterable[Port]") -> "tuple[TracedLayer, ...]":
        ports = tuple(ports)
        asked.extend(port.layer for port in ports)
        return tuple(replace(each, name=Compared(each.name)) for each in above(network, ports))

    monkeypatch.setattr(Trace, "above", named)
    Compared.compared = 0
    document = loads(text, "f.yaml").document
    assert len(check_document(document, Selection(select=("AC601",)).active()).findings) == 1
    assert asked[-3:] == ["q", "k", "k"]
    assert Compared.compared < 5 * 300


class Names(dict[str, str]):
    """Names that count how often one is looked up."""

    asked = 0

    def get(self, *arguments: str) -> str | None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """The one of a name."""
        Names.asked += 1
        return super().get(*arguments)


def test_summands_in_another_order_are_paired_by_what_they_are() -> None:
    first, second = added(60), added(60, turned=True)
    wired = Wiring(first, second, paired_layers(first, second), {"x": "x"})
    wired.names = (Names(wired.names[0]), Names(wired.names[1]))
    Names.asked = 0
    one, other = first.layers[-1], second.layers[-1]
    assert not wired.rewired(one, other)
    assert 0 < Names.asked <= 2 * 60
    assert wired.rewired(one, replace(other, inputs=other.inputs[1:]))


@pytest.mark.parametrize("turned", [False, True])
def test_a_summand_that_is_taken_twice_is_no_summand_that_is_taken_once(*, turned: bool) -> None:
    maps = "inputs: {x: [8]}\nlayers:\n- {type: ReLU, name: a}\n- {type: Tanh, name: b}\n"
    texts = [f"{maps}- {{type: Add, from: [{names}]}}\n" for names in ("a, a, b", "a, b")]
    first, second = (trace(loads(text, "f.yaml")) for text in texts[:: -1 if turned else 1])
    wired = Wiring(first, second, paired_layers(first, second), {"x": "x"})
    assert wired.rewired(first.layers[-1], second.layers[-1])


def test_a_changed_signal_takes_more_of_the_budget_where_its_layers_read_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ", ".join(f"c{at}" for at in range(80))
    maps = "".join(f"- {{type: Linear, name: c{at}, from: x, out_features: 8}}\n" for at in range(80))
    adds = f"- {{type: Add, from: [{names}]}}\n" * 40
    network = trace(loads(f"inputs: {{x: [8]}}\nlayers:\n{maps}{adds}", "f.yaml"))
    report = signal(network)
    walked: list[object] = []

    def counted(changed: Trace, init: tuple[str, ...]) -> object:
        walked.append(changed)
        return signal(changed, init)

    monkeypatch.setattr(curing, "signal", counted)
    monkeypatch.setattr(effort, "EACH", 0)
    monkeypatch.setattr(effort, "STEPS", 500_000)
    curing.mended(network, report)
    assert len(walked) == 2  # of 60 thousand steps for layers, and 160 for what they read


def beside_a_wide_one(count: int) -> int:
    """Steps to count what so many narrow layers read beside a wide one."""
    conv = "type: Conv1d, from: x, out_channels: 2, kernel_size"
    narrow = "".join(f"- {{{conv}: 1, name: c{at}}}\n" for at in range(count))
    names = ", ".join(f"c{at}" for at in range(count))
    wide = f"- {{{conv}: 20001, padding: 10000, name: w}}\n- {{type: Add, name: s, from: [{names}, w]}}\n"
    network = trace(loads(f"inputs: {{x: [2, 50000]}}\nlayers:\n{narrow}{wide}", "f.yaml"))
    meter = effort.Meter(network)
    with effort.metered(meter):
        coverage(network, "s", 1, 25000)
    return meter.taken


def test_what_many_narrow_layers_add_to_wide_reads_is_counted() -> None:
    assert beside_a_wide_one(100) - beside_a_wide_one(50) > 50 * (20001 // 16)


def test_axes_of_a_unit_have_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = "{type: Conv2d, out_channels: 2, kernel_size: 3, padding: 1, repeat: 30}"
    network = trace(loads(f"inputs: {{x: [2, 90, 90]}}\nlayers: [{conv}]\n", "f.yaml"))
    found = unit_reads(network, receptive_fields(network), network.layers[-1].name)
    meter = effort.Meter(network)
    with effort.metered(meter):
        coverage(network, found.layer, 1, found.unit[0])
    monkeypatch.setattr(effort, "EACH", 0)
    monkeypatch.setattr(effort, "STEPS", meter.taken)
    coverage(network, found.layer, 1, found.unit[0])
    with pytest.raises(SpecError, match="to follow what its 30 layers read takes"):
        unit_coverage(network, found)


def test_sequences_that_share_nothing_are_not_aligned() -> None:
    Compared.compared = 0
    ours, theirs = ([Compared(f"{side}{at}") for at in range(1200)] for side in "ab")
    assert list(in_order(ours, theirs)) == []
    assert Compared.compared < 2 * 1200


def test_what_is_written_in_a_layer_is_asked_once_and_not_for_each_of_its_differences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def counted(each: "LayerDifference") -> frozenset[str]:
        asked.append(each.layer.name)
        return written_in(each)

    monkeypatch.setattr(folding, "written_in", counted)
    narrow, wide = (
        trace(loads(f"inputs: {{x: [4]}}\nlayers:\n{layers}"))
        for layers in (
            "".join(f"- {{type: Linear, out_features: {at + size}}}\n" for at in range(40))
            for size in (1, 90)
        )
    )
    found = network_difference(side_of(narrow), side_of(wide))
    assert len(found.layers) == 40
    assert sum(len(each.details) for each in found.layers) > 3 * 40
    folding.folded_differences(found, folded)
    assert len(asked) == 40


def test_turns_that_do_not_depend_on_a_layer_are_not_made() -> None:
    maps = "\n".join(f"- {{type: Linear, name: {name}, out_features: 4{more}}}" for name, more in NAMED)
    network = trace(loads(f"inputs: {{x: [4]}}\nlayers:\n{maps}\n", "f.yaml"))
    report = receptive_fields(network, "out")
    made: list[Table] = []
    assert calls(lambda: made.append(rf_table(network, report, 1, "out"))) < 5_000
    assert [row.name for row in made[0].rows] == ["after"]
    adding = "- {type: Parameter, name: p, shape: [4]}\n    - {type: Add, from: [input, p]}"
    some = "- {type: Linear, name: out, out_features: 4}\n- repeat: 100000\n  type: Sequential\n  name: b\n"
    text = f"inputs: {{x: [4]}}\nlayers:\n{some}  layers:\n    {adding}\n"
    network = trace(loads(text, "f.yaml"))
    report = receptive_fields(network, "out")
    with pytest.raises(SpecError, match="what depends on a layer takes its 200,001 layers one by one"):
        rf_table(network, report, 1, "out")


def test_names_in_containers_that_fail_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of forty containers without a name around a layer that fails asked all inside it, in each turn."""
    asked: list[object] = []

    def counted(entry: "LayerSpec") -> object:
        asked.append(entry)
        return within(entry)

    monkeypatch.setattr("archcalc.tracing.naming.within", counted)
    nest = "{type: Sequential, layers: [" * 40 + "{type: Linear, out_features: =1/0}" + "]}" * 40
    text = f"inputs: {{x: [8]}}\nlayers:\n- {{type: Sequential, repeat: 40, layers: [ReLU, {nest}]}}\n"
    with pytest.raises(SpecError, match="by zero"):
        trace(loads(text, "f.yaml"))
    assert len(asked) <= 41
