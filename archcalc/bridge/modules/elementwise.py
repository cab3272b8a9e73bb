"""torch's functions of single numbers, and of those of several tensors at one place, as modules."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from archcalc.bridge.modules.moving import Moving

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

ALONE = "Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal Sin Cos Erf Abs Floor Ceil Round Sign Neg Detach"
"""Kinds that are a function of torch of one tensor: its name without capitals."""
PAIRS: "dict[str, Callable[[Tensor, Tensor], Tensor]]" = {
    "Subtract": torch.sub,
    "Divide": torch.true_divide,
    "Power": torch.pow,
    "Maximum": torch.maximum,
    "Minimum": torch.minimum,
    "LogicalAnd": torch.logical_and,
    "LogicalOr": torch.logical_or,
}
"""Kinds that are a function of torch of two tensors."""


def of_one(function: "Callable[[Tensor], Tensor]") -> "Callable[[], nn.Module]":
    """A function of one tensor."""
    return lambda: Moving(lambda _, tensors: function(tensors[0]))


def of_two(function: "Callable[[Tensor, Tensor], Tensor]") -> "Callable[[], nn.Module]":
    """A function of two tensors."""
    return lambda: Moving(lambda _, tensors: function(*_as_many(tensors, 2)), many=True)


def _as_many(tensors: tuple[Tensor, ...], count: int) -> tuple[Tensor, ...]:
    if len(tensors) != count:
        raise TypeError("other inputs arrive")
    return tensors


def added_number(value: float) -> Moving:
    """``torch.add`` of a number."""
    return Moving(lambda _, tensors: tensors[0] + value)


def power_of(exponent: float) -> Moving:
    """``torch.pow`` with a number."""
    return Moving(lambda _, tensors: tensors[0] ** exponent)


def clamp_to(min: float | None = None, max: float | None = None) -> Moving:  # noqa: A002  torch's names
    """``torch.clamp``."""
    return Moving(lambda _, tensors: torch.clamp(tensors[0], min, max))


def compared_by(op: str, other: float | None = None) -> Moving:
    """``torch.eq`` and its kin."""
    function = cast("Callable[[Tensor, Tensor | float], Tensor]", getattr(torch, op))
    if other is not None:
        return Moving(lambda _, tensors: function(tensors[0], other))
    return Moving(lambda _, tensors: function(*_as_many(tensors, 2)), many=True)


def chosen_where() -> Moving:
    """``torch.where``."""

    def choose(_: int, tensors: tuple[Tensor, ...]) -> Tensor:
        truths, one, other = tensors
        return torch.where(truths, one, other)

    return Moving(choose, many=True)


def filled_where(value: float) -> Moving:
    """``torch.masked_fill``."""

    def fill(_: int, tensors: tuple[Tensor, ...]) -> Tensor:
        numbers, mask = tensors
        return numbers.masked_fill(mask, value)

    return Moving(fill, many=True)


ELEMENTWISE: "dict[str, Callable[..., nn.Module]]" = {
    **{
        kind: of_one(cast("Callable[[Tensor], Tensor]", getattr(torch, name)))
        for kind, name in (("LogicalNot", "logical_not"), *((each, each.lower()) for each in ALONE.split()))
    },
    **{kind: of_two(function) for kind, function in PAIRS.items()},
    "Offset": added_number,
    "Pow": power_of,
    "Clamp": clamp_to,
    "Compare": compared_by,
    "Where": chosen_where,
    "MaskedFill": filled_where,
}
