"""What took time by the square of what a text names: calls and comparisons are counted, not seconds."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, SupportsIndex, cast

import pytest

from archcalc import Trace, effort, loads, trace
from archcalc.errors import SpecError
from archcalc.footprint.devices import carrying, regions
from archcalc.footprint.devices.division import divide
from archcalc.footprint.devices.placement import Placement
from archcalc.footprint.scopes import scopes_named

if TYPE_CHECKING:
    from archcalc.facts import Reads


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
    network = SimpleNamespace(scopes=dict.fromkeys(names), inside=len)
    found = scopes_named(cast("Trace", network), ["s.*.*", "s.*", "s.1*"])
    assert found == tuple(names[:300])
    assert 0 < Name.looked <= 2 * 2 * 300
