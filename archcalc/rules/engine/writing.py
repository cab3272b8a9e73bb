"""A changed text: as a difference, and back into its file."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.source.files import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = b"\xef\xbb\xbf"
"""A byte order mark, which stays where there is one."""


def unified(before: str, after: str, file: str) -> str:
    """The difference between two texts, as ``patch -p0`` takes it."""
    from difflib import unified_diff

    return "".join(_ended(unified_diff(_lines(before), _lines(after), file, file)))


def _lines(text: str) -> list[str]:
    """Lines with their ends, split as patch does: at line feeds only."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _ended(lines: "Iterator[str]") -> "Iterator[str]":
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def overwrite(source: str, before: str, after: str) -> None:
    """Put a text into a file, all of it or nothing.

    Raises:
        OSError: it cannot be written, or has changed since it was read.
    """
    path = Path(os.path.realpath(source))
    content = bytes_of(path)
    mark = MARK if content.startswith(MARK) else b""
    if content != mark + before.encode():
        raise OSError("it has changed meanwhile")
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.touch(mode=0o600, exist_ok=False)
        new.write_bytes(mark + after.encode())
        new.chmod(path.stat().st_mode & 0o7777)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
