"""The whole of it: every call of a recording, what nobody called, and what leaves the network."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.importing.program import Program
from archcalc.importing.reading.answered import without_answers
from archcalc.importing.reading.calls import operation_name, refs
from archcalc.importing.reading.detaching import detach_all
from archcalc.importing.reading.draft import Draft
from archcalc.importing.reading.layouts import Layout, Untranslated, layout_of, sample_shape
from archcalc.importing.reading.modules import module_call
from archcalc.importing.reading.opaque import opaque
from archcalc.importing.reading.recognising import recognised_in
from archcalc.importing.reading.settling import settled_program
from archcalc.importing.reading.sources import UNUSED, held, never_used
from archcalc.importing.reading.table import FUNCTIONS
from archcalc.importing.recording import Ref

if TYPE_CHECKING:
    from archcalc.importing.reading.draft import Nodes
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedArgument, RecordedCall, Recording


def program_of(recording: "Recording") -> Program:
    """The steps that a recording means.

    Every step is one that its kind accepts, and gives what the run gave: a call for which there is none is an
    Opaque layer, with the reason as its note.

    Raises:
        Fault: no tensor leaves the network.
    """
    draft = drafted(recording, frozenset())
    while draft.clashes - draft.bare:
        draft = drafted(recording, draft.bare | draft.clashes)
    draft.scope, draft.place = (), None
    detach_all(draft, (recording.result,))
    outputs = tuple(dict.fromkeys(draft.node(ref).read for ref in refs(recording.result)))
    if not outputs:
        raise Fault(
            f"the forward of {recording.class_name} returns no tensor",
            hint="is its return missing?",
        )
    for name, made in list(never_used(draft)):
        held(draft, name, note=None if made else UNUSED, in_constants=made)
    steps = (node.read.step for value, node in draft.nodes.items() if value in draft.read_values)
    called_for = {step for step in steps if step is not None}
    return recognised_in(without_answers(settled_program(draft, outputs), draft.facts_of, called_for))


def drafted(recording: "Recording", bare: frozenset[str]) -> Draft:
    """All calls written down, with Parameters for the tensors of these first names."""
    draft = Draft(recording, bare)
    for call in recording.calls:
        translate(draft, call)
    return draft


def translate(draft: Draft, call: "RecordedCall") -> None:
    """Add the steps of a call, and say which of them gives its results."""
    draft.scope = tuple(call.scope.split(".")) if call.scope else ()
    draft.place = call.place
    if call.with_gradients:
        detach_all(draft, (call.args, call.kwargs))
    mark = draft.mark()
    try:
        nodes = _steps(draft, call)
        for ref, node in _paired(call.result, nodes):
            check(draft, ref, node)
            draft.nodes[ref.value] = node
    except Untranslated as why:
        draft.undo(mark)
        if any(True for _ in refs(call.result)):
            opaque(draft, call, str(why))


def _steps(draft: Draft, call: "RecordedCall") -> "Nodes":
    if call.module is not None:
        return module_call(draft, call)
    name = operation_name(call.op)
    if name not in FUNCTIONS:
        raise Untranslated(f"{call.op} has no layer")
    return FUNCTIONS[name](draft, call)


def _paired(result: "RecordedArgument", nodes: "Nodes") -> "list[tuple[Ref, SampleNode]]":
    """The tensors of a result with what gives them.

    Raises:
        Untranslated: they have not the same form.
    """
    if nodes is None:  # nothing reads it
        return []
    if isinstance(result, tuple):
        if not isinstance(nodes, tuple):
            raise Untranslated("several tensors came back, one was expected")
        if len(nodes) != len(result):
            raise Untranslated(f"{len(result)} tensors came back, {len(nodes)} were expected")
        return [pair for one, node in zip(result, nodes, strict=True) for pair in _paired(one, node)]
    if not isinstance(result, Ref):
        return []
    if isinstance(nodes, tuple):
        return _paired(result, nodes[0])
    return [(result, nodes)]


def check(draft: Draft, ref: Ref, node: "SampleNode") -> None:
    """Compare what a step gives with what the run gave.

    Raises:
        Untranslated: they differ.
    """
    value = draft.recording.values[ref.value]
    there = layout_of(value.sizes, node.layout.outer)
    here = node.layout
    if (there.axis, there.inside) != (here.axis, here.inside):
        raise Untranslated(f"the batch is at {here}, and was at {there}")
    wanted = sample_shape(value.sizes, Layout(there.axis, there.inside))
    if node.shape != wanted or node.dtype != value.dtype:
        fact = f"gives {list(node.shape)} {node.dtype}"
        raise Untranslated(f"{fact}, and the run gave {list(wanted)} {value.dtype}")
