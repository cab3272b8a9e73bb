"""A layer's arguments that remember: pydantic makes plain numbers of them, here they are put back."""

import operator
from typing import TYPE_CHECKING, TypeVar, cast, get_args

from pydantic.fields import FieldInfo

from archcalc.sizes.size import Size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.layers.base import Layer

    AnyLayer = TypeVar("AnyLayer", bound=Layer)

LIMITS = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}


def with_sizes(layer: "AnyLayer", values: "Mapping[str, object]") -> "AnyLayer":
    """The layer with the sizes that its arguments were made from; one that became a float is taken as it is.

    Args:
        layer: new, and nobody else's yet.
        values: its arguments before they were checked.
    """
    for name, value in values.items():
        if not isinstance(value, Size) or layer.__dict__[name] is value:
            continue
        if type(layer.__dict__[name]) is int:
            _limit(value, type(layer).model_fields[name])
            object.__setattr__(layer, name, value)  # it is frozen for all others
        else:
            int(value)
    return layer


def taken_at_values(values: "Mapping[str, object]") -> None:
    """Take arguments at their values: they are refused by pydantic, which compares without asking a size."""
    waiting: list[object] = list(values.values())
    for value in waiting:
        if isinstance(value, Size):
            int(value)
        elif isinstance(value, tuple):
            waiting += cast("tuple[object, ...]", value)


def _limit(value: Size, field: FieldInfo) -> None:
    """Let the size remember what its field asks of it."""
    for constraint in (*field.metadata, *_inside(field.annotation)):
        limits = [key for key in LIMITS if hasattr(constraint, key)]
        for key in limits:
            LIMITS[key](value, getattr(constraint, key))
        if not limits:
            int(value)


def _inside(annotation: object) -> "Iterator[object]":
    """Constraints of the members of a union."""
    for part in get_args(annotation):
        yield from part.metadata if isinstance(part, FieldInfo) else _inside(part)
