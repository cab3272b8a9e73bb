"""Formulas of a network: as a table, in JSON and for LaTeX."""

from typing import TYPE_CHECKING, Literal

from archcalc.render.cells import listed
from archcalc.render.explanation_latex import latex_term
from archcalc.render.latex import latex_text
from archcalc.sizes.terms import term_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.render.cells import Table
    from archcalc.sizes.terms import Term
    from archcalc.solving.formulas import Formulas, LayerFormulas

    Json = Mapping[str, object]

Told = Literal["output", "params", "macs"]
HEADERS: "Mapping[Told, str]" = {"output": "Output", "params": "Params", "macs": "MACs"}
MAX_WHERE = 24
"""Conditions that people are told."""


def formulas_table(found: "Formulas", told: "Sequence[Told]") -> "Table":
    """A row a layer, totals and conditions below.

    Args:
        found: the formulas.
        told: which columns.
    """
    rows = ((layer.name, layer.type, *(_cell(layer, each) for each in told)) for layer in found.layers)
    headers = ("Layer", "Type", *(HEADERS[each] for each in told))
    title = f"{found.found.trace.model}: in {', '.join(found.given) or 'numbers alone'}"
    return listed(title, headers, rows, _lines(found, told))


def _cell(layer: "LayerFormulas", each: Told) -> str:
    if each == "output":
        return f"[{', '.join([*(['N'] if layer.batched else []), *map(_text, layer.output)])}]"
    term = layer.params if each == "params" else layer.macs
    return "?" if term is None else "" if term == 0 else _text(term)


def _text(term: "Term") -> str:
    return f"{term:,}" if isinstance(term, int) else term_text(term)


def _lines(found: "Formulas", told: "Sequence[Told]") -> "Iterator[str]":
    if "params" in told:
        yield f"params = {_text(found.params)}"
    if "macs" in told:
        more = f" (lower bound: {len(found.unknown):,} layers do not state theirs)" if found.unknown else ""
        yield f"MACs = {_text(found.macs)}{more}"
    for condition in found.where[:MAX_WHERE]:
        yield f"where {condition}"
    if len(found.where) > MAX_WHERE:
        yield f"and {len(found.where) - MAX_WHERE:,} more conditions, which --format json has"
    values = ", ".join(f"{name}={size}" for name, size in found.given.items())
    yield f"a // b is rounded down, ceil up; here {values or 'there are no names'}"


def formulas_document(found: "Formulas") -> "Json":
    """Everything; whole numbers are numbers, formulas texts in Python's syntax with ceil(a / b)."""
    return {
        "schema_version": 1,
        "model": found.found.trace.model,
        "given": dict(found.given),
        "layers": [
            {
                "name": layer.name,
                "type": layer.type,
                "output_shape": [_json(size) for size in layer.output],
                "params": _json(layer.params),
                "macs": None if layer.macs is None else _json(layer.macs),
            }
            for layer in found.layers
        ],
        "totals": {"params": _json(found.params), "macs": _json(found.macs)},
        "where": list(found.where),
    }


def _json(term: "Term") -> int | str:
    return term if isinstance(term, int) else term_text(term)


def formulas_latex(found: "Formulas", told: "Sequence[Told]") -> str:
    """A ``table`` whose formulas are mathematics, and a list of the conditions."""
    title = formulas_table(found, told).title
    lines = [
        r"\begin{table}",
        rf"\caption{{{latex_text(title)}}}",
        rf"\begin{{tabular}}{{ll{'l' * len(told)}}}",
        r"\hline",
        " & ".join(("Layer", "Type", *(HEADERS[each] for each in told))) + r" \\",
        r"\hline",
        *(" & ".join(_latex_cells(layer, told)) + r" \\" for layer in found.layers),
        r"\hline",
        r"\end{tabular}",
        *([rf"\par params $= {latex_term(found.params)}$"] if "params" in told else []),
        *([rf"\par MACs $= {latex_term(found.macs)}$"] if "macs" in told else []),
        *(rf"\par where {latex_text(condition)}" for condition in found.where),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _latex_cells(layer: "LayerFormulas", told: "Sequence[Told]") -> "Iterator[str]":
    yield latex_text(layer.name)
    yield latex_text(layer.type)
    for each in told:
        if each == "output":
            sizes = [*(["N"] if layer.batched else []), *map(latex_term, layer.output)]
            yield f"$({', '.join(sizes)})$"
        else:
            term = layer.params if each == "params" else layer.macs
            yield "?" if term is None else "" if term == 0 else f"${latex_term(term)}$"
