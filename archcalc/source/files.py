"""A file or standard input to its text."""

import os
import pathlib
import stat
import sys
from typing import cast

from archcalc.errors import SpecError
from archcalc.source.limits import MAX_BYTES, TOO_LARGE
from archcalc.source.messages import refusal
from archcalc.source.spots import spot_at

PATIENCE = 0.5
"""Seconds that may pass before a pipe is opened to write into."""
SAVE = "save the file as UTF-8 text"


def bytes_of(source: str | pathlib.Path) -> bytes:
    """At most one byte more than is allowed, so that an endless source ends too.

    Raises:
        OSError, ValueError: it cannot be read, or may never end: a device, a pipe that nobody writes into.
    """
    if str(source) != "-":
        mode = pathlib.Path(source).stat().st_mode
        if stat.S_ISFIFO(mode):
            return _piped(pathlib.Path(source))
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise ValueError("this is a device or a socket, not a file; - is standard input")
        with pathlib.Path(source).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    binary = getattr(sys.stdin, "buffer", None)
    if binary is None:
        raise ValueError("standard input is closed")
    return cast("bytes", binary.read(MAX_BYTES + 1))


def _piped(path: pathlib.Path) -> bytes:
    """What is written into a pipe with a name; one that nobody has opened to write is not waited for."""
    stream = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        first = _first_piece(stream)
        os.set_blocking(stream, True)
        pieces = [first]
        while first and sum(map(len, pieces)) <= MAX_BYTES and (piece := os.read(stream, MAX_BYTES)):
            pieces.append(piece)
        return b"".join(pieces)[: MAX_BYTES + 1]
    finally:
        os.close(stream)


def _first_piece(stream: int) -> bytes:
    """The first bytes of a pipe that does not block: without any it ends where nobody writes, or waits."""
    from select import select
    from time import monotonic, sleep

    until = monotonic() + PATIENCE
    while True:
        try:
            piece = os.read(stream, MAX_BYTES)
        except BlockingIOError:  # somebody will write
            select([stream], [], [])
            continue
        if piece or monotonic() > until:
            break
        sleep(0.01)
    if not piece:
        raise ValueError("this is a pipe, and nobody writes into it")
    return piece


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
