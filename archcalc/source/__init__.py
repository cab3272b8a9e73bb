"""YAML text to plain data, with the place of every value.

Specs are untrusted text, so the data are built from parser events, one at a time and without recursion: how
deep they nest, and how many values they hold once aliases are written out, is known before memory is spent on
them. Plain scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), where
``yes``, ``12:30`` and ``1_000`` are text.
"""

from archcalc.source.document import Document, Path
from archcalc.source.limits import MAX_BYTES, MAX_DEPTH, MAX_VALUES
from archcalc.source.reading import document_of, parse, read, scalar

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_VALUES",
    "Document",
    "Path",
    "document_of",
    "parse",
    "read",
    "scalar",
]
