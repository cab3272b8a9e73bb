"""Blocks: where one is defined, what the expressions inside it see, and the walk through one."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, Meant
from archcalc.expressions import Value, bounded
from archcalc.layers.registry import KINDS
from archcalc.spec import CONTAINERS, Block
from archcalc.tracing import library
from archcalc.tracing.arguments import Misplaced, check_keys, evaluate_all, evaluated
from archcalc.tracing.containers import one_input
from archcalc.tracing.frames import Frame, Site
from archcalc.tracing.records import Origin
from archcalc.tracing.scopes import Named, Scope
from archcalc.tuples import NamedTuple
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.loading import Model
    from archcalc.source import Document, Path
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.records import Port
    from archcalc.tracing.walk import Walk

MAX_NESTED_BLOCKS = 40
VARIABLES = 16
"""Variables that are handed on to a block in the time of one value."""


class Definition(NamedTuple):
    """A block, and where it is written."""

    name: str
    block: Block
    document: "Document"
    path: "Path"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what the block reads."""
        return self.block.inputs or ("input",)


def _definition(name: str, model: "Model", site: Site) -> Definition:
    """The spec's own block of this name, or the shipped one.

    Raises:
        Fault: there is none, or it is used within itself.
    """
    blocks = site.frame.blocks
    if name in blocks:
        raise Fault(f"block {name!r} contains itself", key="type")
    if len(blocks) >= MAX_NESTED_BLOCKS:
        raise Fault(f"blocks nest deeper than {MAX_NESTED_BLOCKS}", key="type")
    if name in model.spec.blocks:
        return Definition(name, model.spec.blocks[name], model.document, ("blocks", name))
    if name in library.block_names():
        return Definition(name, *library.block(name), ())
    known = (*KINDS, *CONTAINERS, *model.spec.blocks, *library.block_names())
    hint, meant = _suggested(name, site, known)
    raise Fault(f"unknown layer kind or block {shown(name)}", key="type", hint=hint, meant=meant)


def _listed(value: object) -> Value:
    """An argument as expressions inside the block see it: kinds take tuples, expressions work with lists."""
    if isinstance(value, tuple):
        return [_listed(item) for item in cast("tuple[object, ...]", value)]
    return cast("Value", value)


def _suggested(name: str, site: Site, known: tuple[str, ...]) -> tuple[str, Meant | None]:
    """The nearest name; for one of another library the entry as it is written here."""
    from archcalc.suggesting import kind_entries, kind_hint

    found = site.frame.document.at(site.path)
    written = cast("Mapping[str, object]", found if isinstance(found, dict) else {})
    entry = written if written.get("type") == name else name
    arriving = site.sources[0] if site.sources else None
    shape = arriving.tensor.shape if arriving else None
    entries = kind_entries(name, entry, known, shape)
    return kind_hint(name, entry, known, shape), Meant(entries) if entries else None


def enter_block(site: Site, name: str, walk: "Walk") -> Named:
    """Go through the layers of a block of this name, which the entry uses."""
    ledger, sources, failed = walk.ledger, site.sources, Named(site.full)
    defined = ledger.attempt(site, partial(_definition, name, walk.model), name)
    if defined is None:
        return failed
    ledger.spend(site, len(defined.block.args) + len(walk.variables) // VARIABLES)
    values, unknown, faults = evaluate_all(site)
    faults += check_keys(defined.block.args, site.entry.arguments)
    if len(sources) != len(defined.inputs):
        faults.append(Misplaced((), _wrong_count(defined, len(sources))))
    ledger.note_all(site, faults, name)
    if faults or unknown:
        return failed
    variables = ledger.attempt(site, partial(_variables, defined, values, walk.variables), name)
    if variables is None:
        return failed
    arguments = {key: variables[key] for key in defined.block.args}
    scope = ledger.open(site.full, name, site, arguments)
    frame = _inside(defined, variables, site, scope)
    end = walk.sequence((*defined.path, "layers"), frame, sources[0])
    return Named.around(scope, end) if not defined.block.outputs else _leaving(defined, frame, ledger)


def _leaving(defined: Definition, frame: Frame, ledger: "Ledger") -> Named:
    """A block with the outputs that it names; those whose layers are left out it does not have."""
    done = Named(frame.scope.prefix[:-1], {}, frame.scope)
    ports: dict[str, Port] = {}
    missing: dict[str, Fault] = {}
    path = (*defined.path, "outputs")
    for index, (name, reference) in enumerate(defined.block.outputs_by_name.items()):
        below = (*path, name if isinstance(defined.block.outputs, dict) else index)
        from archcalc.tracing.references import LeftOut, port_of

        try:
            port = port_of(frame, reference)
        except Fault as fault:
            if isinstance(fault, LeftOut) and index:
                missing[name] = fault
                continue
            ledger.report(frame, below, f"block {defined.name}", fault.at(None))
            port = None
        if port is None:
            return replace(done, given=None)
        ports[name] = port
    return replace(done, given=ports, outwards=tuple(ports), missing=missing)


def _wrong_count(defined: Definition, got: int) -> Fault:
    wanted = defined.inputs
    if len(wanted) == 1:
        # The spec's own block may read more: it only has to name what it reads.
        own = f", or let block {defined.name!r} name them: inputs: [a, b ...]" if defined.path else ""
        return one_input(got, own)
    fact = f"takes {len(wanted)} inputs, got {got}"
    return Fault(fact, key="from", hint=f"name them in this order: from: [{', '.join(wanted)}]")


def _inside(defined: Definition, variables: "Mapping[str, Value]", site: Site, scope: Scope) -> Frame:
    """The frame of a block's layers: its own names, and the shape that arrives as ``block.in_shape``."""
    frame, sources = site.frame, site.sources
    call = frame.call
    if call is None and defined.document is not frame.document:
        call = frame.document.place(site.path)
    return replace(
        frame,
        parent=frame,
        scope=scope,
        document=defined.document,
        entries=defined.block.layers,
        inputs={"input": sources[0], **dict(zip(defined.inputs, sources, strict=True))},
        variables=variables,
        numbered=False,
        block=sources[0],
        block_mapped=frame.mapped,
        blocks=(*frame.blocks, defined.name),
        copied=frame.copied or defined.block.copies,
        call=call,
        use=Origin(frame.document, site.path, frame.use),
    )


def _variables(
    defined: Definition, given: "Mapping[str, object]", around: "Mapping[str, Value]", site: Site
) -> "Mapping[str, Value]":
    """What expressions inside a block see: the spec's variables, and the block's arguments in their order.

    Defaults see what arrives, by the names of the block's inputs too.
    """
    values = dict(around)
    named = dict(zip(defined.block.inputs, site.sources, strict=False))
    inner = replace(site.frame, variables=values, inputs={**site.frame.inputs, **named})
    seen = site._replace(frame=inner)
    for key, default in defined.block.args.items():
        try:
            values[key] = bounded(_listed(given[key] if key in given else evaluated(default, seen)))
        except Fault as fault:
            raise Fault(f"default of {key}: {fault.fact}", hint=fault.hint) from None
    return values
