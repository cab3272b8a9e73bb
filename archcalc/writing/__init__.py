"""Specs and blocks as YAML text in the house style of the shipped files.

A layer stands on a line, ``{type: Conv2d, name: conv1, out_channels: 64}``, or is a bare word where it has
only its type; containers, inputs and blocks are indented. Keys with their defaults are left out, and the text
reads as the same spec again. Where the spec was read from a text, comments and blank lines stay beside the
same entries, keys keep their order, and budgets and numbers are written as they were (``12M``, ``1.0e-6``).
"""

from typing import TYPE_CHECKING

from archcalc.loading import Model
from archcalc.writing.entries import Entries
from archcalc.writing.lines import Lines
from archcalc.writing.original import Original
from archcalc.writing.remarks import joined

if TYPE_CHECKING:
    from archcalc.source import Document
    from archcalc.spec import Block, Spec

CLOSING = ("outputs", "training", "budgets")
"""Keys behind the layers, apart from them by a blank line."""
__all__ = ["flow_text", "write", "write_block"]


def write(model: "Model | Spec") -> str:
    """The YAML text of a spec, which ends with a line break.

    Args:
        model: a spec made in memory, or one with the document it was read from.

    Raises:
        Fault: it holds what no file could: a type that YAML has not, a number or a text beyond its limits.
    """
    spec, document = (model.spec, model.document) if isinstance(model, Model) else (model, None)
    original = Original(document)
    tree = Entries(original).spec(spec)
    closing = next((name for name in CLOSING if name in tree), "")
    return joined(Lines(original).of(tree), original, ("blocks", "layers", closing))


def write_block(block: "Block", document: "Document | None" = None) -> str:
    """The YAML text of a block file, which holds one ``Block``; ``document`` and errors as in ``write``."""
    original = Original(document)
    return joined(Lines(original).of(Entries(original).block(block, ())), original)


def flow_text(value: object) -> str:
    """A value on one line, lists and mappings in brackets: ``{type: Conv2d, padding: [1, 2]}``."""
    return Lines(Original(None)).flow(value)
