"""What the entries of a list are called, and in which scope they are."""

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, nearest
from archcalc.expressions import Unknown
from archcalc.spec import CONTAINERS, Scan, Sequential, within
from archcalc.spec.values import PLACEHOLDER, as_dotted
from archcalc.tracing.arguments import filled
from archcalc.tracing.common_keys import present, times
from archcalc.tracing.frames import Site, TurnAt
from archcalc.tracing.scopes import Named
from archcalc.tracing.sources import with_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.source import Path
    from archcalc.spec import LayerSpec
    from archcalc.tracing.frames import Arrivals, Frame
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.records import TracedLayer
    from archcalc.tracing.scopes import Scope

WORD = re.compile(r"[^\W\d]\w*")
SCOPE = "scope"
"""The type of what dotted names alone have made."""


def with_name(
    entry: "LayerSpec", path: "Path", frame: "Frame", sources: "Arrivals", ledger: "Ledger"
) -> Site:
    """An entry under its name in its scope; without one an unnamed container, which makes no scope.

    Without one also an unnamed repeat whose instances are numbered one by one. A dotted name is taken in the
    scope that it leads to.
    """
    kind = entry.type
    if entry.name is None and not frame.numbered:
        if kind in CONTAINERS and entry.repeat is None and not isinstance(entry, Scan):
            return Site(entry, path, frame, sources)
        name = frame.scope.free("layer" if kind.startswith("=") else kind)
        site = frame.scope.claimed[name] = Site(entry, path, frame, sources, name)
        return site
    site = Site(entry, path, frame, sources)
    if names_turns(entry) if entry.name is not None else entry.repeat is not None:
        return site
    name = numbered(site, ledger) if entry.name is None else _taken(site, ledger)
    return Site(entry, path, frame, sources, name)


def turn_name(site: Site, ledger: "Ledger") -> str:
    """The name of one turn of a repeat that makes no scope."""
    return numbered(site, ledger) if site.entry.name is None else _taken(site, ledger, turn=True)


def names_turns(entry: "LayerSpec") -> bool:
    """Whether the name of an entry with ``repeat`` is that of each of its turns."""
    return entry.repeat is not None and any(
        "i" in WORD.findall(each) for each in PLACEHOLDER.findall(entry.name or "")
    )


def _settled(written: str, site: Site) -> str:
    """A name with the values of the expressions in its braces.

    Raises:
        Fault: one has no value that can stand in a name.
        Unknown: one waits for a layer that failed.
    """
    if "{" not in written:
        return written
    try:
        name = filled(written, site)
        as_dotted(name)
    except Fault as fault:
        raise fault.at("name") from None
    except ValueError as error:
        raise Fault(str(error), key="name") from None
    return name


def _taken(site: Site, ledger: "Ledger", *, turn: bool = False) -> str:
    """The written name, or where another layer has it already, an automatic one."""
    written = site.entry.name or ""
    label = "layer" if site.entry.type.startswith("=") or "." in site.entry.type else site.entry.type
    try:
        name = _settled(written, site)
    except (Fault, Unknown) as error:
        if isinstance(error, Fault):
            ledger.report(site.frame, site.path, f"{written} ({site.entry.type})", error)
        return site.frame.scope.claim(None, label, site)
    home, last = _home(name, site, ledger)
    try:
        if isinstance(site.entry, Sequential) and site.entry.reopen:
            _check_there(home, last, site, ledger)
            return name
        home.claim(last, label, site)
        if home is not site.frame.scope:
            _check_apart(ledger.layer(home.prefix[:-1]), last)
    except Fault as fault:
        if last in home.claimed and _is_away(site._replace(name=name), ledger, turn=turn):
            return name
        if isinstance(site.entry, Sequential) and not site.entry.reopen and last in home.claimed:
            hint = "names are unique within a scope; with `reopen: true` it goes on with the one above"
            fault = Fault(fault.fact, key=fault.key, hint=hint)
        ledger.report(site.frame, site.path, f"{name} ({site.entry.type})", fault)
        return site.frame.scope.claim(None, label, site)
    return name


def _home(name: str, site: Site, ledger: "Ledger") -> "tuple[Scope, str]":
    """The scope that a name leads to, made where it is not there yet, and the name in it."""
    scope = site.frame.scope
    if "." not in name:
        return scope, name
    *steps, last = name.split(".")
    for step in steps:
        named = scope.names.get(step)
        if named is None:
            named = scope.names[step] = Named(scope.prefix + step, left_out=True, implied=True)
        if named.scope is None:
            ledger.step(site.frame, site.path)
            layer = ledger.layer(named.name)
            named.scope = ledger.open(named.name, layer.type if layer else SCOPE, site)
        scope = named.scope
    return scope, last


def _check_there(home: "Scope", name: str, site: Site, ledger: "Ledger") -> None:
    """Refuse to go on with a scope that is not there."""
    there = home.names.get(name)
    if there is None or there.scope is None or ledger.layer(there.name) is not None:
        scopes = [own for own, named in home.names.items() if named.scope is not None]
        fact = f"there is no scope {home.prefix + name!r} above to go on with"
        raise Fault(fact, key="reopen", hint=nearest(name, scopes))
    if site.entry.repeat is not None:
        raise Fault("what goes on with a scope has no `repeat`", key="repeat", hint="give it a new name")


def _check_apart(layer: "TracedLayer | None", name: str) -> None:
    """Refuse a layer inside of another one under the name of what that one has itself."""
    if layer is None:
        return
    facts = layer.facts
    own = {tensor.partition(".")[0] for tensor in (*facts.weights, *facts.buffers)}
    if "" in own:
        raise Fault(f"{layer.name!r} is a {layer.type}, which has no layers inside", key="name")
    if name in own or (name in facts.outputs and len(facts.outputs) > 1):
        what = "weight" if name in own else "output"
        fact = f"{layer.name!r} ({layer.type}) has {'an' if what == 'output' else 'a'} {what} {name!r} itself"
        raise Fault(fact, key="name", hint="give one of them another name")


def _is_away(site: Site, ledger: "Ledger", *, turn: bool) -> bool:
    """Whether an entry, or a turn of its repeat, is left out, or waits for a layer that failed."""
    if not turn:
        site = with_sources(site, ledger)
    try:
        return times(site) == 0 if site.entry.repeat is not None and not turn else not present(site)
    except Unknown:
        return True
    except Fault:
        return False


def numbered(site: Site, ledger: "Ledger") -> str:
    """The next number in a scope that numbers its layers, as torch's Sequential names its modules."""
    scope = site.frame.scope
    try:
        return scope.claim(str(scope.numbered), "number", site)
    except Fault as fault:
        ledger.note(site, fault)
        return scope.claim(None, site.entry.type, site)


def made_known(site: Site, done: "Named", ledger: "Ledger") -> None:
    """Make a finished entry known to those behind it, or, where it makes no scope, the names inside it."""
    entry, scope = site.entry, site.frame.scope
    if site.name is not None:
        if entry.name is not None and "." in site.name:
            return _put(site.name, done, site, ledger)
        scope.add(site.name, done, numbered=site.frame.numbered and entry.name is None)
        if done.scope is not None:
            _joined(done, site, ledger)
    elif entry.repeat is None and done.port is None:
        for name in _names_in(entry, site, ledger):
            home, last = _home(name, site, ledger)
            if last not in home.names:
                _put(name, Named(home.prefix + last, left_out=done.left_out), site, ledger)
    return None


def _names_in(entry: "LayerSpec", site: Site, ledger: "Ledger") -> "Iterator[str]":
    """Names that an entry gives in its scope, where it is not walked; but for unknown ones."""
    for named in _named_in(entry, ledger.named):
        here = site._replace(entry=named)
        name = cast("str", named.name)
        try:
            if names_turns(named):
                for index in range(times(here)):
                    yield _settled(name, here._replace(frame=replace(site.frame, turn=TurnAt(index))))
            else:
                yield _settled(name, here)
        except (Fault, Unknown):
            continue


def _named_in(entry: "LayerSpec", known: "dict[int, tuple[LayerSpec, ...]]") -> "tuple[LayerSpec, ...]":
    """An entry with a name, or those inside; it is asked by all that stands around it, in each turn."""
    found = known.get(id(entry))
    if found is None:
        within_it = (_named_in(inner, known) for _, inner in within(entry))
        found = (entry,) if entry.name is not None else tuple(chain.from_iterable(within_it))
        known[id(entry)] = found
    return found


def _put(name: str, done: "Named", site: Site, ledger: "Ledger") -> None:
    """Make a finished entry known in the scope that its name leads to, and as the end of implied ones."""
    scope = site.frame.scope
    *steps, last = name.split(".")
    around: list[Named] = []
    for step in steps:
        around.append(scope.names[step])
        scope = ledger.opened[scope.prefix + step]
    scope.add(last, done)
    _joined(done, site, ledger)
    for named in around if not done.left_out else ():
        if named.implied:
            named.left_out = False
            named.given = {"output": done.port} if done.port else None
            ledger.close(named)


def _joined(done: "Named", site: Site, ledger: "Ledger") -> None:
    """Tell of a layer that is now also the scope of those that dotted names have put inside it before."""
    layer = ledger.layer(done.name) if done.scope is not None else None
    if layer is None or done.scope is None:
        return
    ledger.scopes[done.name] = layer.type
    for name in done.scope.names:
        try:
            _check_apart(layer, name)
        except Fault as fault:
            ledger.note(site, fault)
