"""Findings at their place: of a layer, or of a value of the spec that belongs to none."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure
from archcalc.rules.base import Finding

if TYPE_CHECKING:
    from archcalc.cures.changes import Edit
    from archcalc.rules.context import Context
    from archcalc.source import Path
    from archcalc.tracing.records import Built


def at(
    layer: "Built",
    message: str,
    *,
    consequence: str,
    hint: str,
    key: str | None = None,
    edits: "tuple[Edit, ...]" = (),
    cures: tuple[Cure, ...] = (),
) -> Finding:
    """A finding about a layer, at the value of ``key`` where its entry has it, else at the entry.

    In a shipped block it shows where the spec uses the block, and has no edits. Edits are its cure where it
    has no other.
    """
    origin = layer.origin.in_spec
    path = (*layer.origin.path, key) if key is not None else layer.origin.path
    place = layer.origin.document.place(path)
    if origin.document is not layer.origin.document:
        message, edits = f"{message} (in {place})", ()
        place = origin.document.place(origin.path)
    cures = cures or ((Cure(edits),) if edits else ())
    found = Finding(place, layer.subject, message, consequence, hint, origin=layer.origin, edits=edits)
    return replace(found, cures=cures)


def at_spec(
    context: "Context",
    path: "Path",
    message: str,
    *,
    consequence: str,
    hint: str,
    at_key: bool = False,
    cures: tuple[Cure, ...] = (),
) -> Finding:
    """A finding about a value of the spec that belongs to no layer, e.g. ``("budgets", "params")``."""
    place = context.model.document.place(path, key=at_key)
    return Finding(place, ".".join(map(str, path)), message, consequence, hint, path=path, cures=cures)
