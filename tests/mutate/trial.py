"""Run tests against a changed copy of the tree, in a process of its own that dies with the copy."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.mutate.mutant import PACKAGE, ROOT, Mutant

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

COPIED = (PACKAGE, "tests", "specs", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")
SECONDS = 600.0
"""A change that makes the tests go on for ever is noticed too."""
LIBRARIES = ("torch", "hypothesis", "torch_geometric.nn", "pydantic", "yaml")
"""Loaded once, before the processes part."""
WORDS = {int(pytest.ExitCode.OK): "SURVIVES", int(pytest.ExitCode.TESTS_FAILED): "noticed"}
FORK = get_context("fork")


class Verdict(NamedTuple):
    """How one trial ended.

    Args:
        word: "noticed", "SURVIVES", "endless" where the tests had to be ended, which is as good as noticed,
            or "NOT RUN".
        seconds: how long it took.
        log: what pytest printed.
    """

    word: str
    seconds: float
    log: str


class Trial:
    """Tests that run against a copy of the tree, with a mutant in it or without."""

    def __init__(self, mutant: Mutant | None, tests: Sequence[str]) -> None:
        self.mutant = mutant
        self.begun, self.ended = monotonic(), False
        self.place = tempfile.TemporaryDirectory(prefix="mutant-")
        self.process: BaseProcess = FORK.Process(target=_run, args=(self.place.name, mutant, tuple(tests)))
        self.process.start()

    @property
    def over(self) -> bool:
        """Whether it has ended, or been ended for its length."""
        if self.process.is_alive() and monotonic() - self.begun > SECONDS:
            self.ended = True
            self.process.kill()
            self.process.join()
        return not self.process.is_alive()

    def verdict(self) -> Verdict:
        """What came of it, once it is over; the copy is gone then."""
        code = self.process.exitcode
        log = Path(self.place.name, "log")
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        self.place.cleanup()
        word = WORDS.get(-1 if code is None else code, "NOT RUN")
        return Verdict("endless" if self.ended else word, monotonic() - self.begun, text)


def _run(place: str, mutant: Mutant | None, tests: tuple[str, ...]) -> None:
    """In the new process: copy, change, and run pytest on the copy alone."""
    copy = Path(place, "tree")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns(".hypothesis"))
        else:
            shutil.copy2(source, copy / name)
    if mutant is not None:
        changed = copy / mutant.file
        changed.write_text(mutant.applied(changed.read_text(encoding="utf-8")), encoding="utf-8")
    _move(copy)
    with Path(place, "log").open("w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        options = ("-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "--tb=short", "--thorough")
        _without_shrinking()
        code = pytest.main([*options, *tests])
    os._exit(int(code))


def _without_shrinking() -> None:
    """Any example that fails will do, however long it is."""
    from hypothesis import Phase, settings

    settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate), database=None)
    settings.load_profile("mutants")


def _move(copy: Path) -> None:
    """Let this process, and those that it starts, know no other tree."""
    here = {"", str(ROOT), str(Path.cwd())}
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)
    sys.path[:] = [str(copy), *(path for path in sys.path if path not in here)]
    for name in [name for name in sys.modules if name.split(".")[0] in (PACKAGE, "tests")]:
        del sys.modules[name]
