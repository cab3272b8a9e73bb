"""torch's functions whose weights arrive, lengths and spreads, casts, and sums of products by letters."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor
from torch.nn import functional

from archcalc.bridge.modules.moving import Moving, all_batched, batched

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from archcalc.bridge.modules.moving import Dims


def with_held_weights(function: "Callable[..., Tensor]") -> "Callable[..., nn.Module]":
    """A function of x, a weight and maybe a bias, where each sample has its own."""

    def made(**given: object) -> Moving:
        def apply(_: int, tensors: tuple[Tensor, ...]) -> Tensor:
            rows = [function(x[None], *held, **given) for x, *held in zip(*tensors, strict=True)]
            if not 2 <= len(tensors) <= 3:
                raise TypeError("other inputs arrive")
            return torch.cat(rows)

        return Moving(apply, many=True)

    return made


def length(dim: "Dims | None" = None, *, keepdim: bool = False, p: float = 2) -> Moving:
    """``torch.linalg.vector_norm``."""

    def measure(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
        norm = cast("Callable[..., Tensor]", torch.linalg.vector_norm)  # pyright: ignore[reportUnknownMemberType]  # untyped
        return norm(tensors[0], p, all_batched(dim, axes), keepdim)

    return Moving(measure)


def spread_along(function: "Callable[..., Tensor]") -> "Callable[..., nn.Module]":
    """``torch.var`` and ``torch.std``."""

    def made(dim: "Dims | None" = None, *, keepdim: bool = False, correction: int = 1) -> Moving:
        def apply(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
            return function(tensors[0], all_batched(dim, axes), correction=correction, keepdim=keepdim)

        return Moving(apply)

    return made


def unit_length(p: float = 2, dim: int = 0, eps: float = 1e-12) -> Moving:
    """``torch.nn.functional.normalize``."""
    return Moving(lambda axes, tensors: functional.normalize(tensors[0], float(p), batched(dim, axes), eps))


def smallest(dim: int, *, keepdim: bool = False) -> Moving:
    """``torch.min`` along an axis."""
    return Moving(lambda axes, tensors: tuple(torch.min(tensors[0], batched(dim, axes), keepdim)))


def cast_to_dtype(dtype: str) -> Moving:
    """``torch.Tensor.to``."""
    return Moving(lambda _, tensors: tensors[0].to(cast("torch.dtype", getattr(torch, dtype))))


def by_letters(equation: str) -> Moving:
    """``torch.einsum`` with a letter for the batch."""
    letter = next(each for each in "NBMABCDEFGHIJKLOPQRSTUVWXYZ" if each not in equation)
    left, arrow, result = equation.replace(" ", "").partition("->")
    if (
        not arrow
        or not all(left.split(","))
        or not equation.replace("->", "").replace(",", "").replace(" ", "").isalpha()
    ):
        raise ValueError("no equation of letters")
    whole = ",".join(letter + term for term in left.split(",")) + f"->{letter}{result}"
    return Moving(lambda _, tensors: torch.einsum(whole, *tensors), many=True)


FUNCTIONAL: "dict[str, Callable[..., nn.Module]]" = {
    "FunctionalLinear": with_held_weights(functional.linear),
    **{
        f"FunctionalConv{rank}d": with_held_weights(
            cast("Callable[..., Tensor]", getattr(functional, f"conv{rank}d"))
        )
        for rank in (1, 2, 3)
    },
    "Norm": length,
    "Var": spread_along(torch.var),
    "Std": spread_along(torch.std),
    "Normalize": unit_length,
    "Min": smallest,
    "Cast": cast_to_dtype,
    "Einsum": by_letters,
}
