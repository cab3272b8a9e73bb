"""What no kind says: a layer whose results and tensors are known, and nothing else."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.facts import Tensor
from archcalc.importing.program import Read, Step
from archcalc.importing.reading.calls import refs, tensors_read
from archcalc.importing.reading.layouts import Layout, Untranslated, sample_shape
from archcalc.importing.reading.named import module_step, own_tensors
from archcalc.importing.reading.nodes import SampleNode
from archcalc.importing.reading.owned import tensor_full_name
from archcalc.importing.recording import GrowingSize

if TYPE_CHECKING:
    from archcalc.facts import Shape
    from archcalc.importing.reading.draft import Draft
    from archcalc.importing.recording import RecordedCall, RecordedValue


def opaque(draft: "Draft", call: "RecordedCall", why: str) -> None:
    """Write a call down as an Opaque layer, and give its results."""
    made = list(refs(call.result))
    values = [draft.recording.values[ref.value] for ref in made]
    outputs = {
        "output" if len(values) == 1 else str(index): _one_sample(value) for index, value in enumerate(values)
    }
    reads: list[SampleNode] = []
    for ref in tensors_read(call):
        try:
            reads.append(draft.node(ref))
        except Untranslated:
            continue
    step, weights, buffers = _named(draft, call)
    arguments: dict[str, object] = {
        "operator": call.op,
        "outputs": {
            name: {"shape": list(tensor.shape), "dtype": tensor.dtype} for name, tensor in outputs.items()
        },
    }
    for key, tensors in (("weights", weights), ("buffers", buffers)):
        if tensors:
            arguments[key] = {name: list(shape) for name, shape in tensors.items()}
    draft.append(
        replace(step, kind="Opaque", arguments=arguments, reads=tuple({n.read: 0 for n in reads}), note=why),
        outputs,
    )
    number = len(draft.steps) - 1
    # As for every layer: what is made of tensors that are one for all samples is so too.
    batched = any(node.tensor.batched for node in reads)
    for index, (ref, value) in enumerate(zip(made, values, strict=True)):
        name = "" if index == 0 else str(index)
        tensor = replace(_one_sample(value), batched=batched)
        draft.nodes[ref.value] = SampleNode(Read(number, name), tensor, first_layout(value))


def _named(draft: "Draft", call: "RecordedCall") -> "tuple[Step, dict[str, Shape], dict[str, Shape]]":
    """Name, weights and buffers of a module's call; a function has none."""
    plain = Step("", {}, (), draft.scope, None, draft.place)
    if call.module is None:
        return plain, {}, {}
    held = {
        own: draft.recording.tensors[tensor_full_name(call.module, own)]
        for own in own_tensors(draft, call.module)
    }
    weights = {own: tensor.shape for own, tensor in held.items() if not tensor.buffer}
    buffers = {own: tensor.shape for own, tensor in held.items() if tensor.buffer}
    try:
        return module_step(draft, call.module), weights, buffers
    except Untranslated:  # they are those of another layer
        return plain, {}, {}


def _one_sample(value: "RecordedValue") -> "Tensor":
    """A sample of a value; further axes that grow have the size that they have for one sample."""
    return Tensor(sample_shape(value.sizes, first_layout(value)), value.dtype)


def first_layout(value: "RecordedValue") -> Layout:
    """The first axis that grows is the batch's."""
    for axis, size in enumerate(value.sizes):
        if isinstance(size, GrowingSize):
            return (
                Layout(axis, max(size.slope, 1))
                if not size.offset
                else Layout(axis, size.slope + size.offset)
            )
    return Layout()
