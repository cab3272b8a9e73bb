"""Texts that remember: numbers in them keep their places on the tape, and are written anew at other sizes."""

import re
from typing import TYPE_CHECKING

from archcalc.records import dataclass
from archcalc.sizes.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.sizes.polynomials import Polynomial
    from archcalc.sizes.size import Size

MARK = re.compile("\ufffe(\\d+)\uffff")
"""No characters of a text: YAML refuses them, and they are no controls, which errors show escaped."""


@dataclass(frozen=True, slots=True)
class NumberMark:
    """A number in a text.

    Args:
        polynomial: what it is at all sizes.
        written: any number -> its text in the form that was asked for.
    """

    polynomial: "Polynomial"
    written: "Callable[[int], str]"


class MarkingTape(Tape):
    """A tape that writes marks in the place of numbers, and no condition for them.

    Texts with marks are for messages alone: a name with a number in it is another one here. Whoever reads a
    message compares it with that of plain numbers first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[NumberMark] = []
        self._known: dict[tuple[Polynomial, tuple[str, ...]], int] = {}

    def text(self, size: "Size", written: "Callable[[int], str]", form: tuple[str, ...]) -> str:
        """A mark; the same one for the same number in the same form."""
        key = (size.polynomial, form)
        if key not in self._known:
            self._known[key] = len(self.marks)
            self.marks.append(NumberMark(size.polynomial, written))
        return f"\ufffe{self._known[key]}\uffff"

    def template(self, text: str) -> "Template":
        """The text with what its marks stand for."""
        parts = MARK.split(text)
        return Template(tuple(parts[::2]), tuple(self.marks[int(index)] for index in parts[1::2]))


@dataclass(frozen=True, slots=True)
class Template:
    """A text with numbers between its parts."""

    parts: tuple[str, ...]
    marks: tuple[NumberMark, ...] = ()

    def filled(self, numbers: "Sequence[int]") -> str:
        """The text with the numbers that its marks stand for somewhere."""
        told = (f"{mark.written(number)}{part}" for mark, number, part in self._between(numbers))
        return self.parts[0] + "".join(told)

    def _between(self, numbers: "Sequence[int]") -> "zip[tuple[NumberMark, int, str]]":
        return zip(self.marks, numbers, self.parts[1:], strict=True)
