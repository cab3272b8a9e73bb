"""What a layer infers completes its arguments: its record, and torch's module, can be made of them alone."""

from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from archcalc import load, loads, trace, zoo
from archcalc.bridge.modules.reading import BARE
from archcalc.bridge.modules.recurrent import CELLS, RECURRENT
from archcalc.bridge.table import OWN, SHAPED, published
from archcalc.bridge.table import called as run
from archcalc.bridge.table import with_parametrization as built
from archcalc.documentation import field_meanings
from archcalc.errors import SpecError
from archcalc.layers.registry import KINDS, kind
from tests.kinds.drawing import Sample, share_of
from tests.kinds.samples import SAMPLES
from tests.kinds.test_contract import written
from tests.kinds.torch_modules import BATCH
from tests.samples import samples
from tests.zoo.torchvision_models import models, part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from archcalc.facts import Tensor as Arriving
    from archcalc.tracing import TracedLayer

TORCH = [name for name in KINDS if hasattr(nn, name) and not kind(name).is_source]
"""Kinds named after a class of torch.nn."""
NULL = {
    "parametrization": "the weight as it is",
    "padding_idx": "no such row",
    "max_norm": "no limit",
    "window": "no limit",
    "q_lora_rank": "queries are made at once",
    "edge_dim": "edges have no features",
    "ChebConv.normalization": "the Laplacian as it is",
    "num_bases": "each relation has a matrix of its own",
    "num_blocks": "a relation's matrix is whole",
    "divisor_override": "the size of the window, which padding may make smaller",
    "momentum": "a cumulative average",
    "RMSNorm.eps": "torch's default, a number per dtype",
    "scale": "torch's default, the root of a size",
    "align_corners": "not asked for, which torch keeps apart from false",
    "recompute_scale_factor": "not asked for, which torch keeps apart from false",
    "start": "the end of the axis, as in Python",
    "stop": "the end of the axis, as in Python",
    "value": "no number belongs to the form, or it is not known",
    "ScaledDotProductAttention.num_heads": "heads are an axis",
    "min": "no limit",
    "max": "no limit",
    "other": "the second input, not a number",
    "size": "the scale_factor, or another input, gives it; torch refuses two of them",
    "scale_factor": "the size is written; torch refuses both",
    "output_ratio": "the output_size is written; torch refuses both",
    **{f"FractionalMaxPool{rank}d.output_size": "the output_ratio is written" for rank in (2, 3)},
}
"""Arguments whose null is a value, so that nothing is inferred -> what it means."""
CALLED = {
    **{f"MaxUnpool{rank}d": {"output_size"} for rank in (1, 2, 3)},
    "MultiheadAttention": {
        *("causal", "window", "cross"),  # a mask, and how many inputs there are
        *("need_weights", "average_attn_weights"),
        *("num_kv_heads", "head_dim"),  # torch knows one key a head, and heads that divide embed_dim
    },
    **{kind: {"num_biases"} for kind in (*RECURRENT, *CELLS)},  # torch has two
}
"""Arguments that are none of torch's class but of its call, or that it has no other value for."""
UNSIZED = {"ClassToken", "TopKRouter", "Experts", "MaskTokens"}
"""Kinds whose weights have a size that no argument has: only the shapes that arrive give it."""
OTHERS = [name for name in KINDS if name not in UNSIZED and name not in TORCH]
"""Kinds after functions of torch, modules of other libraries, and papers."""
TORCH_NODES = 7_753
"""Nodes of the shipped specs that torch.nn has a class for."""


def transposed_linear(in_features: int, out_features: int) -> nn.Module:
    """The Conv1D of transformers."""
    models()  # transformers imports torchvision, whose operators may be missing
    made = import_module("transformers.pytorch_utils").Conv1D
    return cast("nn.Module", made(out_features, in_features))


def window_attention(**arguments: object) -> nn.Module:
    """The module of torchvision, which takes lists of two sizes."""
    for key in ("window_size", "shift_size"):
        written = cast("int | tuple[int, ...]", arguments[key])
        arguments[key] = list(written) if isinstance(written, tuple) else [written] * 2
    return part("models.swin_transformer", "ShiftedWindowAttention", **arguments)


RENAMED: "dict[str, Callable[..., nn.Module]]" = {
    "TransposedLinear": transposed_linear,
    "ShiftedWindowAttention": window_attention,
}
"""Kinds whose arguments are called or written otherwise in their library."""


def module_of(name: str) -> "Callable[..., nn.Module]":
    """What makes the module of a kind from its arguments; what it would take from shapes is 0 then."""
    if name in RENAMED or name not in SHAPED:
        return RENAMED.get(name) or OWN.get(name) or published(name)

    def made(**arguments: object) -> nn.Module:
        return SHAPED[name](Sample(arguments, ((0, 0),)))

    return made


def traced(name: str, sample: Sample) -> "TracedLayer | None":
    """The sample as the one layer of a network; None where it is refused."""
    try:
        return trace(loads(written(name, sample))).layers[0]
    except SpecError:
        return None


def left_open(value: object) -> bool:
    """Whether a value says that something is to be inferred."""
    inner = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    return any(item in (None, "auto", "valid") for item in inner)


@pytest.mark.parametrize("name", KINDS)
def test_resolved_arguments_are_complete_and_say_the_same(name: str) -> None:
    @given(sample=SAMPLES[name])
    @settings(max_examples=share_of(name, 30), deadline=None, print_blob=True)
    def look(sample: Sample) -> None:
        is_complete(name, sample)

    look()


def is_complete(name: str, sample: Sample) -> None:
    """Nothing is left open, and the record of what is resolved states the same."""
    layer = traced(name, sample)
    if layer is None:
        return
    resolved = layer.resolved
    assert resolved.keys() == kind(name).model_fields.keys()
    inferred = {key for key, text in field_meanings(kind(name)).items() if "inferred" in text}
    assert inferred <= layer.facts.inferred.keys()
    opened = {key for key, value in resolved.items() if left_open(value)}
    assert {key for key in opened if key not in NULL and f"{name}.{key}" not in NULL} == set()
    again = kind(name).model_validate(resolved).infer(tuple(port.tensor for port in layer.inputs))
    assert again == layer.facts


def attended(
    layer: nn.Module, arguments: "Mapping[str, object]", inputs: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    """The attention of torch on one to three inputs; a mask changes no shape."""
    streams = inputs[0], inputs[min(1, len(inputs) - 1)], inputs[:3][-1]
    turned = streams if arguments["batch_first"] else tuple(tensor.transpose(0, 1) for tensor in streams)
    averaged = arguments["average_attn_weights"]
    output, weights = layer(*turned, average_attn_weights=averaged)
    output = output if arguments["batch_first"] else output.transpose(0, 1)
    return (output, weights) if arguments["need_weights"] else (output,)


def known_to_torch(layer: "TracedLayer") -> bool:
    """Whether torch's class can be what the layer is: its attention has one key a head, of even heads.

    A gate of its recurrent layers has two vectors of biases.
    """
    if layer.resolved.get("num_biases") == 1 and layer.resolved["bias"]:
        return False
    if layer.type != "MultiheadAttention":
        return layer.type in TORCH
    given = cast("dict[str, int]", layer.resolved)
    heads = given["num_heads"]
    return given["num_kv_heads"] == heads and given["head_dim"] * heads == given["embed_dim"]


def zeros(arriving: "Arriving") -> Tensor:
    """A batch of what arrives."""
    dtype = cast("torch.dtype", getattr(torch, arriving.dtype))
    return torch.zeros((BATCH, *arriving.shape), dtype=dtype)


def shapes(tensors: "Iterable[tuple[str, Tensor]]") -> dict[str, tuple[int, ...]]:
    """Name -> shape."""
    return {"" if name == BARE else name: tuple(tensor.shape) for name, tensor in tensors}


def compare(layer: "TracedLayer", made: "Callable[..., nn.Module]", device: str) -> None:
    """Build the module from the resolved arguments alone, and look at its tensors and what it gives back."""
    given = {key: value for key, value in layer.resolved.items() if key not in CALLED.get(layer.type, ())}
    with torch.device(device):
        module = built(made, given).eval()
        inputs = tuple(zeros(port.tensor) for port in layer.inputs)
    facts, told = layer.facts, f"{layer.subject} made of {given}"
    assert shapes(module.named_parameters()) == facts.weights, told
    assert shapes(module.named_buffers()) == facts.buffers, told
    if layer.type == "MultiheadAttention":
        outputs = attended(module, layer.resolved, inputs)
    elif layer.type.startswith("MaxUnpool"):
        outputs = (cast("Tensor", module(*inputs, layer.resolved["output_size"])),)
    else:
        outputs = run(module, *inputs)
    found = [tuple(output.shape[1:]) for output in outputs]
    assert found == [tensor.shape for tensor in facts.outputs.values()], told


@pytest.mark.parametrize("name", TORCH)
@given(data=st.data())
@settings(max_examples=samples(30), deadline=None, print_blob=True)
def test_torch_builds_its_module_from_them(name: str, data: st.DataObject) -> None:
    layer = traced(name, data.draw(SAMPLES[name], label=name))
    if layer is not None and known_to_torch(layer):
        # Meta tensors refuse offsets of small whole numbers, which torch takes on the CPU.
        compare(layer, getattr(nn, name), "cpu" if name == "EmbeddingBag" else "meta")


@pytest.mark.parametrize("name", CALLED)
def test_what_is_left_out_torch_does_not_take(name: str) -> None:
    assert signature(getattr(nn, name)).parameters.keys().isdisjoint(CALLED[name])


@pytest.mark.parametrize("name", OTHERS)
def test_other_modules_are_built_from_them(name: str) -> None:
    @given(sample=SAMPLES[name])
    @settings(max_examples=share_of(name, 15, 3), deadline=None, print_blob=True)
    def look(sample: Sample) -> None:
        layer = traced(name, sample)
        if layer is not None:
            compare(layer, module_of(name), "cpu")

    look()


def test_torch_builds_the_shipped_networks_from_them() -> None:
    """Node by node; the number may only grow."""
    layers = [layer for name in zoo.names() for layer in trace(load(name)).layers if known_to_torch(layer)]
    assert len(layers) >= TORCH_NODES
    distinct = {
        (layer.type, str(layer.resolved), tuple(port.tensor for port in layer.inputs)): layer
        for layer in layers
    }
    for layer in distinct.values():
        compare(layer, getattr(nn, layer.type), "meta")
