"""The names by which a spec refers to its layers, for the question whether one of them may go."""

import re
from typing import TYPE_CHECKING

from archcalc.rules.entries import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.spec import Spec

WORD = re.compile(r"[\w-]+|\*")
"""A step of a name, also within an expression."""
EVERY = "*"
"""Stands for every layer of a scope."""


class References:
    """Every step of the names in ``from``, ``tie``, ``outputs`` and the scopes of budgets.

    Args:
        spec: the spec.
    """

    def __init__(self, spec: "Spec") -> None:
        texts = [*_texts(spec)]
        self._words = {word for text in texts for word in WORD.findall(text)}
        if any("{" in text for text in texts):
            self._words.add(EVERY)  # the name follows from values
        self._last: dict[str, tuple[int, str]] = {}  # the highest number behind a label
        for word in self._words:
            label, _, number = word.rpartition("_")
            if number.isdecimal():
                self._last[label] = max(self._last.get(label, (0, "")), _rank(number))

    def name(self, name: str) -> bool:
        """Whether a layer of this name could be meant."""
        return EVERY in self._words or name in self._words

    def reach(self, automatic: str) -> bool:
        """Whether a layer of this ``type_index`` name, or of one with a higher index, could be meant."""
        label, _, number = automatic.rpartition("_")
        return self.name(automatic) or (label in self._last and self._last[label] >= _rank(number))


def _texts(spec: "Spec") -> "Iterator[str]":
    yield from spec.outputs or ()
    yield from spec.budgets.scopes
    for _, entry in entries(spec):
        yield from entry.from_ or ()
        yield entry.tie or ""


def _rank(number: str) -> tuple[int, str]:
    """Sorts decimal numbers of any length."""
    bare = number.lstrip("0")
    return len(bare), bare
