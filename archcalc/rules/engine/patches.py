"""The difference between two texts, as a patch."""

import re
from typing import TYPE_CHECKING

from archcalc.printable import cleaned, guarded, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator


def unified(before: str, after: str, file: str) -> str:
    """The difference between two texts, as ``patch -p0`` and ``git apply -p0`` take it.

    Raises:
        ValueError: there is none that both take, and that shows as it is.
    """
    from difflib import unified_diff

    if one_line(file) != file or file.strip() != file or file.startswith('"'):
        raise ValueError("its name has signs that no header of a patch may have")
    header = f"{file}\t" if " " in file else file  # as diff -u ends a name with spaces
    diff = "".join(_ended(unified_diff(_lines(before), _lines(after), header, header)))
    plain = diff.replace("\r\n", "\n")
    if re.search("[\r\x85\u2028\u2029]", plain):
        raise ValueError("some of its lines do not end with a line feed")
    if guarded(cleaned(plain)) != plain:
        raise ValueError("its lines have signs that are only shown escaped")
    return diff


def _lines(text: str) -> list[str]:
    """Lines with their ends, split as patch does: at line feeds only."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _ended(lines: "Iterator[str]") -> "Iterator[str]":
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
