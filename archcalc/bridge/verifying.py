"""A network beside its torch modules: shapes, tensors, ties and multiply-accumulates, layer by layer.

Everything is built on the meta device, where tensors have shapes and no numbers. A layer whose module asks
for numbers (which edge) is run on the CPU where it is small. Layers that are alike in kind, arguments and
inputs are run once.
"""

from math import prod
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from archcalc.analyses.parameters import params
from archcalc.bridge.compared import Compared
from archcalc.bridge.counting import counted_by_torch
from archcalc.bridge.meeting import met
from archcalc.bridge.modules.graph import GRAPHS, ring
from archcalc.bridge.modules.reading import BARE
from archcalc.bridge.network import LayerError, TorchNetwork, made
from archcalc.bridge.scanned import steps_of
from archcalc.bridge.verification import Verification
from archcalc.effort import MODULES, one_by_one
from archcalc.facts import Unsaid
from archcalc.records import dataclass
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.analyses.parameters import LayerParams
    from archcalc.facts import Shape
    from archcalc.tracing import Trace, TracedLayer

BATCH = 2
MAX_STEPS = 10_000
"""Steps of a recurrence over a sub-graph that are called one by one."""
MAX_NUMBERS = 200_000_000
"""Numbers of inputs and weights of a layer that is run on the CPU."""
SHAPES, TYPES, WEIGHTS, BUFFERS = "output shapes", "output dtypes", "parameters", "buffers"
NAMES, TRAINABLE, TIES, MACS = "names", "trainability", "ties", "MACs"
ORDER = (SHAPES, TYPES, WEIGHTS, BUFFERS, NAMES, TRAINABLE, TIES, MACS)


@dataclass(frozen=True, slots=True)
class Ran:
    """What torch says of a layer: shapes without the batch."""

    outputs: "tuple[tuple[Shape, str], ...]"
    macs: int


def verify(trace: "Trace", progress: "Callable[[int, int], None] | None" = None) -> Verification:
    """Compare a network with torch.

    Args:
        trace: the network.
        progress: called with the number of layers that are done, and of all, now and then.

    Raises:
        SpecError: there are too many layers to build them all.
    """
    one_by_one(trace, "a comparison with torch", MODULES)
    compared = Compared(ORDER)
    known: dict[object, Ran | str] = {}
    with torch.device("meta"):
        network = TorchNetwork(trace)
    network.eval()
    counted = params(trace)
    for done, layer in enumerate(trace.layers, 1):
        key = (layer.type, layer.mapped, str(layer.resolved), tuple(port.tensor for port in layer.inputs))
        if key not in known:
            known[key] = _ran(layer, network.built[layer.name])
        _compare_outputs(layer, known[key], compared)
        _compare_tensors(layer, counted.layers[layer.name], network, compared)
        if progress is not None:
            progress(done, len(trace.layers))
    _compare_names(trace, network, compared)
    return Verification(trace.model, torch.__version__.partition("+")[0], compared.checks())


def _ran(layer: "TracedLayer", module: nn.Module) -> Ran | str:
    """What torch says; why it cannot be asked.

    Raises:
        LayerError: torch fails.
    """
    if (steps := steps_of(layer)) > MAX_STEPS:
        return f"its {steps:,} steps are called one by one, and {MAX_STEPS:,} are the most"
    try:
        return _run(layer, module, "meta")
    except Exception as error:  # noqa: BLE001  torch raises what it likes where numbers are missing
        numbers = sum(prod(port.tensor.shape) for port in layer.inputs) * BATCH
        numbers += sum(map(prod, (*layer.facts.weights.values(), *layer.facts.buffers.values())))
        if numbers > MAX_NUMBERS:
            return f"its module needs real numbers, {numbers:,} of them: {_first_line(error)}"
    real = made(layer).eval()
    try:
        return _run(layer, real, "cpu")
    except Exception as error:
        raise LayerError(layer, error) from error


def _run(layer: "TracedLayer", module: nn.Module, device: str) -> Ran:
    with torch.enable_grad():
        macs, outputs = counted_by_torch(module, *met(layer, _inputs(layer, device)))
    found = tuple((tuple(each.shape[1:]), str(each.dtype).removeprefix("torch.")) for each in outputs)
    return Ran(found, macs // (BATCH if layer.output.batched else 1))


def _inputs(layer: "TracedLayer", device: str) -> tuple[Tensor, ...]:
    """A batch of what a layer reads: ones, zeros of whole numbers; edges lead round the nodes.

    What is one for all samples is a batch of one.
    """
    tensors: list[Tensor] = []
    for index, port in enumerate(layer.inputs):
        shape, dtype = port.tensor.shape, cast("torch.dtype", getattr(torch, port.tensor.dtype))
        if layer.type in GRAPHS and index == 1 and not dtype.is_floating_point and device == "cpu":
            nodes = layer.inputs[0].tensor.shape[layer.mapped]
            tensors.append(ring(nodes, shape[-1]).expand(BATCH, *shape))
        else:
            batch = BATCH if port.tensor.batched else 1
            tensors.append(torch.full((batch, *shape), dtype.is_floating_point, dtype=dtype, device=device))
    return tuple(tensors)


def _compare_outputs(layer: "TracedLayer", ran: Ran | str, compared: Compared) -> None:
    if isinstance(ran, str):
        compared.skip(layer, (SHAPES, TYPES, MACS), ran)
        return
    if any(isinstance(read.reach, Unsaid) for reads in layer.facts.reads for read in reads):
        compared.skip(layer, (SHAPES, TYPES, MACS), "what it calculates is not known")
        return
    names = list(layer.facts.outputs)
    theirs = dict(zip(names, ran.outputs, strict=False))
    if len(names) != len(ran.outputs):
        compared.compare(layer, SHAPES, "number of outputs", len(names), len(ran.outputs))
    for name, tensor in layer.facts.outputs.items():
        shape, dtype = theirs.get(name, (None, None))
        compared.compare(layer, SHAPES, f"shape of {name}", tensor.shape, shape)
        compared.compare(layer, TYPES, f"dtype of {name}", tensor.dtype, dtype)
    if layer.facts.macs is None:
        compared.skip(layer, (MACS,), "archcalc states none")
    elif layer.type in GRAPHS and layer.inputs[0].tensor.shape[layer.mapped] == 1:
        compared.skip(layer, (MACS,), "all edges of a lone node are self-loops, and arriving edges are none")
    else:
        compared.compare(layer, MACS, "MACs", layer.facts.macs, ran.macs)


def _compare_tensors(
    layer: "TracedLayer", counted: "LayerParams", network: TorchNetwork, compared: Compared
) -> None:
    module, trace = network.built[layer.name], network.trace
    theirs: dict[str, dict[str, Tensor]] = {
        WEIGHTS: {"" if name == BARE else name: value for name, value in module.named_parameters()},
        BUFFERS: {"" if name == BARE else name: value for name, value in module.named_buffers()},
    }
    if trace.encloses(layer.name):
        for held in theirs.values():
            for name in [each for each in held if _owner(trace, tensor_name(layer.name, each)) != layer]:
                del held[name]
    for what, ours in ((WEIGHTS, layer.facts.weights), (BUFFERS, layer.facts.buffers)):
        for name in dict.fromkeys((*ours, *theirs[what])):
            found = theirs[what].get(name)
            shape = None if found is None else tuple(found.shape)
            compared.compare(layer, what, f"{name or 'the parameter'}", ours.get(name), shape)
    for name, value in theirs[WEIGHTS].items():
        compared.compare(
            layer, TRAINABLE, f"{name or 'it'} trainable", name not in counted.frozen, value.requires_grad
        )
    for own, full in layer.tied.items():
        mine = {**theirs[WEIGHTS], **theirs[BUFFERS]}.get(own)
        same = mine is not None and mine is network.tensor(full)
        compared.compare(layer, TIES, f"{tensor_name(layer.name, own)} shares {full}", True, same)  # noqa: FBT003  values


def _compare_names(trace: "Trace", network: TorchNetwork, compared: Compared) -> None:
    """Full names of all tensors, as a checkpoint of the whole network has them.

    A tensor that a layer has under two names (GATv2Conv's shared map) is told by the first one.
    """
    theirs: dict[str, Tensor] = network.state_dict(keep_vars=True)
    told: set[tuple[str, int]] = set()
    for layer in trace.layers:
        for own in (*layer.facts.weights, *layer.facts.buffers):
            if own in layer.facts.transient:
                continue
            name = tensor_name(layer.name, own)
            compared.compare(layer, NAMES, "name of a tensor", name, name if name in theirs else None)
            told.add((layer.name, id(theirs.pop(name, None))))
    for name, tensor in theirs.items():
        layer = _owner(trace, name)
        if (layer.name, id(tensor)) not in told:
            compared.compare(layer, NAMES, "name of a tensor", None, name)


def _owner(trace: "Trace", name: str) -> "TracedLayer":
    """The layer that a tensor of this full name belongs to."""
    while name not in trace.by_name:
        name = name.rpartition(".")[0]
    return trace.by_name[name]


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:120]
