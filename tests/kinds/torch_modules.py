"""The real torch module of a layer kind, and what it says of an input."""

from collections.abc import Callable, Mapping
from functools import reduce
from importlib import import_module
from inspect import signature
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.utils import parametrizations
from torch.utils.flop_counter import FlopCounterMode

from tests.kinds.attention_modules import BARE, SHAPED
from tests.kinds.drawing import Sample
from tests.kinds.graph_modules import GRAPHS, ring
from tests.kinds.masking_modules import MaskTokens, RandomMasking
from tests.kinds.moving_modules import MOVING
from tests.kinds.sequence_modules import CALLED, CELLS, RECURRENT, SPELT_OUT, recurrence
from tests.kinds.state_space_modules import mamba
from tests.zoo.torchvision_models import models

BATCH = 2
REFUSALS = (
    RuntimeError,
    ValueError,
    TypeError,
    IndexError,
    AssertionError,
    NotImplementedError,
    ArithmeticError,
)


class Stated(NamedTuple):
    """Facts of a layer; shapes without the batch."""

    outputs: tuple[tuple[int, ...], ...]
    weights: dict[str, tuple[int, ...]]
    buffers: dict[str, tuple[int, ...]]
    macs: int
    dtypes: tuple[str, ...]


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


class Scale(nn.Module):
    """A product with a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, tensor: Tensor) -> Tensor:
        """The factor times x."""
        return self.factor * tensor


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


class Reparameterize(nn.Module):
    """The draw of PyTorch's VAE example."""

    def forward(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Two tensors of one shape -> that shape."""
        deviation = torch.exp(0.5 * log_variance)
        if mean.shape != deviation.shape or not mean.is_floating_point():
            raise ValueError("a mean and a variance for every place")
        return mean + torch.randn_like(deviation) * deviation


class Bilinear(nn.Bilinear):
    """torch's module, its sum written as the two matrix products that FlopCounterMode can count."""

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """x1^T W_k, then the product with x2; equal to torch's own result."""
        lead = input1.shape[:-1]
        first = input1.reshape(-1, self.in1_features)
        rows = first @ self.weight.permute(1, 0, 2).reshape(self.in1_features, -1)
        numbers = rows.reshape(-1, self.out_features, self.in2_features) @ input2.reshape(
            -1, self.in2_features, 1
        )
        result = numbers.reshape(*lead, self.out_features)
        result = result + self.bias if "bias" in dict(self.named_parameters()) else result
        assert torch.allclose(result, super().forward(input1, input2), atol=1e-5)
        return result


class Unpool(nn.Module):
    """A MaxUnpool with the argument of its call."""

    def __init__(self, layer: nn.Module, output_size: tuple[int, ...] | None) -> None:
        super().__init__()
        self.layer = layer
        self.output_size = output_size

    def forward(self, values: Tensor, indices: Tensor) -> Tensor:
        """The values at the places that the indices name."""
        return cast("Tensor", self.layer(values, indices, self.output_size))


def unpool(rank: int) -> Callable[..., nn.Module]:
    """MaxUnpool1d, 2d, 3d with ``output_size`` among the arguments."""
    made = cast("Callable[..., nn.Module]", getattr(nn, f"MaxUnpool{rank}d"))

    def with_size(output_size: tuple[int, ...] | None = None, **arguments: object) -> nn.Module:
        return Unpool(made(**arguments), output_size)

    return with_size


OWN: dict[str, Callable[..., nn.Module]] = {
    "Add": lambda: Elementwise(torch.add),
    "Multiply": lambda: Elementwise(torch.mul),
    "Scale": Scale,
    "Bilinear": Bilinear,
    "Concat": Concat,
    **MOVING,
    "Crop": Crop,
    **GRAPHS,
    "Mamba": mamba,
    "Reparameterize": Reparameterize,
    "RandomMasking": RandomMasking,
    **{f"MaxUnpool{rank}d": unpool(rank) for rank in (1, 2, 3)},
    **{kind: recurrence(kind) for kind in (*RECURRENT, *CELLS)},
}
INFERRED = {
    "in1_features": -1,
    "in_channels": 0,
    "in_features": -1,
    "num_features": 0,
    "num_channels": 0,
    "normalized_shape": -1,
    **{f"{kind}.in_channels": -1 for kind in GRAPHS},
    "d_model": -1,
    "input_size": -1,
    "LayerScale.dim": -1,
    "LayerScale2d.dim": 0,
}
"""Arguments that archcalc infers -> the axis of the input (without the batch) that gives them."""
HOMES = {
    "StochasticDepth": "torchvision.ops.StochasticDepth",
    "LayerScale": "timm.layers.LayerScale",
    "LayerScale2d": "timm.layers.LayerScale2d",
    "QuickGELU": "transformers.activations.QuickGELUActivation",
}
"""Kinds from other libraries than torch."""


def published(kind: str) -> "Callable[..., nn.Module]":
    """The module class of this name, imported where it is not torch's own."""
    if kind not in HOMES:
        return cast("Callable[..., nn.Module]", getattr(nn, kind))
    models()  # the libraries need torchvision's operators
    home, _, name = HOMES[kind].rpartition(".")
    return cast("Callable[..., nn.Module]", getattr(import_module(home), name))


def module(kind: str, sample: Sample) -> nn.Module:
    """The torch module with the sample's arguments, and those that archcalc infers."""
    if kind == "MaskTokens":
        return MaskTokens(sample)
    if kind in SHAPED:
        return SHAPED[kind](sample)
    made = OWN.get(kind) or published(kind)
    # RNN, LSTM and GRU hand their arguments on unnamed.
    known = nn.RNNBase if kind in RECURRENT else getattr(nn, kind) if kind in CELLS else made
    names = signature(known).parameters
    axes = {name: INFERRED.get(f"{kind}.{name}", INFERRED.get(name)) for name in names}
    inferred = {name: sample.shapes[0][axis] for name, axis in axes.items() if axis is not None}
    return built(made, {**inferred, **sample.arguments})


def built(made: "Callable[..., nn.Module]", arguments: "Mapping[str, object]") -> nn.Module:
    """The module with complete arguments, among which may be a parametrization of its weight."""
    given = dict(arguments)
    apply = cast("str | None", given.pop("parametrization", None))
    layer = made(**given)
    return cast("nn.Module", getattr(parametrizations, apply)(layer)) if apply else layer


def run(layer: nn.Module, *tensors: Tensor) -> tuple[Tensor, ...]:
    """The outputs of a module on a batch, whose axis is the first of every input and output."""
    result = CALLED.get(type(layer).__name__, _called)(layer, *tensors)
    return result if isinstance(result, tuple) else (result,)


def _called(layer: nn.Module, *tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
    return cast("Tensor | tuple[Tensor, ...]", layer(*tensors))


def counted(layer: nn.Module, *tensors: Tensor) -> int:
    """Multiply-accumulates of a batch; of a kind in which torch sees none, of its products written out.

    A module may report in ``products`` what FlopCounterMode leaves out of a pass.
    """
    spelt = SPELT_OUT.get(type(layer).__name__)
    if "products" in vars(layer):
        vars(layer)["products"] = 0
    # torch's fused attention is not counted on a CPU; its plain form is the same products.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        outputs = (spelt or run)(layer, *tensors)
    beside = cast("int", vars(layer).get("products", 0))
    if spelt is not None:
        for mine, theirs in zip(outputs, run(layer, *tensors), strict=True):
            torch.testing.assert_close(mine, theirs)
    flops: int = counter.get_total_flops()
    return flops // 2 + beside


def arriving(kind: str, index: int, shape: tuple[int, ...], dtype: torch.dtype, sample: Sample) -> Tensor:
    """A batch of ones, or of the whole number 0; edges lead from node to node."""
    if kind in GRAPHS and index == 1 and dtype == torch.int64 and shape[:1] == (2,):
        return ring(sample.shapes[0][0], shape[1]).expand(BATCH, -1, -1)
    return torch.full((BATCH, *shape), dtype.is_floating_point, dtype=dtype)


def stated(kind: str, sample: Sample) -> Stated | None:
    """What torch says of the sample on a real forward; None when it refuses.

    MACs are half of FlopCounterMode's count and the ``products`` that a module reports beside it.
    """
    try:
        layer = module(kind, sample).eval()
        tensors = [
            arriving(kind, index, shape, cast("torch.dtype", getattr(torch, dtype)), sample)
            for index, (shape, dtype) in enumerate(sample.arriving)
        ]
        outputs = run(layer, *tensors)
    except REFUSALS:
        return None
    return Stated(
        tuple(tuple(output.shape[1:]) for output in outputs),
        {"" if name == BARE else name: tuple(value.shape) for name, value in layer.named_parameters()},
        {name: tuple(value.shape) for name, value in layer.named_buffers()},
        counted(layer, *tensors) // BATCH,
        tuple(str(output.dtype).removeprefix("torch.") for output in outputs),
    )
