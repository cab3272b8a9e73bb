"""The form of each layer whose gradient tells what it reads.

Most layers are their own module with positive weights, on numbers between 0.5 and 1.5, in double precision.
Where a function is flat somewhere, takes the largest number, is the same whatever a lone number is, or reads
whole numbers, a form that reads the same stands for it. A form takes and gives real numbers alone.
"""

from math import prod
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.bridge.mapped import MappedCall, call_joined
from archcalc.bridge.network import made
from archcalc.bridge.probing.choosing import CHOOSING_FORMS
from archcalc.bridge.probing.plain import PLAIN_FORMS
from archcalc.bridge.probing.windows import adaptive, convolved, pooled
from archcalc.bridge.scanned import run_steps
from archcalc.bridge.table import called
from archcalc.facts import Neighbours, Unsaid
from archcalc.tracing.mapping import at_one_position
from archcalc.tracing.scan import ScanLayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.bridge.modules.recurrent import Outputs
    from archcalc.tracing import TracedLayer

    Form = Callable[..., Outputs]

MAX_WEIGHTS = 50_000_000
"""Numbers of the weights of a module that is filled."""
MAX_STEPS = 1_000
"""Steps of a recurrence whose gradient does not vanish in double precision."""
DENSE = 100_000
"""Weights of a dense map from which on a sum stands for it."""


def probed_form(layer: "TracedLayer") -> "Form | str":
    """What tells by its gradient what the layer reads; why nothing does.

    Raises:
        LayerError: torch refuses the layer.
    """
    why = _why_none(layer)
    if why is not None:
        return why
    if layer.mapped:
        return _mapped(layer)
    if isinstance(layer.arguments, ScanLayer):
        return _scanned(layer.arguments)
    if layer.type in FORMS:
        return FORMS[layer.type](layer)
    return _own(layer)


def _why_none(layer: "TracedLayer") -> str | None:
    """Why no gradient tells what the layer reads."""
    reaches = [read.reach for reads in layer.facts.reads for read in reads]
    if any(isinstance(reach, Neighbours) for reach in reaches):
        return "which nodes a node reads is in the edges"
    if any(isinstance(reach, Unsaid) for reach in reaches):
        return "which positions it reads is not known"
    return OPAQUE.get(layer.type)


def _mapped(layer: "TracedLayer") -> "Form | str":
    """The form at one position, along the axes of all."""
    form = probed_form(at_one_position(layer))
    if isinstance(form, str):
        return form
    mapping = MappedCall.of(layer)
    return lambda *tensors: call_joined(form, mapping, (), tensors)


def _scanned(scan: ScanLayer) -> "Form | str":
    """The forms of the layers of a step, called in a loop."""
    forms = {layer.name: probed_form(layer) for layer in scan.body.layers}
    for name, form in forms.items():
        if isinstance(form, str):
            return f"{name}: {form}"

    def step(held: "dict[tuple[str, str], Tensor]") -> "dict[tuple[str, str], Tensor]":
        for layer in scan.body.layers:
            read = [held[port.layer, port.output] for port in layer.inputs]
            made = cast("Form", forms[layer.name])(*read)
            held.update(
                {(layer.name, name): each for name, each in zip(layer.facts.outputs, made, strict=True)}
            )
        return held

    return lambda *arriving: run_steps(scan, step, arriving)


def with_positive_weights(layer: "TracedLayer") -> nn.Module:
    """Its module with positive weights that keep sums about as large as what is added up."""
    module = made(layer).double().eval()
    for name, weight in module.requires_grad_(requires_grad=False).named_parameters():
        largest = 0.1 if "bias" in name else 1 / prod(weight.shape[1:])
        nn.init.uniform_(weight, 0.5 * largest, 1.5 * largest)
    for part in module.modules():
        vars(part).update({"inplace": False} if "inplace" in vars(part) else {})
    return module


def _own(layer: "TracedLayer") -> "Form | str":
    weights = sum(map(prod, layer.facts.weights.values()))
    if weights > MAX_WEIGHTS:
        return f"its {weights:,} weights are more than the {MAX_WEIGHTS:,} that are filled for it"
    return _call(with_positive_weights(layer))


def _call(module: nn.Module) -> "Form":
    def form(*arriving: Tensor) -> "Outputs":
        return called(module, *arriving)

    return form


def _itself(_: "TracedLayer") -> "Form":
    def form(arriving: Tensor) -> "Outputs":
        return (arriving,)

    return form


def _beside_itself(layer: "TracedLayer") -> "Form":
    """The layer and its input: norms and shares of a lone number are constant, and still made of it."""
    module = with_positive_weights(layer)

    def form(arriving: Tensor) -> "Outputs":
        return (called(module, arriving)[0] + arriving,)

    return form


def _linear(layer: "TracedLayer") -> "Form | str":
    """A large dense map as the sum of the features."""
    if sum(map(prod, layer.facts.weights.values())) <= DENSE:
        return _own(layer)
    features = layer.output.shape[-1]

    def form(*arriving: Tensor) -> "Outputs":
        total = torch.stack([each.sum(-1, keepdim=True) for each in arriving]).sum(0)
        return (total.expand(*total.shape[:-1], features),)

    return form


def _looked_up(layer: "TracedLayer") -> "Form | str":
    """A table with a row for every place of a token, whose gradient tells which places are read."""
    if len(layer.inputs) > 1:
        return "which tokens are in a bag is in its offsets"
    features = layer.output.shape[-1]
    bag = layer.type == "EmbeddingBag"

    def form(arriving: Tensor) -> "Outputs":
        places = torch.arange(arriving.numel()).reshape(arriving.shape)
        table = arriving.reshape(-1, 1).expand(-1, features)
        if bag:
            return (functional.embedding_bag(places, table, mode="mean"),)
        return (functional.embedding(places, table),)

    return form


def _readout(_: "TracedLayer") -> "Form":
    def form(nodes: Tensor) -> "Outputs":
        return (nodes.mean(1),)

    return form


def _recurrent(layer: "TracedLayer") -> "Form | str":
    """A recurrence with small inputs, so that its memory fades slowly."""
    steps = layer.inputs[0].tensor.shape[0]
    if steps > MAX_STEPS:
        return f"its gradient vanishes over {steps:,} steps"
    module = with_positive_weights(layer)
    for name, weight in module.named_parameters():
        if "weight_hh" not in name:
            weight.mul_(0.0 if "bias" in name else 0.1)
    return _call(module)


def _state_space(layer: "TracedLayer") -> "Form | str":
    """Mamba with a state that hardly fades."""
    module = with_positive_weights(layer)
    nn.init.constant_(module.get_parameter("A_log"), -12.0)
    return _call(module)


def _attention(layer: "TracedLayer") -> "Form | str":
    """Attention; a query that asks one key alone has its value whatever both are, and still reads them."""
    own = _own(layer)
    if isinstance(own, str):
        return own
    at = layer.facts.attention
    masked = at is not None and at.queries == at.keys and (at.causal or at.window is not None)
    lone = at is not None and at.keys == 1
    by_heads = layer.resolved["num_heads"] is None

    def scores(arriving: tuple[Tensor, ...]) -> tuple[int, ...]:
        return (*arriving[0].shape[:-1], arriving[1].shape[-2])

    def form(*arriving: Tensor) -> "Outputs":
        alone = [each.mean(-1, keepdim=True) for each in arriving[: 2 if masked or lone else 1]]
        if len(arriving) > BIASED and (masked or lone):
            terms = arriving[BIASED]
            terms = terms.expand(*scores(arriving)) if by_heads else terms.mean(1)
            alone.append(terms.diagonal(dim1=-2, dim2=-1)[..., None] if masked else terms)
        return tuple(_added(output, alone) for output in own(*arriving))

    return form


def _added(output: Tensor, terms: list[Tensor]) -> Tensor:
    """An output (N, *, T, *) with terms (N, T or 1, 1), or of its own axes, added to each of its rows."""
    for term in terms:
        axes = [1] * (output.dim() - term.dim())
        output = output + term.reshape(len(term), *axes, *term.shape[1:])
    return output


def _powers(layer: "TracedLayer") -> "Form":
    """The mean over the windows of a pool by powers, of which infinite ones are flat."""
    given = {name: layer.resolved[name] for name in ("kernel_size", "stride", "ceil_mode")}
    return _call(cast("Callable[..., nn.Module]", getattr(nn, layer.type.replace("LP", "Avg")))(**given))


def _routed(layer: "TracedLayer") -> "Form":
    """A router: its scores and choices depend on all logits."""
    module = with_positive_weights(layer)
    top = cast("int", layer.resolved["top_k"])

    def form(arriving: Tensor) -> "Outputs":
        logits = called(module, arriving)[2]
        scores = logits.sum(-1, keepdim=True).expand(*logits.shape[:-1], top)
        return scores, scores, logits

    return form


def _experts(layer: "TracedLayer") -> "Form | str":
    """Experts as the sum of the features, with the scores and the choices of each position."""
    features = layer.output.shape[-1]

    def form(*arriving: Tensor) -> "Outputs":
        total = torch.stack([each.sum(-1, keepdim=True) for each in arriving]).sum(0)
        return (total.expand(*total.shape[:-1], features),)

    return form


RANKS = (1, 2, 3)
BIASED = 3
"""The input of attention that is added to its scores."""
DRAWN = "what it reads is drawn at random"
OPAQUE = {
    **{f"MaxUnpool{rank}d": "which places it fills is in its indices" for rank in RANKS},
    **{f"FractionalMaxPool{rank}d": DRAWN for rank in RANKS[1:]},
    "ChebConv": "which nodes a node reads is in the edges",
    "DeformConv2d": "where its taps read is in its offsets",
    "RoIAlign": "what it cuts out is in its boxes",
    "RandomMasking": DRAWN,
    "MaskTokens": DRAWN,
}
"""Kinds whose reads are not in the spec, and what they are in."""
FLAT = (
    *("ReLU", "ReLU6", "RReLU", "Hardswish", "Hardsigmoid", "Hardtanh", "Hardshrink", "Softshrink"),
    *("Threshold", "Scale"),
)
"""Kinds that may give the same for different numbers."""
LONE = (
    *("Softmax", "LogSoftmax", "Softmin", "Softmax2d", "LayerNorm", "GroupNorm", "RMSNorm", "Normalize"),
    *(f"InstanceNorm{rank}d" for rank in RANKS),
)
"""Kinds that make the same of any number that stands alone."""
FORMS: "dict[str, Callable[[TracedLayer], Form | str]]" = {
    **{f"{kind}{rank}d": convolved for kind in ("Conv", "ConvTranspose") for rank in RANKS},
    **{f"MaxPool{rank}d": pooled for rank in RANKS},
    **{f"AdaptiveMaxPool{rank}d": adaptive for rank in RANKS},
    **dict.fromkeys(FLAT, _itself),
    **dict.fromkeys(LONE, _beside_itself),
    **dict.fromkeys(("Linear", "TransposedLinear", "Bilinear"), _linear),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), _looked_up),
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _recurrent),
    **dict.fromkeys(("MultiheadAttention", "ScaledDotProductAttention"), _attention),
    **{f"LPPool{rank}d": _powers for rank in RANKS},
    "Mamba": _state_space,
    **PLAIN_FORMS,
    "GlobalMaxPool": _readout,
    **CHOOSING_FORMS,
    "TopKRouter": _routed,
    "Experts": _experts,
}
"""Kinds for which another form than their module stands."""
