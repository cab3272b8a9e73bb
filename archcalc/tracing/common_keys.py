"""The keys that every layer may have, evaluated."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.expressions import Unknown
from archcalc.layers.registry import KINDS
from archcalc.tracing.arguments import as_read, evaluated, filled
from archcalc.tracing.scopes import Named
from archcalc.wording import shown

if TYPE_CHECKING:
    from archcalc.spec import LayerSpec
    from archcalc.tracing.frames import Site

MAX_REPEAT = 2_000_000


def present(site: "Site") -> bool:
    """Whether ``when`` holds."""
    return _flag(site, "when")


def times(site: "Site") -> int:
    """How often ``repeat`` puts the layer in a row."""
    value = _value(site, "repeat")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_REPEAT:
        fact = f"repeat needs a whole number from 0 to {MAX_REPEAT:,}, got {shown(value)}"
        raise Fault(fact, key="repeat")
    return int(value)


def axis(site: "Site", key: str) -> int:
    """The number of an axis that stands under ``key``."""
    value = _value(site, key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Fault(f"{key} needs the number of an axis, got {shown(value)}", key=key)
    return int(value)


def is_settled(entry: "LayerSpec") -> bool:
    """Whether an entry says nothing of what ``settled`` tells, as most."""
    return entry.frozen is False and entry.tie is None and entry.init is None and "=" not in entry.type


def settled(site: "Site") -> "tuple[str, Site]":
    """The name of the kind, container or block, and the site with what ``frozen``, ``tie`` and ``init`` say.

    Raises:
        Fault: one of the four is wrong.
        Unknown: one waits for a layer that failed.
    """
    frame = site.frame
    kind = _value(site, "type")
    if not isinstance(kind, str):
        raise Fault(f"type needs the name of a kind or block, got {shown(kind)}", key="type")
    frozen, some = _frozen(site, kind)
    tie, init = _tie(site), _init(site)
    if (frozen, some, tie, init) == (frame.frozen, (), frame.tie, frame.init):
        return kind, site
    return kind, site._replace(frame=replace(frame, frozen=frozen, frozen_weights=some, tie=tie, init=init))


def _frozen(site: "Site", kind: str) -> tuple[bool, tuple[str, ...]]:
    """Whether all weights are frozen, here or in the enclosing scope; else the names of those that are."""
    value = written = _value(site, "frozen")
    if isinstance(value, bool):
        return site.frame.frozen or value, ()
    names = cast("tuple[object, ...]", value) if isinstance(value, tuple) else None
    if names is None or not all(isinstance(name, str) for name in names):
        fact = f"frozen needs true, false or a list of names of weights, got {shown(written)}"
        raise Fault(fact, key="frozen")
    if names and kind not in KINDS:
        fact = f"a list of weights is frozen of one layer, and {kind} holds several"
        raise Fault(fact, key="frozen", hint="write it at the layers inside, or true for all of them")
    return site.frame.frozen, () if site.frame.frozen else cast("tuple[str, ...]", names)


def _init(site: "Site") -> str:
    """How weights are first drawn, here or for the enclosing scope."""
    if site.entry.init is None or site.entry.has_own_init:
        return site.frame.init
    init = _value(site, "init")
    if init is None:
        return site.frame.init
    if not isinstance(init, str):
        raise Fault(f"init needs the name of an initialisation, got {shown(init)}", key="init")
    from archcalc.initialisation import initialisation

    try:
        initialisation(init)
    except Fault as fault:
        raise fault.at("init") from None
    return init


def _tie(site: "Site") -> "tuple[str, str] | None":
    """Own full name and that of the layer whose weights are shared, here or for the enclosing scope.

    An expression that gives None ties nothing here.
    """
    tie = _value(site, "tie")
    if tie is None:
        return site.frame.tie
    if not isinstance(tie, str):
        raise Fault(f"tie needs the name of a layer, got {shown(tie)}", key="tie")
    try:
        from archcalc.tracing.references import find

        found = find(site.frame, filled(tie, site))
    except Fault as fault:
        raise fault.at("tie") from None
    if found is None:
        raise Unknown
    if not isinstance(found, Named):
        raise Fault(f"{tie!r} is an input or output, not a layer", key="tie")
    return site.full.rstrip("."), found.name


def _flag(site: "Site", key: str) -> bool:
    value = _value(site, key)
    if not isinstance(value, bool):
        raise Fault(f"{key} needs true or false, got {shown(value)}", key=key)
    return value


def _value(site: "Site", key: str) -> object:
    written = cast("object", getattr(site.entry, key))
    if written is None or isinstance(written, bool):  # most are left out
        return written
    if isinstance(written, tuple):
        return cast("tuple[object, ...]", written)
    if isinstance(written, str) and "=" not in written:
        return written
    try:
        return as_read(evaluated(written, site))
    except Fault as fault:
        raise fault.at(key) from None
