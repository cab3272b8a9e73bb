"""References of a walk: which output a ``from`` means."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.spec import LayerSpec, within
from archcalc.tracing.scopes import Named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.source import Path
    from archcalc.tracing.frames import Arrivals, Frame, Site
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.records import Port


class LeftOut(Fault):
    """A name whose layer has a ``when`` that is false."""


def read_sources(site: "Site", ledger: "Ledger") -> "tuple[Arrivals, list[LeftOut]]":
    """What an entry reads, and faults of the layers it names that are left out: these are not among it."""
    if site.entry.from_ is None:
        return site.sources, []
    found: list[Port | None] = []
    absent: list[LeftOut] = []
    for reference in site.references or site.entry.from_:
        try:
            found += _read(reference, site.path, site.frame, ledger)
            continue
        except LeftOut as fault:
            absent.append(fault)
            continue
        except Fault as fault:
            ledger.note(site, fault)
        found.append(None)
    return tuple(found), absent


def read_outputs(references: "Sequence[str]", root: "Frame", ledger: "Ledger") -> "tuple[Port, ...]":
    """The ports that leave the network; a layer that is left out takes its output with it."""
    found: list[Port | None] = []
    left_out: list[tuple[int, Fault]] = []
    for index, reference in enumerate(references):
        try:
            found += _read(reference, ("outputs", index), root, ledger)
        except LeftOut as fault:
            left_out.append((index, fault))
        except Fault as fault:
            ledger.report(root, ("outputs", index), "outputs", fault.at(None))
    for index, absent in left_out if len(left_out) == len(references) else ():
        ledger.report(root, ("outputs", index), "outputs", absent.at(None))
    return tuple(port for port in found if port)


def _read(reference: str, path: "Path", frame: "Frame", ledger: "Ledger") -> "list[Port | None]":
    """What a reference means: one output, or with a ``*`` one for every layer that matches."""
    found: list[Port | None] = []
    for port in _resolved(frame, reference):
        ledger.step(frame, path)
        found.append(port)
    return found


def _resolved(frame: "Frame", reference: str) -> "Iterator[Port | None]":
    """The output that ``reference`` means; None when its layer failed.

    A ``*`` in it stands for every layer of a scope in turn, those left out excepted: ``stage.*.skip``.

    Raises:
        Fault: there is no such name above this layer.
    """
    steps = reference.split(".")
    if "*" not in steps[1:]:
        found = find(frame, reference)
        yield found.port if isinstance(found, Named) else found
        return
    star = steps.index("*", 1)
    before = ".".join(steps[:star])
    around = find(frame, before)
    inside = around.scope.names if isinstance(around, Named) and around.scope else {}
    present = [name for name, named in inside.items() if not named.left_out]
    if not present and around is not None:
        raise Fault(f"{before!r} has no layers inside for {reference!r}", key="from")
    for name in present:
        yield from _resolved(frame, ".".join((before, name, *steps[star + 1 :])))


def find(frame: "Frame", reference: str) -> "Named | Port | None":
    """What ``reference`` means: a finished layer, one output or input, or None when its layer failed."""
    first, *rest = reference.split(".")
    for level in frame.outwards():
        if first in level.inputs and not rest:
            return level.inputs[first]
        if first in level.scope.names:
            return _descend(level.scope.names[first], rest)
    raise _unknown(frame, reference)


def _descend(named: Named, steps: list[str]) -> "Named | Port | None":
    for position, step in enumerate(steps):
        if named.left_out:
            break
        inside = named.scope.names if named.scope else {}
        if step in named.missing:
            raise named.missing[step]
        last = position == len(steps) - 1
        if step in inside and not (last and step in named.outwards):
            named = inside[step]
        elif named.ports is None:
            return None
        elif last and step in named.ports:
            return named.ports[step]
        else:
            hint = nearest(step, (*inside, *(named.ports or ())))
            raise Fault(f"{named.name!r} has no layer or output {step!r}", key="from", hint=hint)
    if named.left_out:
        raise LeftOut(f"layer {named.name!r} is left out here (its `when` is false)", key="from")
    return named


def port_of(frame: "Frame", reference: str) -> "Port | None":
    """The output of a name that is known to mean one; None when its layer failed."""
    found = find(frame, reference)
    return found.port if isinstance(found, Named) else found


def _unknown(frame: "Frame", reference: str) -> Fault:
    first = reference.split(".", maxsplit=1)[0]
    levels = list(frame.outwards())
    if any(first in declared(level.entries) for level in levels):
        return Fault(
            f"reads {reference!r}, which is not above it: this would be a cycle",
            key="from",
            hint="layers run in the order they are written; a layer reads only what comes before it",
        )
    known = [name for level in levels for name in (*level.inputs, *level.scope.names)]
    if first == "input":
        fact = "'input' is not unique: the network has several inputs"
        return Fault(fact, key="from", hint=nearest("", known))
    return Fault(f"unknown name {reference!r}", key="from", hint=nearest(first, known))


def declared(entries: "Iterable[LayerSpec]") -> set[str]:
    """Names written in a list of layers and in the unnamed containers among them."""
    names: set[str] = set()
    for entry in entries:
        if entry.name is not None:
            names.add(entry.name)
        else:
            names |= declared(inner for _, inner in within(entry))
    return names
