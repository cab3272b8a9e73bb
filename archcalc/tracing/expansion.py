"""Blocks: where one is defined, and what the expressions inside it see."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

from archcalc.errors import Fault, nearest
from archcalc.expressions import bounded
from archcalc.layers.arguments import shown
from archcalc.layers.registry import KINDS
from archcalc.spec import CONTAINERS
from archcalc.tracing import library
from archcalc.tracing.arguments import evaluated
from archcalc.tracing.records import Origin
from archcalc.tracing.scopes import Bindings, Frame, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.expressions import Value
    from archcalc.loading import Model
    from archcalc.source import Document, Path
    from archcalc.spec import Block
    from archcalc.tracing.records import Port

MAX_NESTED_BLOCKS = 40


class Definition(NamedTuple):
    """A block, and where it is written."""

    name: str
    block: "Block"
    document: "Document"
    path: "Path"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what the block reads."""
        return self.block.inputs or ("input",)


def definition(name: str, frame: Frame, model: "Model") -> Definition:
    """The spec's own block of this name, or the shipped one.

    Raises:
        Fault: there is none, or it is used within itself.
    """
    if name in frame.blocks:
        raise Fault(f"block {name!r} contains itself", key="type")
    if len(frame.blocks) >= MAX_NESTED_BLOCKS:
        raise Fault(f"blocks nest deeper than {MAX_NESTED_BLOCKS}", key="type")
    if name in model.spec.blocks:
        return Definition(name, model.spec.blocks[name], model.document, ("blocks", name))
    if name in library.block_names():
        return Definition(name, *library.block(name), ())
    known = (*KINDS, *CONTAINERS, *model.spec.blocks, *library.block_names())
    raise Fault(f"unknown layer kind or block {shown(name)}", key="type", hint=_hint(name, known))


def _listed(value: object) -> "Value":
    """An argument as expressions inside the block see it: kinds take tuples, expressions work with lists."""
    if isinstance(value, tuple):
        return [_listed(item) for item in cast("tuple[object, ...]", value)]
    return cast("Value", value)


def _hint(name: str, known: "tuple[str, ...]") -> str:
    """The nearest name; torch's path in front of it and arguments behind it do not count."""
    bare, bracket, _ = name.partition("(")
    hint = nearest(bare.rpartition(".")[2], known, "`archcalc layers` lists the kinds and blocks")
    return f"{hint}\narguments are keys: {{type: Conv2d, kernel_size: 3}}" if bracket else hint


def block_frame(
    defined: Definition,
    variables: "Mapping[str, Value]",
    frame: Frame,
    scope: Scope,
    path: "Path",
    sources: "tuple[Port | None, ...]",
) -> Frame:
    """The frame of a block's layers: its own names, and the shape that arrives as ``block.in_shape``."""
    call = frame.call
    if call is None and defined.document is not frame.document:
        call = frame.document.place(path)
    return Frame(
        parent=frame,
        scope=scope,
        document=defined.document,
        entries=defined.block.layers,
        inputs={"input": sources[0], **dict(zip(defined.inputs, sources, strict=True))},
        variables=variables,
        index=frame.index,
        block=sources[0],
        blocks=(*frame.blocks, defined.name),
        frozen=frame.frozen,
        tie=frame.tie,
        call=call,
        use=Origin(frame.document, path, frame.use),
    )


def arguments(
    block: "Block",
    given: "Mapping[str, object]",
    names: Bindings,
    spec_variables: "Mapping[str, Value]",
) -> "Mapping[str, Value]":
    """What expressions inside a block see: the spec's variables, and the block's arguments in their order."""
    values = dict(spec_variables)
    seen = replace(names, frame=replace(names.frame, variables=values))
    for key, default in block.args.items():
        try:
            values[key] = bounded(_listed(given[key] if key in given else evaluated(default, seen)))
        except Fault as fault:
            raise Fault(f"default of {key}: {fault.fact}", hint=fault.hint) from None
    return values
