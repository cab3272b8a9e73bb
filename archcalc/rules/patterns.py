"""Patterns of ``[tool.archcalc]`` for files and folders, from the folder of the pyproject.toml."""

import os
import re
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.errors import Fault, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KNOWN = 10_000
"""Files and folders of which it is kept whether they fit."""
ABSOLUTE = re.compile(r"/|[A-Za-z]:/")
"""How paths begin that do so at the top of a disk."""
FORMS = (
    "write a name (third_party), or a path from the folder of this file (./net.yaml, old/*.yaml, **/net.yaml)"
)


def pattern_of(written: str) -> str:
    """A pattern as ``fits`` takes it: a name, or a path, with ``/`` in it; without ``.`` and a last ``/``.

    Raises:
        Fault: no file below the folder can fit it.
    """
    path = written.replace("\\", "/")
    steps = [step for step in path.split("/") if step.strip() not in {"", "."}]
    if not steps:
        reason = "names no file and no folder"
    elif ABSOLUTE.match(path):
        reason = "begins at the top of the disk, where nothing is sought: ./ is the folder of this file"
    elif ".." in steps:
        reason = "goes out of a folder by .., and nothing is sought there"
    elif steps[0].startswith("!"):
        reason = "begins with !, which takes back no other pattern here; [!] stands for such a name"
    else:
        return "/".join(("", *steps) if path.startswith("./") else steps)
    raise Fault(f"the pattern {shortened(repr(written))} {reason}", hint=FORMS)


def fits(path: Path, folder: Path, patterns: "Sequence[str]") -> bool:
    """Whether a path, a folder on the way, or the name of one, fits a pattern; ``*`` matches ``/`` too."""
    if not patterns:
        return False
    try:
        steps = Path(os.path.abspath(path)).relative_to(folder).parts  # noqa: PTH100  without `..`, links as named
    except ValueError:
        return False
    ways = ("/".join(steps[: end + 1]) for end in range(len(steps)))
    return any(_fits(way, step, tuple(patterns)) for way, step in zip(ways, steps, strict=True))


@lru_cache(KNOWN)
def _fits(way: str, step: str, patterns: tuple[str, ...]) -> bool:
    """Whether the way to a file or folder, or its name, fits: of all that is below one it is asked once."""
    names, paths = _compiled(patterns)
    texts = [os.path.normcase(text) for text in (way, step)]
    doubled = os.path.normcase(_doubled(way.split("/")))
    return any(fit(text) for text in texts for fit in names) or any(fit(doubled) for fit in paths)


@lru_cache(KNOWN)
def _compiled(patterns: tuple[str, ...]) -> "tuple[list[Callable[[str], object]], ...]":
    """The patterns that are names, and those that are paths, as functions; ``fnmatch`` keeps but a few."""
    names = [pattern for pattern in patterns if "/" not in pattern]
    paths = [_doubled(pattern.lstrip("/").split("/")) for pattern in patterns if "/" in pattern]
    return tuple(
        [re.compile(translate(os.path.normcase(text))).match for text in texts] for texts in (names, paths)
    )


def _doubled(steps: "Sequence[str]") -> str:
    """A path with a ``/`` on both sides of each step, but at its end: ``**`` between may then be nothing."""
    whole = "".join("*" if step == "**" else f"/{step}/" for step in steps)
    return whole.removesuffix("/")
