"""Which module each kind is, and how it is made from its arguments and the shapes that it reads."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from archcalc.bridge.libraries import imported
from archcalc.bridge.mapped import along_axes
from archcalc.bridge.modules.attention import DotProduct, multihead, windows
from archcalc.bridge.modules.between_positions import aligned, deformable
from archcalc.bridge.modules.convolutional import ConvLSTM
from archcalc.bridge.modules.elementwise import ELEMENTWISE
from archcalc.bridge.modules.experts import Mixture, Router
from archcalc.bridge.modules.functional import FUNCTIONAL
from archcalc.bridge.modules.graph import GRAPHS
from archcalc.bridge.modules.indexing import INDEXING
from archcalc.bridge.modules.latent_attention import latent_attention
from archcalc.bridge.modules.linear import Bilinear, Scale, TransposedLinear
from archcalc.bridge.modules.merging import Combined, Concat
from archcalc.bridge.modules.moving import MOVING
from archcalc.bridge.modules.opaque import StandIn
from archcalc.bridge.modules.positions import Bias, Learned, Rotary, Sinusoidal, buckets
from archcalc.bridge.modules.recurrent import CALLED, CELLS, RECURRENT, recurrence
from archcalc.bridge.modules.repeating import REPEATING
from archcalc.bridge.modules.resizing import Crop, unpool
from archcalc.bridge.modules.sampling import Reparameterize
from archcalc.bridge.modules.sources import SOURCES
from archcalc.bridge.modules.state_space import mamba
from archcalc.bridge.modules.tokens import MaskTokens, RandomMasking, Token
from archcalc.bridge.written.delta import GatedDelta

if TYPE_CHECKING:
    from archcalc.bridge.modules.reading import Reading

    Made = Callable[..., nn.Module]

OWN: "Mapping[str, Made]" = {
    "Add": lambda: Combined(torch.add),
    "Multiply": lambda: Combined(torch.mul),
    "Scale": Scale,
    "Bilinear": Bilinear,
    "Concat": Concat,
    **MOVING,
    **REPEATING,
    **INDEXING,
    "Crop": Crop,
    "ConvLSTM": ConvLSTM,
    "DeformConv2d": deformable,
    "RoIAlign": aligned,
    **GRAPHS,
    "Opaque": StandIn,
    **FUNCTIONAL,
    **SOURCES,
    **ELEMENTWISE,
    "Mamba": mamba,
    "GatedDeltaNet": GatedDelta,
    "MultiheadLatentAttention": latent_attention,
    "Reparameterize": Reparameterize,
    "RandomMasking": RandomMasking,
    **{f"MaxUnpool{rank}d": unpool(rank) for rank in (1, 2, 3)},
    **{kind: recurrence(kind) for kind in (*RECURRENT, *CELLS)},
}
"""Kinds whose modules take their arguments by name, as torch's do."""
SHAPED: "Mapping[str, Callable[[Reading], nn.Module]]" = {
    "MultiheadAttention": multihead,
    "ScaledDotProductAttention": lambda reading: DotProduct(reading.arguments),
    "ShiftedWindowAttention": windows,
    "SinusoidalPositionalEncoding": lambda reading: Sinusoidal(**reading.arguments),  # type: ignore[arg-type]  # checked by the kind
    "LearnedPositionalEncoding": Learned,
    "RotaryEmbedding": lambda reading: Rotary(**reading.arguments),  # type: ignore[arg-type]  # checked by the kind
    "TransposedLinear": TransposedLinear,
    "ClassToken": Token,
    "RelativePositionBias": buckets,
    "ALiBi": lambda reading: Bias(cast("int", reading.arguments["num_heads"]), None),
    "TopKRouter": Router,
    "Experts": Mixture,
    "MaskTokens": MaskTokens,
}
"""Kinds whose modules need the shapes that arrive."""
HOMES = {
    "FrozenBatchNorm2d": "torchvision.ops.FrozenBatchNorm2d",
    "StochasticDepth": "torchvision.ops.StochasticDepth",
    "LayerScale": "timm.layers.LayerScale",
    "LayerScale2d": "timm.layers.LayerScale2d",
    "QuickGELU": "transformers.activations.QuickGELUActivation",
}
"""Kinds after classes of other libraries, with these classes."""


def published(kind: str) -> "Made":
    """The class that a kind is named after, of torch.nn or of another library.

    Raises:
        Fault: that library is not installed.
    """
    if kind not in HOMES:
        return cast("Made", getattr(nn, kind))
    home, _, name = HOMES[kind].rpartition(".")
    return cast("Made", getattr(imported(home), name))


def module_of(kind: str, reading: "Reading") -> nn.Module:
    """The module of a kind with all its arguments.

    Args:
        kind: its name.
        reading: every argument that the module takes, and the shapes that arrive.
    """
    if kind in SHAPED:
        return SHAPED[kind](reading)
    return with_parametrization(OWN.get(kind) or published(kind), reading.arguments)


def with_parametrization(made: "Made", arguments: Mapping[str, object]) -> nn.Module:
    """The module with complete arguments, among which may be a parametrization of its weight."""
    given = dict(arguments)
    apply = cast("str | None", given.pop("parametrization", None))
    layer = made(**given)
    return cast("nn.Module", getattr(parametrizations, apply)(layer)) if apply else layer


def called(layer: nn.Module, *tensors: Tensor) -> tuple[Tensor, ...]:
    """The outputs of a module on a batch, whose axis is the first of every input and output."""
    return along_axes(_called, layer, tensors)


def _called(layer: nn.Module, *tensors: Tensor) -> tuple[Tensor, ...]:
    result = CALLED.get(type(layer).__name__, _plainly)(layer, *tensors)
    return result if isinstance(result, tuple) else (result,)


def _plainly(layer: nn.Module, *tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
    return cast("Tensor | tuple[Tensor, ...]", layer(*tensors))
