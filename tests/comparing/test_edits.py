"""Random edits of random specs: each is told as what it is, the same from either side, and all adds up."""

from random import Random
from typing import TYPE_CHECKING

import pytest

from archcalc.comparing.differences import network_difference
from archcalc.comparing.sides import LayerNumbers, side_of
from archcalc.loading import load
from archcalc.tracing import trace
from tests.comparing.edits import drawn_edit

if TYPE_CHECKING:
    from archcalc.comparing.differences import LayerDifference, NetworkDifference
    from archcalc.comparing.sides import Side

TURNED = {"added": "removed", "removed": "added"}


def network(data: dict[str, object]) -> "Side":
    """A spec, measured."""
    return side_of(trace(load(data)))


def told(each: "LayerDifference", *, turned: bool = False) -> tuple[object, ...]:
    """What is said of a layer; turned: as it is said from the other side."""
    names = [layer.name if layer else "" for layer in (each.before, each.after)]
    details = [detail.turned if turned else detail for detail in each.details]
    marks = tuple(TURNED.get(mark, mark) if turned else mark for mark in each.marks)
    return (*(names[::-1] if turned else names), marks, sorted(map(str, details)))


def sums(found: "NetworkDifference") -> dict[str, int]:
    """By how much the layers that are told grow."""
    columns = zip(*(each.deltas for each in found.layers), strict=True)
    return dict(
        zip(LayerNumbers._fields, (sum(map(int, map(str, column))) for column in columns), strict=True)
    )


@pytest.mark.parametrize("seed", range(80))
def test_an_edit_is_told_as_what_it_is(seed: int) -> None:
    edit = drawn_edit(Random(seed))  # noqa: S311  a test, no secret
    before, after = network(edit.before), network(edit.after)
    found = network_difference(before, after)
    own = [each for each in found.layers if "affected" not in each.marks]
    if edit.what != "renamed":  # layers behind it that nobody has named are counted anew
        own = [each for each in own if each.marks != ("renamed",)]
    (each,) = own
    context = (seed, edit, own)
    assert each.marks == (edit.what,), context
    assert each.layer.type == edit.kind, context
    names = (each.before.name if each.before else None, each.after.name if each.after else None)
    assert all(mine in (None, its) for mine, its in zip(edit.names, names, strict=True)), context
    if edit.key:
        assert each.details[0].what == edit.key, context


@pytest.mark.parametrize("seed", range(25))
def test_both_sides_tell_the_same_and_the_layers_add_up(seed: int) -> None:
    random = Random(seed)  # noqa: S311  as above
    before, after = network(drawn_edit(random).before), network(drawn_edit(random).after)
    found, back = network_difference(before, after), network_difference(after, before)
    assert sorted(told(each) for each in found.layers) == sorted(
        told(each, turned=True) for each in back.layers
    )
    assert not found.layers or sums(found) == {
        total.quantity.name: total.delta
        for total in found.totals
        if total.quantity.name in LayerNumbers._fields
    }
    assert network_difference(before, before).same
    assert [total.delta for total in back.totals] == [
        None if total.delta is None else -total.delta for total in found.totals
    ]
