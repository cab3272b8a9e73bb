"""What the functions of ``archcalc.formulas`` say of themselves: in a line, and after whom."""

import re
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING

from archcalc.explaining.records import FormulaSource

if TYPE_CHECKING:
    from archcalc.sizes.calls import Call

REFERENCE = re.compile(r"^Source: (.+?)\.(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
"""The paragraph of a docstring that names it."""


def source_of(call: "Call") -> FormulaSource:
    """The function's first line and its reference, or where it names none that of its module."""
    module = import_module(call.module)
    own = cleandoc(getattr(module, call.function).__doc__ or "")
    return FormulaSource(
        call.function, first_line(own), _reference(own) or _reference(cleandoc(module.__doc__ or ""))
    )


def first_line(text: str) -> str:
    """The first paragraph of a docstring, without its full stop."""
    return _joined(cleandoc(text).split("\n\n", 1)[0]).removesuffix(".")


def _reference(text: str) -> str:
    found = REFERENCE.search(text)
    return _joined(found[1]) if found else ""


def _joined(text: str) -> str:
    return " ".join(text.split())
