"""Where the gradient ends that torch would follow: detach, .data, and what runs under no_grad."""

from typing import TYPE_CHECKING

from archcalc.facts import Tensor
from archcalc.importing.reading.calls import refs, tensors_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import HeldTensor, RecordedArgument, RecordedCall, Recording


def detached_values(recording: "Recording") -> frozenset[int]:
    """Numbers of the tensors to which torch lets no gradient go, though weights that are trained are before.

    What comes of them under ``no_grad`` is among them, until a call outside of it reads it.
    """
    modules = modules_that_learn(recording.tensors)
    learning = {at for at, value in enumerate(recording.values) if _learns(recording, value.name)}
    ended: set[int] = set()
    for call in recording.calls:
        before = learning if call.with_gradients else learning | ended
        read = {ref.value for ref in tensors_read(call)}
        learns = call.module in modules or not before.isdisjoint(read)
        for made in {ref.value for ref in refs(call.result)} - read if learns else ():
            value = recording.values[made]
            if Tensor((), value.dtype).is_float:
                (ended if value.requires_grad is False else learning).add(made)
    return frozenset(ended)


def modules_that_learn(tensors: "Mapping[str, HeldTensor]") -> frozenset[str]:
    """Full names of the modules that hold a weight which is trained."""
    names = (name for name, tensor in tensors.items() if tensor.trainable and not tensor.buffer)
    return frozenset(name[:end] for name in names for end, sign in enumerate(name) if sign == ".")


def _learns(recording: "Recording", name: str) -> bool:
    held = recording.tensors.get(name)
    return held is not None and held.trainable and not held.buffer


def detach_all(draft: "Draft", read: "Iterable[RecordedArgument]") -> None:
    """Put a Detach behind what a call outside of ``no_grad`` reads, where its gradient has ended before."""
    for ref in refs(tuple(read)):
        if ref.value in draft.detached and ref.value in draft.nodes:
            draft.detached.discard(ref.value)
            node = draft.nodes[ref.value]
            draft.nodes[ref.value] = draft.add("Detach", node, layout=node.layout)


def detach(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.detach(), x.data: nothing, where no gradient came so far."""
    node = draft.node(call.args[0])
    ended = [ref.value for ref in refs(call.result) if ref.value in draft.detached]
    if not (ended and call.with_gradients):
        return node
    draft.detached.difference_update(ended)
    return draft.add("Detach", node, layout=node.layout)


TABLE: "Mapping[str, Translator]" = {"detach": detach, "data": detach}
