"""Explanations for machines: numbers exact, formulas as texts that Python reads but for ``ceil(a / b)``."""

from dataclasses import asdict
from math import isinf
from typing import TYPE_CHECKING, cast

from archcalc.render.explanation import conditions_of
from archcalc.sizes.terms import term_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.explaining.records import Explained, Explanation, NumberResult


def explanation_document(found: "Explanation") -> dict[str, object]:
    """A layer, container or network with every number explained."""
    document: dict[str, object] = {
        "schema_version": 1,
        "name": found.title,
        "type": found.type,
        "inputs": [
            {"name": source, "called": name or None, "shape": list(tensor.shape), "dtype": tensor.dtype}
            for name, source, tensor in found.inputs
        ],
        "outputs": {name: list(tensor.shape) for name, tensor in found.outputs},
        "numbers": [_number(each) for each in found.numbers],
        "sources": {
            source.name: {"about": source.about, "reference": source.reference or None}
            for source in found.sources
        },
    }
    if found.averages is not None:
        document["averages"] = asdict(found.averages)
    if found.worked is not None:
        document["example"] = _finite(asdict(found.worked))
    return document


def _number(each: "Explained") -> "Mapping[str, object]":
    derived = each.derived
    entry: dict[str, object] = {
        "subject": each.subject,
        "aspect": each.aspect or None,
        "result": _exact(each.result),
        "formula": term_text(derived.symbols) if derived else None,
        "numbers": term_text(derived.numbers) if derived else None,
        "where": list(conditions_of(derived)) if derived else [],
        "call": (derived.call or None) if derived else None,
        "sources": [source.name for source in derived.sources] if derived else [],
    }
    return {**entry, "note": each.note} if each.note else entry


def _exact(result: "NumberResult") -> int | str | None:
    """A whole number, or a fraction as a text."""
    if result is None or isinstance(result, int):
        return result
    return result.numerator if result.denominator == 1 else str(result)


def _finite(value: object) -> object:
    """The same with None for the scores that a mask hides, which JSON has no number for."""
    if isinstance(value, dict):
        entries = cast("Mapping[str, object]", value)
        return {key: _finite(each) for key, each in entries.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in cast("Sequence[object]", value)]
    return None if isinstance(value, float) and isinf(value) else value
