"""Explanations for LaTeX: a formula a line, in amsmath's ``align*``."""

import re
from typing import TYPE_CHECKING

from archcalc.render.explanation import conditions_of, explanation_tables, result_text, source_text
from archcalc.render.latex import latex, latex_text
from archcalc.sizes.terms import Operation, in_brackets, put_together

if TYPE_CHECKING:
    from archcalc.explaining.records import Explained, Explanation
    from archcalc.sizes.terms import Term, Written

SIGNS = {"+": " + ", "-": " - ", "*": r" \cdot ", "%": r" \bmod "}
ROUNDED = {"//": ("lfloor", "rfloor"), "ceil": ("lceil", "rceil")}
INDEXED = re.compile(r"(.*)\[(\d+)\]")
RANKS = {"%": 0, "neg": 0, "+": 1, "-": 1, "*": 2, "**": 3}
"""What binds more tightly ranks higher; a remainder within another formula has brackets of its own."""
ATOM = 4
"""The rank of what never needs brackets: names, numbers, and quotients between their own signs."""
BRACKETS = r"\left(", r"\right)"


def explanation_latex(found: "Explanation") -> str:
    """All numbers with their formulas, sources below; of attention the worked example as tables."""
    table, *worked = explanation_tables(found)
    lines = [rf"\paragraph{{{latex_text(table.title)}}}", r"\begin{align*}"]
    lines.append(" \\\\\n".join(map(_line, found.numbers)))
    lines += [r"\end{align*}", r"\begin{itemize}"] if found.sources else [r"\end{align*}"]
    lines += [
        rf"\item \texttt{{{latex_text(source.name)}}}: {latex_text(source_text(source))}"
        for source in found.sources
    ]
    lines += [r"\end{itemize}"] if found.sources else []
    return "\n".join([*lines, *map(latex, worked)]).rstrip("\n") + "\n"


def _line(each: "Explained") -> str:
    """A number as an equation; without a formula the number alone, and what is said of it."""
    steps = [rf"\text{{{latex_text(each.name)}}}"]
    derived = each.derived
    if derived:
        shown = dict.fromkeys(latex_term(term) for term in (derived.symbols, derived.numbers))
        told = [*shown, str(each.result)]
        steps += [text for at, text in enumerate(told) if text not in told[:at]]
        steps[-1] += "".join(rf" \quad \text{{where {latex_text(case)}}}" for case in conditions_of(derived))
    elif each.result is not None:
        steps.append(latex_text(result_text(each.result)))
    said = "; ".join((*(source.name for source in derived.sources), each.note) if derived else (each.note,))
    said = said.removesuffix("; ")
    equation = steps[0] + "".join(
        f" &= {step}" if at == 0 else f" = {step}" for at, step in enumerate(steps[1:])
    )
    return f"{equation} && \\text{{{latex_text(said)}}}" if said else equation


def latex_term(term: "Term") -> str:
    """A formula for LaTeX's mathematics."""
    return put_together(term, _written)


def _written(term: "Term", least: int) -> "Written":
    if isinstance(term, str):
        return (_name(term),)
    if not isinstance(term, Operation):
        return in_brackets((str(term),), BRACKETS, needed=term < 0 and least > RANKS["+"])
    ranks = ATOM if term.sign in ROUNDED else RANKS[term.sign]
    return in_brackets(_operation_written(term), BRACKETS, needed=ranks < least)


def _operation_written(term: Operation) -> "Written":
    first, *others = term.operands
    if term.sign in ROUNDED:
        left, right = ROUNDED[term.sign]
        return rf"\left\{left} \frac{{", (first, 0), "}{", (others[0], 0), rf"}} \right\{right}"
    if term.sign == "neg":
        return "-", (first, RANKS["*"])
    if term.sign == "**":
        return (first, ATOM), "^{", (others[0], 0), "}"
    least = RANKS["*" if term.sign == "%" else term.sign]
    return (first, least), SIGNS[term.sign], (others[0], least + (term.sign in "-%"))


def _name(name: str) -> str:
    """A name, its index below it: ``x[1]`` is x with a small 1."""
    found = INDEXED.fullmatch(name)
    if found:
        return f"{_name(found[1])}_{{{found[2]}}}"
    return name if len(name) == 1 else rf"\mathit{{{latex_text(name)}}}"
