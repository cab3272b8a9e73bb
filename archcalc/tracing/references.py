"""References of a walk: which output a ``from`` means."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.spec import LayerSpec, within
from archcalc.tracing.scopes import Named
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.source import Path
    from archcalc.tracing.frames import Arrivals, Frame, Site
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.records import Port


TOP = "/"
"""What a full name begins with."""


class LeftOut(Fault):
    """A name whose layer has a ``when`` that is false."""


def read_sources(site: "Site", ledger: "Ledger") -> "tuple[Arrivals, list[LeftOut]]":
    """What an entry reads; a layer that is left out is no mistake where this one is left out too."""
    if site.entry.from_ is None:
        return site.sources, []
    found: list[Port | None] = []
    absent: list[LeftOut] = []
    for reference in site.entry.from_:
        try:
            found += _read(reference, site.path, site.frame, ledger)
            continue
        except LeftOut as fault:
            absent.append(fault)
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
    """What ``reference`` means: a finished layer, one output or input, or None when its layer failed.

    One that begins with ``/`` is a full name; any other is looked for in the nearest scope first.
    """
    levels = list(frame.outwards())
    if reference.startswith(TOP):
        levels, reference = _open_at(levels, reference[1:])
    first, *rest = reference.split(".")
    for distance, level in enumerate(levels):
        if first in level.inputs and not rest:
            return _arriving(level, first)
        if first not in level.scope.names:
            continue
        try:
            return _descend(level.scope.names[first], rest)
        except LeftOut:
            raise
        except Fault as fault:
            raise _told(fault, reference, levels[distance:]) from None
    raise _unknown(levels, reference)


def _open_at(levels: "list[Frame]", full: str) -> "tuple[list[Frame], str]":
    """The list on the way to a full name whose scope is not finished, alone, and the name in it."""
    for level in levels[:-1]:
        prefix = level.scope.prefix
        if prefix and full.startswith(prefix):
            return [replace(level, inputs={})], full[len(prefix) :]
    return levels[-1:], full


def _arriving(level: "Frame", name: str) -> "Named | Port | None":
    """The input of this name, which a layer may have too only where the two can be told apart."""
    layer = level.scope.names.get(name)
    if layer is None or layer.implied:
        return level.inputs[name]
    if level.parent is None:
        # A layer called ``input``: the network's input has a name of its own besides.
        own = next(known for known, port in level.inputs.items() if known != name)
        hint = f"write {own} for the input; for the layer, "
    else:
        hint = "for the layer, "
    fact = f"{name!r} is what arrives here, and a layer too"
    raise Fault(fact, key="from", hint=f"{hint}write its name with the scope around it, or rename it")


def _descend(named: Named, steps: list[str]) -> "Named | Port | None":
    for position, step in enumerate(steps):
        inside = named.scope.names if named.scope else {}
        if step in inside:
            named = inside[step]
        elif named.left_out:
            break
        elif named.ports is None:
            return None
        elif named.ports and step in named.ports and position == len(steps) - 1:
            return named.ports[step]
        else:
            hint = nearest(step, (*inside, *(named.ports or ())))
            raise Fault(f"{named.name!r} has no layer or output {step!r}", key="from", hint=hint)
    if named.left_out:
        raise LeftOut(f"layer {named.name!r} is left out here (its `when` is false)", key="from")
    return named


def _told(fault: Fault, reference: str, levels: "list[Frame]") -> Fault:
    """The fault of a name that leads to nothing in the nearest scope that has its first step."""
    if reference in _leading(levels[0]):
        return _cycle(reference)
    for level in levels[1:]:
        first, *rest = reference.split(".")
        try:
            found = _descend(level.scope.names[first], rest) if first in level.scope.names else None
        except Fault:
            continue
        if found is not None:
            name = f"{TOP}{level.scope.prefix}{reference}"
            return Fault(fault.fact, key=fault.key, hint=f"the one in the scope farther out is {name}")
    return fault


def _cycle(reference: str) -> Fault:
    return Fault(
        f"reads {reference!r}, which is not above it: this would be a cycle",
        key="from",
        hint="layers run in the order they are written; a layer reads only what comes before it",
    )


def _unknown(levels: "list[Frame]", reference: str) -> Fault:
    if reference.startswith("="):
        fact = f"`from` takes names, got the expression {shown(reference)}"
        return Fault(fact, key="from", hint="name a Sequential whose layers have `when`, and read that")
    first = reference.split(".", maxsplit=1)[0]
    if any(first in _leading(level) for level in levels):
        return _cycle(reference)
    known = [name for level in levels for name in (*level.inputs, *level.scope.names)]
    if first == "input":
        fact = "'input' is not unique: the network has several inputs"
        return Fault(fact, key="from", hint=nearest("", known))
    return Fault(f"unknown name {reference!r}", key="from", hint=nearest(first, known))


def _leading(level: "Frame") -> set[str]:
    """The names that are written in a list of layers, dotted ones with each scope that they lead through."""
    names: set[str] = set()
    for name in declared(level.entries):
        steps = name.split(".")
        names.update(".".join(steps[: end + 1]) for end in range(len(steps)))
    return names


def declared(entries: "Iterable[LayerSpec]") -> set[str]:
    """Names written in a list of layers and in the unnamed containers among them."""
    names: set[str] = set()
    for entry in entries:
        if entry.name is not None:
            names.add(entry.name)
        else:
            names |= declared(inner for _, inner in within(entry))
    return names
