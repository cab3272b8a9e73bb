"""Containers: the walk through the lists of layers that one holds, and the merge of their ends."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.spec import Branches, LayerSpec, Residual, Scan, Sequential, Vmap
from archcalc.tracing.common_keys import present
from archcalc.tracing.scopes import Named

if TYPE_CHECKING:
    from archcalc.source import Path
    from archcalc.tracing.frames import Frame, Site
    from archcalc.tracing.records import Port
    from archcalc.tracing.scopes import Scope
    from archcalc.tracing.walk import Walk


def enter_container(site: "Site", walk: "Walk") -> Named:
    """Go through a container; one without a name shares the scope around it."""
    frame, sources = site.frame, site.sources
    if isinstance(site.entry, Scan):
        from archcalc.tracing.scanning import enter_scan

        return enter_scan(site.entry, site, walk)
    if len(sources) != 1:
        walk.ledger.note(site, one_input(len(sources)))
        return Named(site.full)
    scope = frame.scope if site.name is None else _scope(site, walk)
    inner = replace(frame, parent=frame, scope=scope, inputs={"input": sources[0]}, numbered=False)
    return Named.around(scope, _end(site._replace(frame=inner), walk))


def _scope(site: "Site", walk: "Walk") -> "Scope":
    """The scope of a container with a name: a new one, or that which it goes on with."""
    entry, opened = site.entry, walk.ledger.opened
    if isinstance(entry, Sequential) and entry.reopen and site.full in opened:
        return opened[site.full]
    return walk.ledger.open(site.full, entry.type, site)


def one_input(got: int, otherwise: str = "") -> Fault:
    """The fault of what takes one input and reads several; ``otherwise`` ends the hint."""
    return Fault(f"takes 1 input, got {got}", key="from", hint=f"merge them first{otherwise}")


def _end(site: "Site", walk: "Walk") -> "Port | None":
    """What leaves a container; the site's frame is that of its layers."""
    entry, path, frame = site.entry, site.path, site.frame
    if isinstance(entry, Sequential):
        inner = replace(frame, entries=entry.layers, numbered=entry.numbered)
        return walk.sequence((*path, "layers"), inner, site.sources[0])
    if isinstance(entry, Vmap):
        from archcalc.tracing.mapping import along_axis

        return along_axis(entry, site, walk)
    if isinstance(entry, Residual | Branches):
        return _merged(entry.merge, site, walk)
    # A type expression gave the name of a container, whose lists were never read as layers.
    fault = Fault(f"a container's type is written out, not calculated: {entry.type}", key="type")
    walk.ledger.report(frame, path, entry.name or "", fault)
    return None


def _merged(merge: LayerSpec, site: "Site", walk: "Walk") -> "Port | None":
    """What the merge makes of the ends of all ways; named branches have scopes of their own."""
    named = isinstance(site.entry, Branches) and isinstance(site.entry.branches, dict)
    way = _branch if named else _way
    ends: list[Port | None] = []
    for below, layers in site.entry.ways():
        walk.ledger.step(site.frame, site.path)
        path, before = (*site.path, *below), walk.ledger.progress
        end = way(site, path, replace(site.frame, entries=layers), walk)
        emptied = layers and end == site.sources[0] and before == walk.ledger.progress
        if emptied and below != ("shortcut",) and end is not None:
            walk.ledger.report(site.frame, path, site.subject(), _emptied(below), at_key=True)
            return None
        ends.append(end)
    path = (*site.path, "merge")
    for key, value in (("from", merge.from_), ("repeat", merge.repeat)):
        if value is not None:
            fault = Fault(f"a merge has no `{key}`: it reads the ends of the branches", key=key)
            walk.ledger.report(site.frame, path, merge.type, fault)
            return None
    merging = site._replace(entry=merge, path=path, sources=tuple(ends), name=None, references=())
    if merge.when is not True and walk.ledger.attempt(merging, present) is False:
        apart = _apart(site, tuple(ends))
        if apart is not None:
            walk.ledger.note(merging, apart)
            return None
    return walk.entry(merging)


def _emptied(below: "Path") -> Fault:
    """The fault of a way of whose layers none is there; a shortcut without layers is the identity."""
    what = "the body" if below == ("body",) else f"branch {below[-1]}"
    again = "what arrives is added to itself" if below == ("body",) else "what arrives is merged as it is"
    hint = "where that is meant, write Identity into it; else give the container this `when` too"
    return Fault(f"every layer of {what} is left out: {again}", hint=hint)


def _apart(site: "Site", ends: "tuple[Port | None, ...]") -> Fault | None:
    """The fault of ways that nothing joins; a residual without merge and shortcut is its body."""
    if len(ends) == 1 or None in ends:
        return None
    if isinstance(site.entry, Branches):
        hint = "give the Branches itself this `when`, or the merge none"
        return Fault(f"the merge is left out: nothing joins the {len(ends)} branches", key="when", hint=hint)
    if ends[1] != site.sources[0]:
        hint = "give the layers of the shortcut this `when` too"
        return Fault("the merge is left out: nothing reads what the shortcut makes", key="when", hint=hint)
    return None


def _way(site: "Site", path: "Path", frame: "Frame", walk: "Walk") -> "Port | None":
    return walk.sequence(path, frame, site.sources[0])


def _branch(site: "Site", path: "Path", frame: "Frame", walk: "Walk") -> "Port | None":
    """The end of a branch with a name."""
    around, name = frame.scope, str(path[-1])
    try:
        around.claim(name, name, frame.spot(path, at_key=True)[0])
    except Fault as fault:
        walk.ledger.report(frame, path, name, fault.at(None), at_key=True)
        name = around.claim(None, "branch", frame.spot(path)[0])
    scope = walk.ledger.open(around.prefix + name, "branch", site)
    end = walk.sequence(path, replace(frame, parent=site.frame, scope=scope), site.sources[0])
    around.names[name] = walk.ledger.close(Named.around(scope, end))
    return end
