"""torch's functions that turn, repeat, take and fill axes; their arguments count without the batch."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from archcalc.bridge.modules.moving import Dims, Moving, all_batched, batched

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn


def _listed(numbers: Dims) -> list[int]:
    """One number, or several, as a list."""
    return list(numbers) if isinstance(numbers, tuple) else [numbers]


def _rolled(shifts: Dims, dim: Dims) -> Moving:
    """``torch.roll``."""
    return Moving(lambda axes, tensors: torch.roll(tensors[0], _listed(shifts), all_batched(dim, axes)))


def _flipped(dim: Dims) -> Moving:
    """``torch.flip``."""
    return Moving(lambda axes, tensors: torch.flip(tensors[0], all_batched(dim, axes)))


def _with_axes(tensor: Tensor, axes: int) -> Tensor:
    """A batch whose samples have so many axes, new ones in front."""
    missing = axes - (tensor.dim() - 1)
    if missing < 0:
        raise RuntimeError("more axes arrive")
    return tensor.reshape(tensor.shape[0], *(1,) * missing, *tensor.shape[1:])


def _expanded(size: Dims) -> Moving:
    """``Tensor.expand`` of every sample."""
    sizes = _listed(size)

    def expand(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
        if -1 in sizes[: len(sizes) - axes]:
            raise RuntimeError("a new axis has no size of its own")
        return _with_axes(tensors[0], len(sizes)).expand(-1, *sizes)

    return Moving(expand)


def _repeated(repeats: Dims) -> Moving:
    """``Tensor.repeat`` of every sample."""
    times = _listed(repeats)
    return Moving(lambda _, tensors: _with_axes(tensors[0], len(times)).repeat(1, *times))


def _interleaved(repeats: int, dim: int) -> Moving:
    """``torch.repeat_interleave``."""
    return Moving(lambda axes, tensors: tensors[0].repeat_interleave(repeats, batched(dim, axes)))


def _selected(dim: int, index: int) -> Moving:
    """``torch.select``."""
    return Moving(lambda axes, tensors: tensors[0].select(batched(dim, axes), index))


def _unbound(dim: int = 0) -> Moving:
    """``torch.unbind``."""
    return Moving(lambda axes, tensors: tensors[0].unbind(batched(dim, axes)))


def _padded(pad: Dims, mode: str = "constant", value: float = 0.0) -> Moving:
    """``torch.nn.functional.pad``, which fills the axes of an image only where all have sides."""
    sides = _listed(pad)

    def fill(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
        if len(sides) > 2 * axes or len(sides) % 2:
            raise RuntimeError("it pads the batch, or one side of an axis")
        given = sides if mode == "constant" else [*sides, *[0] * (2 * (axes - 1) - len(sides))]
        return functional.pad(tensors[0], given, mode, value)

    return Moving(fill)


REPEATING: "dict[str, Callable[..., nn.Module]]" = {
    "Roll": _rolled,
    "Flip": _flipped,
    "Expand": _expanded,
    "Repeat": _repeated,
    "RepeatInterleave": _interleaved,
    "Select": _selected,
    "Unbind": _unbound,
    "Pad": _padded,
}
