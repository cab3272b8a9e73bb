"""A file or standard input to its text."""

import os
import pathlib
import stat
import sys
from typing import BinaryIO, cast

from archcalc.errors import SpecError
from archcalc.source.limits import MAX_BYTES, TOO_LARGE
from archcalc.source.messages import refusal
from archcalc.source.spots import spot_at

PATIENCE = 0.5
"""Seconds that may pass before a pipe is opened to write into."""
SAVE = "save the file as UTF-8 text"


def bytes_of(source: str | pathlib.Path, most: int = MAX_BYTES) -> bytes:
    """At most one byte more than is allowed, so that an endless source ends too.

    Raises:
        OSError, ValueError: it cannot be read, or may never end: a device, a pipe that nobody writes into.
    """
    if str(source) != "-":
        if stat.S_ISFIFO(pathlib.Path(source).stat().st_mode):
            return _piped(pathlib.Path(source), most)
        return file_bytes(source, most)
    binary = getattr(sys.stdin, "buffer", None)
    if binary is None:
        raise ValueError("standard input is closed")
    return cast("bytes", binary.read(most + 1))


def file_bytes(path: str | pathlib.Path, most: int) -> bytes:
    """What ``bytes_of`` reads of a file; a pipe is none.

    Raises:
        OSError, ValueError: it cannot be read, or is no file.
    """
    with stream_of(path) as stream:
        return _ready(stream.read(most + 1))


def stream_of(path: str | pathlib.Path) -> BinaryIO:
    """A file to read from, which is one; reading it waits for nothing, whatever the system has behind it.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no file.
    """
    refuse_endless(pathlib.Path(path).stat().st_mode)  # whoever writes into a pipe would see it opened
    stream = open(path, "rb", opener=_unblocked)  # noqa: SIM115  who asks closes it
    refuse_endless(os.fstat(stream.fileno()).st_mode)
    return stream


def _unblocked(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def refuse_endless(mode: int) -> None:
    """Refuse what would be waited for, or never end, when it is opened.

    Args:
        mode: of its status.

    Raises:
        ValueError: it is no file; a folder is refused by who opens it.
    """
    if stat.S_ISFIFO(mode):
        raise ValueError("this is a pipe, not a file")
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ValueError("this is a device or a socket, not a file; - is standard input")


def _ready(read: bytes | None) -> bytes:
    """What was read: a log of the system, which calls itself a file, has nothing where others wait."""
    if read is None:
        raise ValueError("this waits for what is still to be written, and is no file that ends")
    return read


def _piped(path: pathlib.Path, most: int) -> bytes:
    """What is written into a pipe with a name; one that nobody has opened to write is not waited for."""
    stream = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        first = _first_piece(stream)
        os.set_blocking(stream, True)
        pieces = [first]
        while first and sum(map(len, pieces)) <= most and (piece := os.read(stream, MAX_BYTES)):
            pieces.append(piece)
        return b"".join(pieces)[: most + 1]
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
