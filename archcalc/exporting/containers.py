"""Scopes that need no class of their own: a Sequential, or a list of modules."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.exporting.kinds.parts import MemberForm
from archcalc.exporting.layout import SHORT_SERIES
from archcalc.exporting.naming import ATTRIBUTES, OF_A_SERIES
from archcalc.exporting.nodes import (
    CallArgument,
    CallNode,
    Hole,
    Literal,
    Own,
    Series,
    Text,
    bracketed_list,
    call,
)
from archcalc.exporting.programs import ClassBody, Inlined, without_values
from archcalc.exporting.unifying import in_series

if TYPE_CHECKING:
    from archcalc.exporting.nodes import Node
    from archcalc.exporting.programs import MemberRef, Realized

LONGEST_ORDERED = 3
"""Layers with names of their own that are written as one Sequential."""


def is_chain(program: ClassBody) -> bool:
    """Whether every step reads only what the one before gives, and the last one gives all."""
    if program.inputs != 1 or not program.steps:
        return False
    before: MemberRef = ("", 0)
    for step in program.steps:
        if step.reads != (before,) or step.loop:
            return False
        before = (step.name, 0)
    return program.outputs == (before,)


def sequential(program: ClassBody) -> "list[Node] | None":
    """The items of a Sequential that does what a program does; None: none does."""
    if not is_chain(program) or any("." in step.name for step in program.steps):
        return None
    items = [step.part.modular for step in program.steps]
    found = [item for item in items if item is not None]
    return found if len(found) == len(items) else None


def reuses(program: ClassBody) -> bool:
    """Whether a member is an earlier one once more."""
    return any(isinstance(member.init, Text) for member in program.members)


def is_numbered(program: ClassBody) -> bool:
    """Whether its steps are named 0, 1, 2 ... as a Sequential names its modules."""
    return [step.name for step in program.steps] == [str(index) for index in range(len(program.steps))]


def without_class(program: ClassBody) -> "Realized | None":
    """A scope that needs no class: a Sequential, or a list of modules; None: it needs one."""
    if program.closing or reuses(program):
        return None
    items = sequential(program)
    if items is not None and is_numbered(program):
        return _called(CallNode(Text("nn.Sequential"), tuple(map(CallArgument, in_series(items)))))
    named = {step.name for step in program.steps}
    if items is not None and len(items) <= LONGEST_ORDERED and named.isdisjoint(ATTRIBUTES | OF_A_SERIES):
        names = [Literal(step.name, "name") for step in program.steps]
        pairs = [
            CallNode(Text(""), (CallArgument(name), CallArgument(item)))
            for name, item in zip(names, items, strict=True)
        ]
        return _called(
            CallNode(
                Text("nn.Sequential"),
                (CallArgument(CallNode(Text("OrderedDict"), (CallArgument(bracketed_list(pairs)),))),),
            )
        )
    modules = [step.part.init for step in program.steps]
    if not is_numbered(program) or len(program.members) != len(program.steps) or None in modules:
        return None
    if any(step.loop for step in program.steps):
        return None
    rows = in_series([module for module in modules if module is not None])
    steps = tuple(replace(step, own=f"[{step.own}]") for step in program.steps)
    return Inlined(_list(rows), _looped(replace(program, steps=steps)))


def _list(rows: "list[Node]") -> CallNode:
    """A list of modules; one row of alike ones is a loop without brackets."""
    long = len(rows) == 1 and isinstance(rows[0], Series) and rows[0].turns > SHORT_SERIES
    return CallNode(Text("nn.ModuleList"), (CallArgument(rows[0] if long else bracketed_list(rows)),))


def _called(init: CallNode) -> MemberForm:
    return MemberForm(init, call(Own(), Hole(0)), init)


def _looped(program: ClassBody) -> ClassBody:
    """The steps as one loop, where each only hands its output on to the next one."""
    first, last = program.steps[0], program.steps[-1]
    if len(program.steps) < 2 or program.outputs != ((last.name, 0),):  # noqa: PLR2004  one turn is no loop
        return program
    others = first.reads[1:]
    if any(ref[0] for ref in others) or first.reads[0] in others:
        return program
    before = first.reads[0]
    for step in program.steps:
        same = (
            step.reads[1:] == others
            and step.outputs == 1
            and without_values(step.part.call) == without_values(first.part.call)
        )
        if step.reads[0] != before or not same:
            return program
        before = (step.name, 0)
    if first.part.call != last.part.call:
        return program
    whole = replace(first, name=last.name, own="", loop="loop", comment=last.comment, when="")
    return replace(program, steps=(whole,))
