"""Layers under the names of modules, whose tensors they have."""

from typing import TYPE_CHECKING

from archcalc.importing.program import Step
from archcalc.importing.reading.applying import applied
from archcalc.importing.reading.layouts import Untranslated
from archcalc.importing.reading.owned import named_step, tensor_full_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.importing.reading.draft import Draft
    from archcalc.importing.reading.nodes import SampleNode


def module_step(draft: "Draft", name: str) -> Step:
    """The step of a call of a module: its name the first time, a tie to it later on, its tensors.

    Raises:
        Untranslated: its tensors are those of other layers.
    """
    recording = draft.recording
    again = name in draft.called
    draft.called.add(name)
    own = own_tensors(draft, name)
    if own:
        return named_step(draft, name, own, again=again)
    *scope, last = (name or recording.class_name).split(".")
    module = recording.modules.get(name)
    place = module.place if module and module.place else draft.place
    return Step("", {}, (), tuple(scope), None if again else last, place)


def own_tensors(draft: "Draft", name: str) -> "Iterable[str]":
    """Names of the tensors of a module, within it."""
    return draft.own.get(name, []) if name else list(draft.recording.tensors)


def named_layer(
    draft: "Draft",
    name: str,
    kind: str,
    nodes: "tuple[SampleNode, ...]",
    arguments: "dict[str, object]",
    *,
    anywhere: bool,
    output: str = "",
    batch: int = 0,
) -> "SampleNode":
    """A layer that is called as a module, and has its tensors.

    Args:
        draft: where its steps go.
        name: full name of the module.
        kind: of the layer.
        nodes: what it reads.
        arguments: of the kind.
        anywhere: it leaves the batch alone wherever that stands.
        output: the one that is wanted.
        batch: the axis that torch takes for the batch.

    Raises:
        Untranslated: the layer has other tensors than the module.
    """
    step = module_step(draft, name)
    if anywhere:
        node = draft.add(kind, *nodes, under=step, output=output, arguments=arguments)
    else:
        node = applied(draft, kind, *nodes, under=step, output=output, batch=batch, arguments=arguments)
    check_tensors(draft, name, kind)
    return node


def check_tensors(draft: "Draft", name: str, kind: str) -> None:
    """Refuse a layer whose tensors are not those of the module."""
    last = next(i for i in range(len(draft.steps) - 1, -1, -1) if draft.steps[i].kind == kind)
    facts = draft.facts_of[last]
    wanted = {**facts.weights, **facts.buffers} if facts else {}
    for own in own_tensors(draft, name):
        there = draft.recording.tensors[tensor_full_name(name, own)].shape
        stated = wanted.pop(own, None)
        if stated != there:
            raise Untranslated(f"{name}.{own} is {list(there)}, but {kind} has {stated}")
    if wanted:
        raise Untranslated(f"{name} has no {next(iter(wanted))}")
