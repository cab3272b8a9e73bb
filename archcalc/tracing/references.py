"""References of a walk: which output a ``from`` means."""

from contextlib import suppress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.expressions import Unknown
from archcalc.spec import within
from archcalc.spec.values import PLACEHOLDER
from archcalc.tracing.arguments import filled
from archcalc.tracing.scopes import Named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.source import Path
    from archcalc.spec import LayerSpec
    from archcalc.tracing.frames import Arrivals, Frame, Site
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.records import Port


TOP = "/"
"""What a full name begins with."""


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
            found += _read(filled(reference, site), site.path, site.frame, ledger)
            continue
        except Unknown:
            pass
        except LeftOut as fault:
            absent.append(fault)
            continue
        except Fault as fault:
            ledger.note(site, fault.at("from"))
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
        if found:  # a name is written, and counts with what its layer reads
            ledger.step(frame, path)
        found.append(port)
    return found


def _resolved(frame: "Frame", reference: str) -> "Iterator[Port | None]":
    """The output that ``reference`` means; None when its layer failed.

    A ``*`` in it stands for every layer of a scope in turn, those left out excepted: ``stage.*.skip``; within
    a name for every layer whose name fits: ``layer_*``.

    Raises:
        Fault: there is no such name above this layer.
    """
    steps = reference.removeprefix(TOP).split(".")
    star = next((at for at, step in enumerate(steps) if "*" in step and (at or step != "*")), None)
    if star is None:
        found = find(frame, reference)
        yield found.port if isinstance(found, Named) else found
        return
    for before, named in _fitting(frame, reference, steps, star):
        if star == len(steps) - 1:
            yield named.port
        else:
            yield from _resolved(frame, ".".join((before, *steps[star + 1 :])))


def _fitting(frame: "Frame", reference: str, steps: list[str], star: int) -> "list[tuple[str, Named]]":
    """What in a scope fits the step with a ``*``, with the names up to there."""
    before = ".".join(steps[:star])
    top = TOP if reference.startswith(TOP) else ""
    if star:
        around = find(frame, top + before)
        if around is None:
            return []
        scopes = [around.scope] if isinstance(around, Named) and around.scope else []
    else:
        levels = list(frame.outwards())
        for level in levels:
            level.looked_at()
        scopes = [level.scope for level in (levels[-1:] if top else levels)]
    for scope in scopes:
        names = scope.names
        if present := [name for name in scope.fitting(steps[star]) if not names[name].left_out]:
            way = f"{top}{before}." if star else top
            return [(way + name, names[name]) for name in present]
    if star and steps[star] == "*":
        raise Fault(f"{before!r} has no layers inside for {reference!r}", key="from")
    raise Fault(f"no layer above fits {reference!r}", key="from")


def find(frame: "Frame", reference: str) -> "Named | Port | None":
    """What ``reference`` means: a finished layer, one output or input, or None when its layer failed.

    One that begins with ``/`` is a full name; any other is looked for in the nearest scope first.
    """
    levels = list(frame.outwards())
    if reference.startswith(TOP):
        return _from_top(levels, reference[1:])
    first, *rest = reference.split(".")
    for distance, level in enumerate(levels):
        level.looked_at()
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


def _from_top(levels: "list[Frame]", full: str) -> "Named | Port | None":
    """What has a full name; of the scopes that are not finished yet it knows what is above."""
    for each in levels:
        each.looked_at()
    root = levels[-1]
    layer = root.scope.names.get(full)
    if full in root.inputs and (layer is None or layer.implied):
        return root.inputs[full]
    level = next(level for level in levels if full.startswith(level.scope.prefix))
    below = full[len(level.scope.prefix) :]
    first, *rest = below.split(".")
    if first in level.scope.names:
        try:
            return _descend(level.scope.names[first], rest)
        except LeftOut:
            raise
        except Fault as fault:
            raise _told(fault, below, [level]) from None
    if level.scope is root.scope or _is_below(first, level):
        raise _unknown([level], below, TOP + full)
    fact = f"{level.scope.prefix[:-1]!r} has no layer {first!r} above"
    raise Fault(fact, key="from", hint=nearest(first, level.scope.names))


def _arriving(level: "Frame", name: str) -> "Named | Port | None":
    """The input of this name, which a layer may have too only where the two can be told apart."""
    layer = level.scope.names.get(name)
    if layer is None or layer.implied:
        return level.inputs[name]
    if level.parent is None:
        # A layer called ``input``: the network's input has a name of its own besides.
        own = next(known for known in level.inputs if known != name)
        hint = f"write {own} for the input; for the layer, "
    else:
        hint = "for the layer, "
    fact = f"{name!r} is what arrives here, and a layer too"
    raise Fault(fact, key="from", hint=f"{hint}write its name with the scope around it, or rename it")


def _descend(named: Named, steps: list[str]) -> "Named | Port | None":
    for position, step in enumerate(steps):
        inside = named.scope.names if named.scope else dict[str, Named]()
        if named.missing and step in named.missing:
            raise named.missing[step]
        last = position == len(steps) - 1
        if step in inside and not (last and step in named.outwards):
            named = inside[step]
        elif named.left_out and not named.implied:
            break
        elif named.ports is None and not named.left_out:
            return None
        elif last and named.ports and step in named.ports:
            return named.ports[step]
        else:
            hint = nearest(step, (*inside, *(named.ports or ())))
            raise Fault(f"{named.name!r} has no layer or output {step!r}", key="from", hint=hint)
    if named.implied and named.left_out and not (named.scope and named.scope.names):
        raise Fault(f"{named.name!r} has no layer above", key="from")
    if named.left_out:
        raise LeftOut(f"layer {named.name!r} is left out here (its `when` is false)", key="from")
    return named


def _told(fault: Fault, reference: str, levels: "list[Frame]") -> Fault:
    """The fault of a name that leads to nothing in the nearest scope that has its first step."""
    if any(_is_below(reference, level) for level in levels):
        return _cycle(reference)
    for name in _farther(reference, levels[1:]):
        return Fault(fault.fact, key=fault.key, hint=farther_out(name))
    return fault


def farther_out(name: str) -> str:
    """A hint that a scope farther out has the name that was read too."""
    return f"the one in the scope farther out is {name}"


def _farther(reference: str, levels: "list[Frame]") -> "Iterator[str]":
    """Full names of what scopes have under a name."""
    first, *rest = reference.split(".")
    for level in levels:
        if first in level.scope.names:
            with suppress(Fault):
                found = _descend(level.scope.names[first], rest)
                own = found.name if isinstance(found, Named) else str(found) if found else ""
                yield from [TOP + own] if own else []
        elif reference in level.inputs and reference != "input":
            yield TOP + reference


def shadowed(site: "Site") -> list[str]:
    """Full names of what an entry would read where farther scopes came first."""
    levels = list(site.frame.outwards())
    names = [name for name in site.references if not name.startswith(TOP) and name != "input"]
    return [other for name in names for other in list(dict.fromkeys(_farther(name, levels)))[1:]]


def _cycle(reference: str) -> Fault:
    return Fault(
        f"reads {reference!r}, which is not above it: this would be a cycle",
        key="from",
        hint="layers run in the order they are written; a layer reads only what comes before it",
    )


def port_of(frame: "Frame", reference: str) -> "Port | None":
    """The output of a name that is known to mean one; None when its layer failed."""
    found = find(frame, reference)
    return found.port if isinstance(found, Named) else found


def _unknown(levels: "list[Frame]", reference: str, written: str = "") -> Fault:
    written = written or reference
    first = reference.split(".", maxsplit=1)[0]
    if any(_is_below(first, level) for level in levels):
        return _cycle(written)
    top = TOP if written.startswith(TOP) else ""
    known = [top + name for level in levels for name in (*level.inputs, *level.scope.names)]
    if first == "input":
        fact = "'input' is not unique: the network has several inputs"
        return Fault(fact, key="from", hint=nearest("", known))
    return Fault(f"unknown name {written!r}", key="from", hint=nearest(top + first, known))


def _is_below(reference: str, level: "Frame") -> bool:
    """Whether a name is written in a list of layers, or leads there through others."""
    inside = f"{reference}."
    for name in _declared(level.entries):
        if name == reference or name.startswith(inside) or ("{" in name and _may_be(name, reference)):
            return True
    return False


def _may_be(pattern: str, reference: str) -> bool:
    """Whether a name with expressions in braces may lead to what a reference says."""
    wanted, steps = reference.split("."), PLACEHOLDER.sub("*", pattern).split(".")
    return len(steps) >= len(wanted) and all(map(fnmatchcase, wanted, steps[: len(wanted)]))


def _declared(entries: "Iterable[LayerSpec]") -> "Iterator[str]":
    """Names written in a list of layers and in the unnamed containers among them."""
    for entry in entries:
        if entry.name is not None:
            yield entry.name
        else:
            yield from _declared(inner for _, inner in within(entry))
