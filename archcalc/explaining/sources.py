"""What the functions of ``archcalc.formulas`` say of themselves: in a line, and after whom."""

import re
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING, cast

from archcalc.explaining.records import FormulaSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.sizes.calls import Call

PAPER = re.compile(
    r"[A-Z]\w+(?:(?:, | & )[A-Z]\w+)*(?: et al\.)? \d{4}"
    r"(?:[^.;:()]*\(?arXiv \d{4}\.\d{5}(?:, section [\d.]*\d)?\)?|, section [\d.]*\d)?"
)
"""Authors and year, in the text of a kind, and where the paper is."""
REFERENCE = re.compile(r"^Source: (.+?)\.(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
"""The paragraph of a docstring that names it."""


def source_of(call: "Call") -> FormulaSource:
    """The function's first line and its reference, or where it names none that of its module."""
    module = import_module(call.module)
    own = cleandoc(getattr(module, call.function).__doc__ or "")
    return FormulaSource(
        call.function, first_line(own), _reference(own) or _reference(cleandoc(module.__doc__ or ""))
    )


def of_kind(name: str, kind: type) -> FormulaSource:
    """A kind, which calculates some numbers by itself: what comes in and goes out, and whose layer it is."""
    infer = cast("Callable[..., object] | None", getattr(kind, "infer", None))
    text = cleandoc((infer and infer.__doc__) or kind.__doc__ or "")
    found = PAPER.search(_joined(cleandoc(kind.__doc__ or "")))
    return FormulaSource(name, first_line(text), _closed(found[0]) if found else "")


def _closed(text: str) -> str:
    """A reference without a bracket that was opened before it."""
    return text if "(" in text else text.removesuffix(")")


def first_line(text: str) -> str:
    """The first paragraph of a docstring, without its full stop."""
    return _joined(cleandoc(text).split("\n\n", 1)[0]).removesuffix(".")


def _reference(text: str) -> str:
    found = REFERENCE.search(text)
    return _joined(found[1]) if found else ""


def _joined(text: str) -> str:
    return " ".join(text.split())
