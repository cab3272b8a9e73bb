"""The real torch module of a layer kind, and what it says of an input."""

from inspect import signature
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from archcalc.bridge.counting import counted_by_torch
from archcalc.bridge.modules.graph import GRAPHS, ring
from archcalc.bridge.modules.reading import BARE
from archcalc.bridge.modules.recurrent import CELLS, RECURRENT, SPELT_OUT
from archcalc.bridge.table import OWN, SHAPED, called, published, with_parametrization
from archcalc.layers.registry import kind as kind_of
from tests.kinds.drawing import Sample

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
    "input_dim": 1,
    **{f"{kind}.hidden_size": -1 for kind in ("MultiheadLatentAttention", "GatedDeltaNet")},
    "LayerScale.dim": -1,
    "LayerScale2d.dim": 0,
}
"""Arguments that archcalc infers -> the axis of the input (without the batch) that gives them."""


def module(kind: str, sample: Sample) -> nn.Module:
    """The torch module with the sample's arguments, and those that archcalc infers."""
    if kind in SHAPED:
        return SHAPED[kind](sample)
    if kind == "Opaque":  # names and shapes are written as a mapping, and kept in order
        return OWN[kind](**dict(kind_of(kind).model_validate(sample.arguments)))
    made = OWN.get(kind) or published(kind)
    # RNN, LSTM and GRU hand their arguments on unnamed.
    known = nn.RNNBase if kind in RECURRENT else getattr(nn, kind) if kind in CELLS else made
    names = signature(known).parameters
    axes = {name: INFERRED.get(f"{kind}.{name}", INFERRED.get(name)) for name in names}
    inferred = {name: sample.shapes[0][axis] for name, axis in axes.items() if axis is not None}
    return with_parametrization(made, {**inferred, **sample.arguments})


def spelt_out(layer: nn.Module, outputs: tuple[Tensor, ...], tensors: list[Tensor]) -> int:
    """Multiply-accumulates of a batch, of a kind in which torch sees none: of its products written out.

    What is written out has to give what the module itself gives.
    """
    macs, found = counted_by_torch(layer, *tensors)
    for mine, theirs in zip(found, outputs, strict=True):
        torch.testing.assert_close(mine, theirs)
    return macs


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
        spelt = type(layer).__name__ in SPELT_OUT
        macs, outputs = (0, called(layer, *tensors)) if spelt else counted_by_torch(layer, *tensors)
    except REFUSALS:
        return None
    if spelt:
        macs = spelt_out(layer, outputs, tensors)
    return Stated(
        tuple(tuple(output.shape[1:]) for output in outputs),
        {"" if name == BARE else name: tuple(value.shape) for name, value in layer.named_parameters()},
        {"" if name == BARE else name: tuple(value.shape) for name, value in layer.named_buffers()},
        macs // BATCH,
        tuple(str(output.dtype).removeprefix("torch.") for output in outputs),
    )
