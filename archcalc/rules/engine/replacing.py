"""Pieces of a text that others take the place of."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """Characters of a text and what stands in their place."""

    start: int
    end: int
    text: str


def replaced(text: str, replacements: "Iterable[Replacement]") -> str:
    """The text with replacements made, which are in the order of their places.

    Raises:
        Fault: two of them are about the same characters.
    """
    parts: list[str] = []
    done = 0
    for replacement in replacements:
        if replacement.start < done:
            raise Fault("two changes of the same characters")
        parts += [text[done : replacement.start], replacement.text]
        done = replacement.end
    return "".join([*parts, text[done:]])
