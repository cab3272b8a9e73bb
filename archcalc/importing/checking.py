"""What a run of a torch module became, beside the run itself: tensor by tensor, outputs, MACs."""

from collections import Counter
from dataclasses import field
from math import prod
from typing import TYPE_CHECKING

from archcalc.importing.reading.calls import refs
from archcalc.importing.recording import GrowingSize, Ref
from archcalc.records import dataclass
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import Shape
    from archcalc.importing.program import Program
    from archcalc.importing.recording import Recording
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a traced spec compares with the run that it was read from.

    Args:
        differences: every tensor, output or total that is not the same, in words, with both numbers.
        opaque: operators without a kind -> how many layers they are; totals of MACs are lower bounds then.
        unused: names of parameters and buffers that no call of the run used.
        params: elements of the module's parameters.
        buffers: of its buffers.
        macs: of one sample, as torch counts them.
        remarks: what a reader has to know of the run.
        outputs: shapes of what the module returns, without the batch.
        tensors: how many parameters it has, each shared one once.
    """

    differences: tuple[str, ...]
    opaque: "Mapping[str, int]"
    unused: tuple[str, ...]
    params: int
    buffers: int
    macs: int
    remarks: tuple[str, ...] = field(default=())
    outputs: "tuple[Shape, ...]" = ()
    tensors: int = 0

    @property
    def exact(self) -> bool:
        """Whether nothing differs: with operators that are not known nothing but the MACs may be missing."""
        return not self.differences


UNCOMPARED = Agreement((), {}, (), 0, 0, 0)
"""Of a network that was not laid beside anything."""


def agreement(recording: "Recording", program: "Program", trace: "Trace") -> Agreement:
    """Compare a traced spec with the run.

    Args:
        recording: of the run.
        program: the steps that were read from it.
        trace: of the spec that they became.
    """
    opaque = Counter(str(step.arguments["operator"]) for step in program.steps if step.kind == "Opaque")
    held = {name: tensor for name, tensor in recording.tensors.items() if tensor.owner is None}
    params = {name: tensor.shape for name, tensor in held.items() if not tensor.buffer}
    buffers = {name: tensor.shape for name, tensor in held.items() if tensor.buffer}
    differences = (
        *unlike("parameter", params, _named(recording, trace, buffers=False)),
        *unlike("buffer", buffers, _named(recording, trace, buffers=True)),
        *unlike_training(recording, trace),
        *unlike_outputs(recording, trace),
        *unlike_macs(recording, trace, opaque=opaque),
    )
    from archcalc.importing.reading.sources import UNUSED

    unused = (".".join((*step.scope, step.name or "")) for step in program.steps if step.note == UNUSED)
    return Agreement(
        *(differences, dict(opaque), tuple(unused), elements(params), elements(buffers), recording.macs),
        recording.remarks,
        tuple(_one_sample(recording, ref) for ref in refs(recording.result)),
        len(params),
    )


def elements(tensors: "Mapping[str, Shape]") -> int:
    """Numbers in all tensors together."""
    return sum(prod(shape) for shape in tensors.values())


def _named(recording: "Recording", trace: "Trace", *, buffers: bool) -> "dict[str, Shape]":
    """Tensors of the layers by the first name that the module has for each; shared ones once."""
    found: dict[str, Shape] = {}
    for layer in trace.layers:
        for own, shape in (layer.facts.buffers if buffers else layer.facts.weights).items():
            if own not in layer.tied:
                found[_first_name(recording, layer, own)] = shape
    return found


def _first_name(recording: "Recording", layer: "TracedLayer", own: str) -> str:
    """The first name that the module has for a tensor of a layer."""
    # The module itself has no name, so that one that is a single layer is called by its class.
    alone = recording.modules[""].known and layer.name == recording.class_name
    name = own if alone else tensor_name(layer.name, own)
    tensor = recording.tensors.get(name)
    return tensor.owner if tensor and tensor.owner else name


def unlike_training(recording: "Recording", trace: "Trace") -> "Iterator[str]":
    """Parameters that only one of both trains."""
    frozen = {_first_name(recording, layer, own) for layer in trace.layers for own in layer.untrained}
    for name, tensor in recording.tensors.items():
        if tensor.owner is None and not tensor.buffer and tensor.trainable == (name in frozen):
            here, there = ("trained", "frozen")[:: 1 if tensor.trainable is False else -1]
            yield f"parameter {name} is {here}, but {there} in the module"


def unlike(what: str, there: "Mapping[str, Shape]", here: "Mapping[str, Shape]") -> "Iterator[str]":
    """Tensors that are missing, new, or of another shape."""
    for name, shape in there.items():
        if name not in here:
            yield f"{what} {name} {list(shape)} of the module is missing"
        elif here[name] != shape:
            yield f"{what} {name} is {list(here[name])}, but {list(shape)} in the module"
    for name, shape in here.items():
        if name not in there:
            yield f"{what} {name} {list(shape)} is not in the module"


def unlike_outputs(recording: "Recording", trace: "Trace") -> "Iterator[str]":
    """Outputs whose shape for one sample is another one."""
    there = list(dict.fromkeys(_one_sample(recording, ref) for ref in refs(recording.result)))
    here = list(dict.fromkeys(port.tensor.shape for port in trace.outputs))
    for shape in there:
        if shape not in here:
            others = ", ".join(str(list(each)) for each in here)
            yield f"an output of the module is {list(shape)}, the outputs are {others}"
    for shape in here:
        if shape not in there:
            yield f"an output is {list(shape)}, which the module does not give"


def _one_sample(recording: "Recording", ref: Ref) -> "Shape":
    """The shape of one sample of a value; the axis of the batch alone is left out."""
    sizes = recording.values[ref.value].sizes
    batch = next((axis for axis, size in enumerate(sizes) if size == GrowingSize(1)), None)
    return tuple(
        size.slope + size.offset if isinstance(size, GrowingSize) else size
        for axis, size in enumerate(sizes)
        if axis != batch
    )


def unlike_macs(recording: "Recording", trace: "Trace", *, opaque: "Mapping[str, int]") -> "Iterator[str]":
    """The total for one sample, with what a pass costs whatever the batch.

    Calls that made constants alone are no layers: what they cost is left out on both sides.
    """
    known = [call.macs + call.fixed for call in recording.calls if call.op not in opaque]
    others = [call.macs + call.fixed for call in recording.calls if call.op in opaque]
    least, here = sum(known), sum(cost(layer) for layer in trace.layers)
    most = least + sum(max(0, macs) for macs in others)
    if not least <= here <= most:
        yield f"{here:,} MACs, but torch counts {least + sum(others):,}"


def cost(layer: "TracedLayer") -> int:
    """MACs of a layer, 0 where they are not known."""
    return layer.facts.macs or 0
