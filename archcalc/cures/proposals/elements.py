"""Axes that are to hold another number of elements than arrives."""

from math import isqrt, prod
from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, Replace, SetKey
from archcalc.cures.proposals.asking import with_argument
from archcalc.cures.proposals.resizing import with_elements
from archcalc.cures.proposals.wiring import keys_of
from archcalc.layers.mathematics import Passing
from archcalc.rules.questions.maps import width_key
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused


def other_elements(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """A Flatten, sizes that hold what arrives, or the size of the input at which as many arrive."""
    key = refused.fault.key or ""
    sizes = dict(refused.arguments).get(key)
    if refused.arguments.passes is not Passing.REGROUPED or not isinstance(sizes, tuple):
        return
    wanted = cast("Shape", sizes)
    arriving = refused.inputs[0].tensor.shape
    number = prod(arriving)
    if len(wanted) == 1 and len(arriving) > 1:
        flat: dict[str, object] = {"type": "Flatten"}
        common = {each: refused.origin.written(each) for each in ("name", "from")}
        flat.update({each: value for each, value in common.items() if value is not None})
        yield Cure((Replace(refused.origin, (flat if len(flat) > 1 else "Flatten",)),), _numbers(number))
    for other in _holding(wanted, number):
        facts = with_argument(refused, key, other)
        for origin, name in keys_of(refused.origin, key, list(wanted)) if facts else ():
            shape = list(facts.outputs["output"].shape) if facts else []
            fallback = len(wanted) > 1 and -1 in other[1:]
            yield Cure((SetKey(origin, name, flow_text(list(other))),), f"it gives {shape}", fallback)
    if -1 not in wanted:
        if len(wanted) > 1:
            yield from _widened(context, refused, prod(wanted))
        yield from with_elements(context, refused, prod(wanted))


def _widened(context: "Context", refused: "Refused", wanted: int) -> "Iterator[Cure]":
    """As many features as are wanted from the layer that makes those that arrive."""
    number = prod(refused.inputs[0].tensor.shape)
    for layer in reversed(context.trace.above(refused.inputs)):
        key = width_key(layer)
        if layer.output.shape == (number,) and dict(layer.arguments).get(key) == number:
            for origin, name in keys_of(layer.origin, key, number):
                yield Cure((SetKey(origin, name, str(wanted)),), f"{wanted:,} numbers arrive then")
            return


def _holding(wanted: "Shape", number: int) -> "Iterator[Shape]":
    """Sizes like those that are written, which may hold another number of elements."""
    if len(wanted) <= 1:  # a number alone (``[]``) holds one
        yield (number,)
        return
    rest = number // wanted[0] if wanted[0] > 0 else 0
    side = isqrt(rest)
    if len(wanted) == 3 and wanted[1] == wanted[2] and side * side == rest:  # noqa: PLR2004  a square map
        yield (wanted[0], side, side)
    for axis in range(len(wanted)):
        if -1 not in wanted:
            yield (*wanted[:axis], -1, *wanted[axis + 1 :])


def _numbers(number: int) -> str:
    return f"{number:,} numbers arrive"
