"""Looks again whenever a file is saved: asks for the times of change, and needs nothing installed."""

from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    State = tuple[tuple[str, tuple[int, int, int] | None], ...]

INTERVAL = 0.5
"""Seconds between two looks at the files."""


def changes(state: "Callable[[], object]") -> "Iterator[None]":
    """One item at once, and one more whenever the state is another one than before the last item."""
    seen: object = None
    while True:
        now = state()  # before the item: what is saved while somebody works on it is another change
        if now != seen:
            yield
        else:
            sleep(INTERVAL)
        seen = now


def saved(paths: "Iterable[Path]") -> "State":
    """Of every path that is a file: when it was saved last, its size, and which file it is."""
    return tuple((str(path), _stamp(path)) for path in sorted(set(paths)))


def _stamp(path: Path) -> "tuple[int, int, int] | None":
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
