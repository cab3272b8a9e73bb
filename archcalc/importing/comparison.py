"""What an imported network has beside what the module itself has: tensors, outputs, multiply-accumulates."""

from collections import Counter
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from archcalc.analyses.compute import macs
from archcalc.importing.recording import Growing, Ref
from archcalc.matching.tensors import spec_tensors
from archcalc.tracing.records import Unused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import Shape
    from archcalc.importing.recording import Argument, Recording
    from archcalc.matching.tensors import SpecTensor
    from archcalc.tracing import Trace

OPAQUE = "Opaque"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an imported network and its module agree.

    Args:
        differences: what the two have otherwise, a sentence each; none: it is exact.
        tensors: parameters under their own name, each tensor once.
        params: numbers in them.
        buffers: numbers in the buffers.
        outputs: shapes of what the module returns, without the batch.
        macs: of one sample, as torch counts.
        opaque: operators that no kind is known for -> how many layers of the network are one.
        unused: names of parameters that the run did not use.
        remarks: what a reader has to know of the run.
    """

    differences: tuple[str, ...] = ()
    tensors: int = 0
    params: int = 0
    buffers: int = 0
    outputs: "tuple[Shape, ...]" = ()
    macs: int = 0
    opaque: "Mapping[str, int]" = field(default_factory=dict[str, int])
    unused: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether nothing differs, and no operator is unknown."""
        return not (self.differences or self.opaque)


def compared(recording: "Recording", trace: "Trace") -> Comparison:
    """Lay a network that was imported beside the run that it was read from."""
    held = {name: tensor for name, tensor in recording.tensors.items() if tensor.owner is None}
    params = {name: tensor.shape for name, tensor in held.items() if not tensor.buffer}
    buffers = {name: tensor.shape for name, tensor in held.items() if tensor.buffer}
    opaque = _opaque(trace)
    outputs = tuple(_sample(recording, ref) for ref in _refs(recording.result))
    differences = (
        *_tensors(recording, trace, buffer=False),
        *_tensors(recording, trace, buffer=True),
        *_outputs(outputs, trace),
        *_work(recording, trace, lower_bound=bool(opaque)),
    )
    return Comparison(
        differences,
        len(params),
        sum(map(prod, params.values())),
        sum(map(prod, buffers.values())),
        tuple(shape for shape in outputs if shape is not None),
        recording.macs,
        opaque,
        tuple(_unused(trace)),
        recording.remarks,
    )


def _tensors(recording: "Recording", trace: "Trace", *, buffer: bool) -> "Iterator[str]":
    """Tensors that one side lacks, or has in another shape; shared ones once, as torch names them."""
    held = recording.tensors

    def owner(name: str) -> str:
        return (held[name].owner or name) if name in held else name

    ours: dict[str, SpecTensor] = {}
    for each in spec_tensors(trace):
        if each.buffer is buffer and each.owner is None:
            ours.setdefault(owner(each.name), each)
    theirs = {name: each for name, each in held.items() if each.buffer is buffer and each.owner is None}
    what = "buffer" if buffer else "parameter"
    for name, tensor in theirs.items():
        found = ours.get(name)
        if found is None:
            # What is in no state_dict belongs to how a layer works, and not to what it is.
            if tensor.persistent or not buffer:
                yield f"the module has the {what} {name} {list(tensor.shape)}, the spec lacks it"
        elif found.shape != tensor.shape:
            yield f"{what} {name} is {list(tensor.shape)} in the module, {list(found.shape)} in the spec"
    for name, found in ours.items():
        if name not in theirs:
            yield f"the spec has the {what} {found.name} {list(found.shape)}, the module lacks it"


def _refs(result: "Argument") -> "Iterator[Ref]":
    """The tensors of a result, in its order."""
    if isinstance(result, Ref):
        yield result
    elif isinstance(result, tuple):
        for each in result:
            yield from _refs(each)
    elif isinstance(result, dict):
        for each in result.values():
            yield from _refs(each)


def _sample(recording: "Recording", ref: Ref) -> "Shape | None":
    """The shape of one sample; None where it cannot be told from the batch."""
    sizes = recording.values[ref.value].sizes
    growing = [size for size in sizes if isinstance(size, Growing)]
    if len(growing) > 1 or any(size.offset for size in growing):
        return None
    one = [size.slope if isinstance(size, Growing) else size for size in sizes]
    return tuple(size for size, both in zip(one, sizes, strict=True) if both != Growing(1))


def _outputs(theirs: "tuple[Shape | None, ...]", trace: "Trace") -> "Iterator[str]":
    ours = [port.tensor.shape for port in trace.outputs]
    if len(ours) != len(theirs):
        yield f"the module returns {len(theirs)} tensors, the spec {len(ours)}"
        return
    for index, (own, other) in enumerate(zip(ours, theirs, strict=True)):
        if other is not None and own != other:
            which = f"output {index}" if len(ours) > 1 else "the output"
            yield f"{which} is {list(other)} in the module, {list(own)} in the spec"


def _work(recording: "Recording", trace: "Trace", *, lower_bound: bool) -> "Iterator[str]":
    """MACs that differ; where operators are unknown those of the spec may be fewer."""
    ours = macs(trace).macs
    if ours != recording.macs and not (lower_bound and ours < recording.macs):
        yield f"{recording.macs:,} MACs in the module, {ours:,} in the spec"


def _opaque(trace: "Trace") -> "Mapping[str, int]":
    named = (layer.arguments for layer in trace.layers if layer.type == OPAQUE)
    return dict(Counter(str(getattr(arguments, "operator", OPAQUE)) for arguments in named))


def _unused(trace: "Trace") -> "Iterator[str]":
    for finding in trace.findings:
        if isinstance(finding, Unused) and not finding.is_input:
            layer = trace.by_name[finding.source]
            yield from (f"{layer.name}.{own}" if own else layer.name for own in layer.facts.weights)
