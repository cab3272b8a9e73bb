"""Axes that are counted with the batch, as torch counts them."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, SetKey
from archcalc.cures.proposals.asking import with_argument
from archcalc.cures.proposals.wiring import keys_of
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused

PAIR = ("dim0", "dim1")


def counted_without_batch(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Every axis one less: of a list that may begin with the batch itself, and of two that are swapped."""
    arguments, key = dict(refused.arguments), refused.fault.key or ""
    because = "dims count the axes of a sample, without the batch"
    value = arguments.get(key)
    if isinstance(value, tuple) and key.startswith("dim"):
        axes = [axis for axis in cast("tuple[object, ...]", value) if isinstance(axis, int)]
        own = axes[1:] if axes[:1] == [0] else axes
        less = [axis - 1 for axis in own]
        if less and min(less) >= 0 and with_argument(refused, key, tuple(less)):
            for origin, name in keys_of(refused.origin, key, list(axes)):
                yield Cure((SetKey(origin, name, flow_text(less)),), because)
    swapped = [arguments.get(each) for each in PAIR]
    if key in PAIR and all(isinstance(axis, int) and axis > 0 for axis in swapped):
        changes = tuple(
            SetKey(origin, name, str(int(str(axis)) - 1))
            for each, axis in zip(PAIR, swapped, strict=True)
            for origin, name in keys_of(refused.origin, each, axis)
        )
        yield Cure(changes, because)
