"""What took time by the square of what a text names: calls and comparisons are counted, not seconds."""

from typing import TYPE_CHECKING

import pytest

from archcalc import effort, loads, trace
from archcalc.errors import SpecError
from archcalc.footprint.devices import carrying, regions
from archcalc.footprint.devices.division import divide
from archcalc.footprint.devices.placement import Placement

if TYPE_CHECKING:
    from archcalc.facts import Reads
    from archcalc.tracing import Trace


def added(count: int) -> "Trace":
    """So many maps of one input, added up."""
    maps = "".join(f"- {{type: Linear, name: c{at}, from: x, out_features: 4}}\n" for at in range(count))
    names = ", ".join(f"c{at}" for at in range(count))
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
