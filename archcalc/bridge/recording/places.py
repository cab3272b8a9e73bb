"""Where in the user's Python something is built or called."""

import sys
from collections.abc import Iterator
from os import sep
from pathlib import Path
from types import FrameType

import torch

from archcalc.errors import Place

PACKAGES = ("site-packages", "dist-packages")
MAX_FRAMES = 200
OUTSIDE = "run_once"
"""The function of archcalc that builds and runs: what called it is no part of the network."""
SourceLine = tuple[str, int]
"""File and line."""


class PythonLines:
    """Finds the line of the user's code among the frames of Python.

    It is the innermost one in the home of the factory (its package, or the folder of its file); else the
    innermost one outside of torch and archcalc.

    Args:
        written: ``package.module:factory``, which is imported by now.
    """

    def __init__(self, written: str) -> None:
        self.home = _home(written.partition(":")[0])
        self.theirs = (f"{Path(__file__).parents[2]}{sep}", f"{Path(torch.__file__).parent}{sep}", "<frozen ")
        self.seen: dict[str, int] = {}

    def calling(self, skip: object = None) -> SourceLine | None:
        """The line that is being run.

        Args:
            skip: the frames of this object's own ``__init__`` are left out: it is built by who calls them.
        """
        first: SourceLine | None = None
        for frame in _frames(sys._getframe(1)):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the stack itself
            if frame.f_code.co_name == OUTSIDE and frame.f_code.co_filename.startswith(self.theirs):
                return first
            kind = self._kind(frame.f_code.co_filename)
            if not kind or (skip is not None and _builds(frame, skip)):
                continue
            if kind == 2:  # noqa: PLR2004  home
                return frame.f_code.co_filename, frame.f_lineno
            first = first or (frame.f_code.co_filename, frame.f_lineno)
        return first

    def of(self, error: BaseException) -> SourceLine | None:
        """The line that an error came from."""
        lines: list[SourceLine] = []
        trace = error.__traceback__
        while trace is not None:
            lines.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        kinds = [(self._kind(line[0]), line) for line in reversed(lines)]
        home = [line for kind, line in kinds if kind > 1]
        return next(iter(home or [line for kind, line in kinds if kind]), None)

    def _kind(self, file: str) -> int:
        """2: at home; 1: somewhere else; 0: torch, archcalc, or what imports."""
        if file not in self.seen:
            inside = bool(self.home) and file.startswith(self.home)
            if inside and not any(name in self.home for name in PACKAGES):
                inside = not any(name in file for name in PACKAGES)
            theirs = file.startswith((*self.theirs, "<")) or "importlib" in file
            self.seen[file] = 2 if inside else int(not theirs)
        return self.seen[file]


def line_place(line: SourceLine | None) -> Place | None:
    """The line as reports have it: from the working directory where the file is in it."""
    if line is None:
        return None
    here = f"{Path.cwd()}{sep}"
    return Place(line[0].removeprefix(here), line[1], 1)


def _home(module: str) -> str:
    top = sys.modules.get(module.partition(".")[0])
    file = getattr(top, "__file__", None)
    if file:
        return f"{Path(file).resolve().parent}{sep}"
    folders = list(getattr(top, "__path__", []))
    return f"{Path(folders[0]).resolve()}{sep}" if folders else ""


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    for _ in range(MAX_FRAMES):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def _builds(frame: FrameType, built: object) -> bool:
    code = frame.f_code
    return (
        code.co_name == "__init__"
        and bool(code.co_varnames)
        and frame.f_locals.get(code.co_varnames[0]) is built
    )
