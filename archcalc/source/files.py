"""A file or standard input to its text."""

import pathlib
import sys
from typing import cast

from archcalc.errors import SpecError
from archcalc.source.limits import MAX_BYTES, TOO_LARGE
from archcalc.source.messages import refusal
from archcalc.source.spots import spot_at

SAVE = "save the file as UTF-8 text"


def bytes_of(source: str | pathlib.Path) -> bytes:
    """At most one byte more than is allowed, so that an endless source ends too."""
    if str(source) != "-":
        with pathlib.Path(source).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    binary = getattr(sys.stdin, "buffer", None)
    if binary is None:
        raise ValueError("standard input is closed")
    return cast("bytes", binary.read(MAX_BYTES + 1))


def unreadable(error: OSError | ValueError, file: str) -> SpecError:
    """What the system says about a file, retold."""
    reason = str(getattr(error, "strerror", None) or error).lower()
    fact, hint = f"the file cannot be read: {reason}", ""
    if isinstance(error, FileNotFoundError):
        fact, hint = "there is no such file", "give the path of a YAML file, or - for standard input"
    elif isinstance(error, IsADirectoryError):
        fact, hint = "this is a directory, not a file", "give the path of a YAML file in it"
    elif isinstance(error, PermissionError):
        hint = "allow it to be read, or give another file"
    return refusal(file, (1, 1), fact, hint)


def decoded(content: bytes, file: str) -> str:
    """The text of a file; refuses it at the first byte that shows that it is not UTF-8 text."""
    if len(content) > MAX_BYTES:
        raise refusal(file, (1, 1), *TOO_LARGE)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refusal(file, (1, 1), "the file is UTF-16, not UTF-8", SAVE)
    offset = content.find(b"\0")
    fact = f"byte 0x00 at offset {offset}: this is a binary file, not YAML text"
    if offset < 0:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            offset = error.start
            fact = f"byte 0x{content[offset]:02x} at offset {offset} is not UTF-8"
    before = content[:offset].decode(errors="replace").removeprefix("\ufeff")
    raise refusal(file, spot_at(before, len(before)), fact, SAVE)
