"""A file as it was at a revision of git: ``net.yaml@main``, ``net.yaml@HEAD~1``."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.errors import Place, Problem, SpecError
from archcalc.source.limits import MAX_BYTES
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

REVISION = re.compile(r"(?P<file>[^\0]+?\.(?:ya?ml|json))@(?P<revision>[^\0]+)", re.DOTALL)
SECONDS = 30
"""That git may take."""


class Revision(NamedTuple):
    """A file and a revision of its repository."""

    file: str
    revision: str


def revision_meant(source: str) -> Revision | None:
    """The revision that a SPEC argument means; None: it is a file, or has another form."""
    match = REVISION.fullmatch(source)
    if match is None or os.path.exists(source):  # noqa: PTH110  unlike pathlib it answers for any text
        return None
    return Revision(match["file"], match["revision"])


def content_at(meant: Revision) -> bytes:
    """The bytes of a file at a revision, read from the objects of its repository: nothing is checked out.

    Raises:
        SpecError: there is no repository, no such revision, or no such file in it.
    """
    file, revision = meant
    if revision.startswith("-"):
        raise _refused(f"{file}@{revision}", "a revision does not begin with '-'", "")
    shown = f"{file}@{revision}".encode("utf-8", "backslashreplace").decode()
    folder, name = _existing(Path(file))
    commit = _git(
        folder, shown, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if commit is None:
        _git(folder, shown, "rev-parse", "--git-dir", missing=f"{file} is in no git repository")
        raise _refused(
            shown, f"there is no revision {revision!r}", "`git log --oneline -- FILE` lists those of a file"
        )
    blob = f"{commit.decode().strip()}:./{name}"
    size = _git(folder, shown, "cat-file", "-s", blob)
    if size is None:
        raise _refused(
            shown,
            f"there is no file {file} at the revision {revision!r}",
            "`git log --follow -- FILE` tells where it comes from",
        )
    if int(size) > MAX_BYTES:
        raise _refused(shown, f"the file has {int(size):,} bytes, more than {MAX_BYTES:,}", "")
    content = _git(folder, shown, "cat-file", "blob", blob)
    if content is None:
        raise _refused(shown, f"{file} is no file at the revision {revision!r}", "")
    return content


def _existing(file: Path) -> tuple[Path, str]:
    """The nearest folder that there is now, and the way from it to the file."""
    folder = file.parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder, file.relative_to(folder).as_posix()


def _git(folder: Path, shown: str, *words: str, missing: str = "") -> bytes | None:
    """What git says; None where it refuses, or the error ``missing``."""
    import subprocess

    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    command: Sequence[str] = ("git", "--no-pager", *words)
    try:
        done = subprocess.run(  # noqa: S603  no shell; what was typed stands behind --end-of-options or a commit's number
            command,
            cwd=folder,
            env={**os.environ, **quiet},
            capture_output=True,
            check=False,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise _refused(shown, "a revision needs git, which is not installed", "") from None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise _refused(shown, f"git does not answer: {error}", "") from None
    if done.returncode == 0:
        return done.stdout
    if missing:
        raise _refused(shown, missing, "")
    return None


def _refused(shown: str, what: str, hint: str) -> SpecError:
    return SpecError([Problem(Place(shown), "", what, hint)])
