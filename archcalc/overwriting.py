"""Files that are written over: what is said of them besides their content stays."""

import os
from contextlib import suppress
from functools import partial
from pathlib import Path

from archcalc.source.files import bytes_of
from archcalc.whole_files import put

MARK = b"\xef\xbb\xbf"
"""A byte order mark, which stays where there is one."""


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
    put(path, mark + after.encode(), private=True, ready=partial(_take_over, path, status))


def put_over(path: Path, content: bytes) -> None:
    """Put this into a file that is named by who wants it written, as ``overwrite`` does, or into a new one.

    One with several names, and one of another user who lets others write it, stay what they are: the content
    is written into them, as a new file in their place would be another one.

    Raises:
        OSError, ValueError: it cannot be written, or must not; what was there is as it was.
    """
    file = Path(os.path.realpath(path))
    if not file.exists():
        put(file, content)
        return
    status = file.stat()
    if status.st_nlink > 1 or status.st_uid != _user(status):
        file.write_bytes(content)
        return
    _refuse_unfit(status)
    put(file, content, private=True, ready=partial(_take_over, file, status))


def _user(status: os.stat_result) -> int:
    """Whose the files are that this process makes; where nobody can say, those of who has this one."""
    return os.geteuid() if hasattr(os, "geteuid") else status.st_uid


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
