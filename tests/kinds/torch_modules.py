"""The real torch module of a layer kind, and what it says of an input."""

from collections.abc import Callable
from functools import reduce
from inspect import signature
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.kinds.drawing import Sample
from tests.kinds.moving_modules import MOVING
from tests.kinds.sequence_modules import CALLED, SPELT_OUT

BATCH = 2
REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, AssertionError, NotImplementedError)


class Stated(NamedTuple):
    """Facts of a layer; shapes without the batch."""

    outputs: tuple[tuple[tuple[int, ...], str], ...]
    """Shape and dtype of each."""
    weights: dict[str, tuple[int, ...]]
    buffers: dict[str, tuple[int, ...]]
    macs: int


class Concat(nn.Module):
    """``torch.cat`` along an axis counted without the batch."""

    def __init__(self, dim: int = 0) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *tensors: Tensor) -> Tensor:
        """The inputs one behind the other."""
        axes = tensors[0].dim() - 1
        if not -axes <= self.dim < axes:
            raise IndexError("the axis is the batch's or outside")
        return torch.cat(tensors, self.dim % axes + 1)


class Elementwise(nn.Module):
    """A product or sum of the inputs."""

    def __init__(self, operate: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.operate = operate

    def forward(self, *tensors: Tensor) -> Tensor:
        """Number by number, repeating axes of size 1."""
        return reduce(self.operate, tensors)


class Crop(nn.Module):
    """The slices of U-Net implementations: as many positions off before as behind, the odd one behind."""

    def __init__(self, size: int | tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.size = size

    def forward(self, big: Tensor, like: Tensor | None = None) -> Tensor:
        """The centre of ``big``: of this size, or of the size of ``like``."""
        if (like is None) == (self.size is None):
            raise ValueError("neither a size nor another input, or both")
        sizes = like.shape[2:] if like is not None else self.size
        wanted = (sizes,) * (big.dim() - 2) if isinstance(sizes, int) else tuple(sizes or ())
        if len(wanted) != big.dim() - 2 or any(m > n for n, m in zip(big.shape[2:], wanted, strict=True)):
            raise ValueError("the size does not fit")
        slices = [slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(big.shape[2:], wanted, strict=True)]
        return big[(slice(None), slice(None), *slices)]


OWN: dict[str, Callable[..., nn.Module]] = {
    "Add": lambda: Elementwise(torch.add),
    "Multiply": lambda: Elementwise(torch.mul),
    "Concat": Concat,
    **MOVING,
    "Crop": Crop,
}
INFERRED = {"in_channels": 0, "in_features": -1, "num_features": 0, "input_size": -1}
"""Arguments that archcalc infers -> the axis of the input (without the batch) that gives them."""


def module(kind: str, sample: Sample) -> nn.Module:
    """The torch module with the sample's arguments, and those that archcalc infers."""
    made = OWN.get(kind) or cast("Callable[..., nn.Module]", getattr(nn, kind))
    names = signature(_stating(made)).parameters if isinstance(made, type) else ()
    inferred = {name: sample.shapes[0][axis] for name, axis in INFERRED.items() if name in names}
    return made(**{**inferred, **sample.arguments})


def _stating(made: type[nn.Module]) -> type[nn.Module]:
    """The class whose signature names the arguments: RNN, LSTM and GRU hand theirs on unnamed."""
    return nn.RNNBase if issubclass(made, nn.RNNBase) else made


def run(layer: nn.Module, *tensors: Tensor) -> tuple[Tensor, ...]:
    """The outputs of a module on a batch, whose axis is the first of every input and output."""
    result = CALLED.get(type(layer).__name__, _called)(layer, *tensors)
    return result if isinstance(result, tuple) else (result,)


def _called(layer: nn.Module, *tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
    return cast("Tensor | tuple[Tensor, ...]", layer(*tensors))


def counted(layer: nn.Module, *tensors: Tensor) -> int:
    """Multiply-accumulates of a batch; of a kind in which torch sees none, of its products written out."""
    spelt = SPELT_OUT.get(type(layer).__name__)
    outputs: list[tuple[Tensor, ...]] = []
    found = flops_halved(lambda: outputs.append((spelt or run)(layer, *tensors)))
    if spelt is not None:
        for mine, theirs in zip(outputs[0], run(layer, *tensors), strict=True):
            torch.testing.assert_close(mine, theirs)
    return found


def flops_halved(work: Callable[[], object]) -> int:
    """Multiply-accumulates that torch counts in some work."""
    with FlopCounterMode(display=False) as counter:
        work()
    flops: int = counter.get_total_flops()
    return flops // 2


def stated(kind: str, sample: Sample) -> Stated | None:
    """What torch says of the sample on a real forward; None when it refuses."""
    try:
        layer = module(kind, sample).eval()
        tensors = [
            torch.full(
                (BATCH, *shape), dtype.startswith("float"), dtype=cast("torch.dtype", getattr(torch, dtype))
            )
            for shape, dtype in sample.arriving
        ]
        outputs = run(layer, *tensors)
    except REFUSALS:
        return None
    return Stated(
        tuple((tuple(output.shape[1:]), str(output.dtype).removeprefix("torch.")) for output in outputs),
        {name: tuple(value.shape) for name, value in layer.named_parameters()},
        {name: tuple(value.shape) for name, value in layer.named_buffers()},
        counted(layer, *tensors) // BATCH,
    )
