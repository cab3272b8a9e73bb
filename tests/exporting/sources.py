"""Exported sources as modules, beside the networks that the bridge builds."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from archcalc.analyses.parameters import params
from archcalc.bridge.libraries import imported
from archcalc.bridge.modules.between_positions import cut_out, has_operators, moved_taps
from archcalc.bridge.modules.graph import ring
from archcalc.bridge.modules.reading import BARE
from archcalc.bridge.network import TorchNetwork
from archcalc.exporting import torch_source
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from archcalc.facts import Shape
    from archcalc.tracing import Trace

TOLERANCE = 1e-4


LIBRARIES = (
    "torchvision.ops",
    "torchvision.models.swin_transformer",
    "transformers.models.mamba.modeling_mamba",
)
"""Libraries that an exported file may import, and which need torchvision."""


def with_operators() -> None:
    """Let torchvision's layers work where its compiled operators are missing, by the sums of the bridge."""
    found = imported("torchvision.ops")
    if has_operators():
        return
    found.DeformConv2d.forward = moved_taps

    def on_lists(layer: nn.Module, image: Tensor, boxes: list[Tensor]) -> Tensor:
        return cut_out(layer, image, torch.stack(boxes)).flatten(0, 1)

    found.RoIAlign.forward = on_lists


def built(source: str) -> nn.Module:
    """The module of an exported source: its last class."""
    names: dict[str, object] = {"__name__": "exported"}
    for library in LIBRARIES:
        if library in source:
            imported(library)
            with_operators()
    exec(compile(source, "exported.py", "exec"), names)  # noqa: S102  the code under test
    classes = [each for each in names.values() if isinstance(each, type) and each.__module__ == "exported"]
    return cast("nn.Module", classes[-1]())


def tensors(module: nn.Module) -> "dict[str, Shape]":
    """Names and shapes of all weights and buffers."""
    return {plain(name): tuple(value.shape) for name, value in module.state_dict().items()}


def plain(name: str) -> str:
    """The name of a tensor; a Parameter in the place of a module has the module's."""
    return name.removesuffix(f".{BARE}")


def stated(trace: "Trace") -> "dict[str, Shape]":
    """Names and shapes as the trace has them."""
    return {
        f"{layer.name}.{name}" if name else layer.name: shape
        for layer in trace.layers
        for name, shape in {**layer.facts.weights, **layer.facts.buffers}.items()
        if name not in layer.facts.transient
    }


def untrained(module: nn.Module) -> "set[str]":
    """Names of the weights that get no gradient, shared ones under all of them."""
    every = module.named_parameters(remove_duplicate=False)
    return {plain(name) for name, weight in every if not weight.requires_grad}


def stated_untrained(trace: "Trace") -> "set[str]":
    """The same as the trace has them."""
    return {
        tensor_name(name, own) for name, counted in params(trace).layers.items() for own in counted.frozen
    }


def inputs(trace: "Trace", batch: int, seed: int, most: int = 2) -> list[Tensor]:
    """Random numbers; small whole ones for tokens, a ring for edges."""
    torch.random.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]  # torch's own
    found: list[Tensor] = []
    for name, tensor in trace.inputs.items():
        shape, dtype = tensor.shape, cast("torch.dtype", getattr(torch, tensor.dtype))
        if name == "edge_index":
            nodes = next(iter(trace.inputs.values())).shape[0]
            found.append(ring(nodes, shape[1]).expand(batch, -1, -1))
        elif dtype.is_floating_point:
            found.append(torch.randn(batch, *shape).to(dtype))
        else:
            found.append(torch.randint(0, most, (batch, *shape), dtype=dtype))
    return found


def difference(trace: "Trace", seed: int, batch: int = 2, most: int = 2) -> float:
    """How far exported module and network are apart with the same weights, over the largest number."""
    module, network = built(torch_source(trace)).eval(), TorchNetwork(trace).eval()
    torch.random.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]  # torch's own
    state = module.state_dict()
    for name, value in state.items():
        if value.is_floating_point():
            value.uniform_(0.5, 1.0) if "running_var" in name else value.normal_(0, 0.2)
    bare = {plain(name): name for name in network.state_dict()}
    network.load_state_dict({bare[name]: value for name, value in state.items()})
    given = inputs(trace, batch, seed, most)
    with torch.no_grad():
        torch.random.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]  # torch's own
        found: Tensor | tuple[Tensor, ...] = module(*given)
        torch.random.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]  # torch's own
        wanted = network(*given)
    results = found if isinstance(found, tuple) else (found,)
    apart = 0.0
    for one, other in zip(results, wanted, strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        mine, theirs = one.double(), other.double()
        real = theirs.isfinite()
        assert torch.equal(real, mine.isfinite())
        if real.any():
            largest = theirs[real].abs().max() + 1e-12
            apart = max(apart, ((mine - theirs)[real].abs().max() / largest).item())
    return apart


def on_meta(trace: "Trace", source: str) -> "tuple[dict[str, Shape], list[Shape]]":
    """Names and shapes of the tensors of an exported module, and shapes of its outputs."""
    with torch.device("meta"), torch.no_grad():
        module = built(source).eval()
        batch = [
            torch.zeros(3, *tensor.shape, dtype=cast("torch.dtype", getattr(torch, tensor.dtype)))
            for tensor in trace.inputs.values()
        ]
        found: Tensor | tuple[Tensor, ...] = module(*batch)
    results = found if isinstance(found, tuple) else (found,)
    return tensors(module), [tuple(each.shape[1:]) for each in results]
