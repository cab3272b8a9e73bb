"""What an entry reads: the names in its ``from``, of which expressions may choose some."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.expressions import Unknown, evaluate, is_expression
from archcalc.layers.mathematics import Merge
from archcalc.layers.registry import KINDS, kind
from archcalc.tracing.scopes import Named
from archcalc.wording import shown

if TYPE_CHECKING:
    from archcalc.tracing.frames import Site
    from archcalc.tracing.ledger import Ledger

ALIKE = (Merge.SUM, Merge.PRODUCT, Merge.CONCATENATION)
"""Merges that of one input alone are that input."""


def with_sources(site: "Site", ledger: "Ledger") -> "Site":
    """The entry with what it reads, and with the faults of layers that it names and that are left out."""
    references = _references(site, ledger)
    if references is None:
        return site._replace(sources=(None,))
    if not references:
        return site
    site = site._replace(references=references)
    from archcalc.tracing.references import read_sources

    reads, absent = read_sources(site, ledger)
    return site._replace(sources=reads, absent=tuple(absent))


def _references(site: "Site", ledger: "Ledger") -> tuple[str, ...] | None:
    """The names in ``from``; none where it reads what is above it; None where an expression has no value."""
    written = site.entry.from_
    if written is None or not any(map(is_expression, written)):
        return written or ()
    asking = site._replace(sources=())
    try:
        return tuple(name for each in written for name in _names(each, asking))
    except Unknown:
        return None
    except Fault as fault:
        ledger.note(site, fault.at("from"))
        return None


def _names(written: str, site: "Site") -> tuple[str, ...]:
    """The names that a reference or an expression in its place gives; ``null`` gives none."""
    if not is_expression(written):
        return (written,)
    value = evaluate(written, site)
    values: list[object] = [*value] if isinstance(value, list) else [] if value is None else [value]
    for each in values:
        if isinstance(each, bool) or not isinstance(each, str | int):
            raise Fault(f"from needs names of layers, got {shown(each)}")
    return tuple(map(str, values))


def without_absent(site: "Site", name: str, ledger: "Ledger") -> Named | None:
    """What becomes of a layer that names some layers which are left out; None: it reads the others.

    A sum, a product or a concatenation joins those that are there, and is the only one where there is one.
    For any other kind, and where none is there, it is a mistake.
    """
    merges = name in KINDS and kind(name).merges in ALIKE
    if merges and len(site.sources) > 1:
        return None
    if merges and site.sources:
        (only,) = site.sources
        return Named(site.full, {"output": only} if only else None)
    cure = "give this layer the same `when`, or choose with an expression: from: =[...] if ... else [...]"
    for fault in site.absent:
        ledger.note(site, Fault(fault.fact, key=fault.key, hint=fault.hint or cure))
    return Named(site.full)
