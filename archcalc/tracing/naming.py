"""What the entries of a list are called in their scope."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.spec import CONTAINERS, Scan
from archcalc.tracing.references import declared

if TYPE_CHECKING:
    from archcalc.tracing.frames import Site
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.scopes import Named


def claimed(site: "Site", ledger: "Ledger") -> str | None:
    """The entry's name in its scope; None for an unnamed container, which makes no scope.

    None also for an unnamed repeat whose instances are numbered one by one.
    """
    entry, scope = site.entry, site.frame.scope
    if entry.name is None:
        if site.frame.numbered:
            return None if entry.repeat is not None else numbered(site, ledger)
        if entry.repeat is None and entry.type in CONTAINERS and not isinstance(entry, Scan):
            return None
    label = "layer" if entry.type.startswith("=") else entry.type
    try:
        return scope.claim(entry.name, label, site.place)
    except Fault as fault:
        ledger.report(site.frame, site.path, f"{entry.name} ({entry.type})", fault)
        return scope.claim(None, label, site.place)


def numbered(site: "Site", ledger: "Ledger") -> str:
    """The next number in a scope that numbers its layers, as torch's Sequential names its modules."""
    scope = site.frame.scope
    try:
        return scope.claim(str(scope.numbered), "number", site.place)
    except Fault as fault:
        ledger.note(site, fault)
        return scope.claim(None, site.entry.type, site.place)


def made_known(site: "Site", done: "Named") -> None:
    """Make a finished entry known to those behind it, or, where it makes no scope, the names inside it."""
    entry, scope = site.entry, site.frame.scope
    if site.name is not None:
        scope.add(site.name, done, numbered=site.frame.numbered and entry.name is None)
    elif entry.repeat is None:
        scope.settle(sorted(declared((entry,))), left_out=done.left_out)
