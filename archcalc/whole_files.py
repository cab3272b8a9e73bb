"""Files that are written whole or not at all: a full disk, or an end on the way, leaves no half of one."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIG_DFL, SIGTERM, signal
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

PREFIX = ".archcalc-"
"""What names of files begin with that are not whole yet."""
LEFT = PREFIX + "[0-9a-f]" * 16
"""A pattern of their names: what a process that was killed has left."""
ENDING = (SIGTERM,)
"""Signals that end a process and can be waited for: a signal of Ctrl-C is an exception already."""


def put(
    path: Path, content: bytes, *, private: bool = False, ready: "Callable[[int | Path], None] | None" = None
) -> None:
    """Put this into a file, in the place of one that is there, in one step.

    Args:
        path: of the file.
        content: all of it.
        private: whether nobody else may read it.
        ready: what else is done with the new file, open or by its name, before it is in its place.

    Raises:
        OSError, ValueError: it cannot be written; what was there is as it was.
    """
    for unnamed in (True, False):
        free = path.with_name(f"{PREFIX}{os.urandom(8).hex()}")
        with _opened(free, unnamed=unnamed, mode=0o600 if private else 0o666) as new:
            new.write(content)
            if ready is not None:
                ready(new.file)
            name = new.named()
            if name is not None:
                new.close()  # Windows gives no other name to an open file
                name.replace(path)
                return


def put_new(path: Path, content: bytes) -> None:
    """Put this into a file that is not there yet; between looking and writing nobody can be.

    Raises:
        OSError, ValueError: it cannot be written, and is not there; FileExistsError: it is there already.
    """
    for unnamed in (True, False):
        with _opened(path, unnamed=unnamed, mode=0o666) as new:
            new.write(content)
            if new.stays():
                return


class _New:
    """A new file, which has no name until it is whole, where the system can do that.

    Args:
        free: its name, which nobody has, so that what else is there is never touched.
        unnamed: whether it may begin without it.
        mode: who may do what with it.

    Whoever ends the process before that leaves nothing behind; without such files, one under its name.
    """

    def __init__(self, free: Path, *, unnamed: bool, mode: int) -> None:
        self._free = free
        self.name: Path | None = None
        opened = _unnamed(free.parent, mode) if unnamed else None
        if opened is None:
            opened = os.open(free, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
            self.name = free
        self._opened, self._is_open = opened, True

    @property
    def file(self) -> int | Path:
        """It, for what takes an open file or a name."""
        return self.name or self._opened

    def write(self, content: bytes) -> None:
        """Put all of this into it."""
        with open(self._opened, "wb", closefd=False) as stream:
            stream.write(content)

    def named(self) -> Path | None:
        """Its name, which it has from now on; None: the folder gives none to such a file."""
        if self.name is None:
            self.name = self._free  # known before it is there: whoever ends the process takes it away
            try:
                _link(self._opened, self.name)
            except OSError:
                return None
        return self.name

    def stays(self) -> bool:
        """Have it stay, under its name; False: the folder gives it none.

        Raises:
            FileExistsError: somebody has this name.
        """
        if self.name is None:
            try:
                _link(self._opened, self._free)
            except FileExistsError:
                raise
            except OSError:
                return False
        self.name = None
        return True

    def close(self) -> None:
        """Write no more into it."""
        if self._is_open:
            self._is_open = False
            os.close(self._opened)

    def end(self) -> None:
        """Let go of it; what has not taken another name is gone."""
        self.close()
        if self.name is not None:
            self.name.unlink(missing_ok=True)


def _link(opened: int, name: Path) -> None:
    """Give an open file that has no name this one, which must be free."""
    # With a folder, which a whole path does not need, Python follows the link to the file itself.
    os.link(f"/proc/self/fd/{opened}", name, src_dir_fd=opened)


def _unnamed(folder: Path, mode: int) -> int | None:
    """A file without a name, open; None: the system has none."""
    flags = getattr(os, "O_TMPFILE", 0)
    with suppress(OSError):
        return os.open(folder, os.O_RDWR | flags, mode) if flags and Path("/proc/self/fd").exists() else None
    return None


@contextmanager
def _opened(free: Path, *, unnamed: bool, mode: int) -> "Generator[_New]":
    """A new file, which is gone at the end, and at a signal to end too, but for one that stays."""
    made: list[_New] = []

    def end(number: int, _frame: object) -> None:
        for new in made:
            new.end()
        signal(number, SIG_DFL)
        os.kill(os.getpid(), number)

    before = {number: signal(number, end) for number in ENDING} if current_thread() is main_thread() else {}
    try:
        made.append(_New(free, unnamed=unnamed, mode=mode))
        yield made[0]
    finally:
        for new in made:
            new.end()
        for number, handler in before.items():
            signal(number, handler)
