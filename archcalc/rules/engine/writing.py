"""A changed text: as a difference, and back into its file."""

import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIG_DFL, SIGTERM, signal
from tempfile import mkstemp
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

from archcalc.printable import cleaned, guarded, one_line
from archcalc.source.files import bytes_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

MARK = b"\xef\xbb\xbf"
"""A byte order mark, which stays where there is one."""
PREFIX = ".archcalc-"
"""What names of files begin with that are not whole yet."""
ENDING = (SIGTERM,)
"""Signals that end a process and can be waited for: a signal of Ctrl-C is an exception already."""


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


def overwrite(source: str, before: str, after: str) -> None:
    """Put a text into a file, all of it or nothing; its owner, its mode and what else is said of it stay.

    A new file takes the old one's name in one step, so that there is no moment with half a text. It is not
    done where that would change more than the text: through a link that leads out of its folder, on a file
    with several names (hard links), which would part, and on one that is read-only or another user's.

    Raises:
        OSError: it cannot be written, must not, or has changed since it was read.
    """
    path = _meant(source)
    status = path.stat()
    _refuse_unfit(status)
    content = bytes_of(path)
    mark = MARK if content.startswith(MARK) else b""
    if content != mark + before.encode():
        raise OSError("it has changed meanwhile")
    for unnamed in (True, False):
        with _beside(path, unnamed=unnamed) as new:
            new.write(mark + after.encode())
            _take_over(path, status, new.file)
            name = new.named()
            if name is not None:
                name.replace(path)
                return


def _meant(source: str) -> Path:
    """The file itself, through links that stay in their folder or in that of the run."""
    path, here = Path(os.path.realpath(source)), Path(os.path.realpath("."))
    written = Path(os.path.normpath(here / source))
    beside = Path(os.path.realpath(written.parent))
    linked = written.is_symlink() or (written.is_relative_to(here) and path != written)
    inside = path.is_relative_to(here) or (written.is_symlink() and path.is_relative_to(beside))
    if linked and not inside:
        raise OSError(f"it is a link out of its folder: name {path} itself")
    return path


def _refuse_unfit(status: os.stat_result) -> None:
    """Refuse what a new file in its place would do more to than change the text."""
    if not status.st_mode & 0o222:  # root could: but somebody has said that it is not to be changed
        raise OSError("it is read-only: allow it to be written (chmod u+w)")
    if status.st_nlink > 1:
        raise OSError(f"it has {status.st_nlink} names (hard links), which would part: write one by hand")


def _take_over(path: Path, status: os.stat_result, new: int | Path) -> None:
    """Give a new file, open or by its name, the owner, the mode and the attributes of the old one."""
    own = os.stat(new)  # noqa: PTH116  it may have no name
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(new, status.st_uid, status.st_gid)
        except OSError:
            raise OSError("it belongs to another user or group, and would be yours then") from None
    for name in os.listxattr(path) if hasattr(os, "listxattr") else ():
        with suppress(OSError):  # some are the system's own
            os.setxattr(new, name, os.getxattr(path, name))
    os.chmod(new, status.st_mode & 0o7777)  # noqa: PTH101  as above


class _New:
    """A new file in a folder, which has no name until it is whole, where the system can do that.

    Args:
        folder: where it is.
        unnamed: whether it may begin without a name.

    Whoever ends the process before that leaves nothing behind; without such files, one under a name that
    nobody has, so that what else is there is never touched.
    """

    def __init__(self, folder: Path, *, unnamed: bool) -> None:
        self._folder = folder
        self.name: Path | None = None
        opened = _unnamed(folder) if unnamed else None
        if opened is None:
            opened, name = mkstemp(prefix=PREFIX, dir=folder)  # opened with O_EXCL
            self.name = Path(name)
        self._opened = opened

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
            # Known before it is there: whoever ends the process in between takes it away.
            self.name = self._folder / f"{PREFIX}{os.urandom(8).hex()}"
            try:
                # With a folder, which a whole path does not need, Python follows the link to the file itself.
                os.link(f"/proc/self/fd/{self._opened}", self.name, src_dir_fd=self._opened)
            except OSError:
                return None
        return self.name

    def end(self) -> None:
        """Let go of it; what has not taken another name is gone."""
        if self.name is not None:
            self.name.unlink(missing_ok=True)
        os.close(self._opened)


def _unnamed(folder: Path) -> int | None:
    """A file without a name, open; None: the system has none."""
    flags = getattr(os, "O_TMPFILE", 0)
    with suppress(OSError):
        return os.open(folder, os.O_RDWR | flags, 0o600) if flags and Path("/proc/self/fd").exists() else None
    return None


@contextmanager
def _beside(path: Path, *, unnamed: bool) -> "Generator[_New]":
    """A new file in the folder of another one, which is gone at the end, and at a signal to end too."""
    made: list[_New] = []

    def end(number: int, _frame: object) -> None:
        for new in made:
            new.end()
        signal(number, SIG_DFL)
        os.kill(os.getpid(), number)

    before = {number: signal(number, end) for number in ENDING} if current_thread() is main_thread() else {}
    try:
        made.append(_New(path.parent, unnamed=unnamed))
        yield made[0]
    finally:
        for new in made:
            new.end()
        for number, handler in before.items():
            signal(number, handler)
