"""Modules that wait until something is asked of them."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Barrier
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

import pytest

from archcalc.postponed import SELDOM_ASKED, Postponed, postpone

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITTEN = """
import time

reads.append(__name__)
time.sleep(0.05)
value = 3


def twice(number, *, more=0):
    return 2 * number + more


def __getattr__(name):
    if name == "made":
        return "made when asked for"
    raise AttributeError(name)
"""
NAME = "archcalc_waits"


@pytest.fixture
def reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[list[str]]":
    """What has been read of a module called ``NAME``, which waits."""
    (tmp_path / f"{NAME}.py").write_text(WRITTEN)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found: list[str] = []
    monkeypatch.setattr("builtins.reads", found, raising=False)
    postpone({NAME: ("twice",)})
    yield found
    sys.modules.pop(NAME)


def test_an_import_reads_nothing_and_a_name_reads_all(reads: list[str]) -> None:
    module = import_module(NAME)
    assert import_module(NAME) is module
    assert (type(module), reads) == (Postponed, [])
    assert (module.value, type(module), reads) == (3, ModuleType, [NAME])
    assert module.made == "made when asked for"
    with pytest.raises(AttributeError, match="missing"):
        _ = module.missing
    assert reads == [NAME]


def test_a_name_that_it_has_not_is_an_error_at_once(reads: list[str]) -> None:
    assert not hasattr(import_module(NAME), "missing")
    assert reads == [NAME]


def test_a_function_can_be_taken_and_is_read_when_it_is_called(reads: list[str]) -> None:
    twice = __import__(NAME, fromlist=["twice"]).twice  # which is what `from` calls
    assert not reads
    assert (twice(3), twice(3, more=1), reads) == (6, 7, [NAME])
    assert import_module(NAME).twice is not twice, "from here on it is the module's own"


def test_a_module_within_a_package_is_found_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "archcalc_holds"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text("value = 5")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    postpone({"archcalc_holds.inner": ()})
    inner = sys.modules["archcalc_holds.inner"]
    assert (type(inner), import_module("archcalc_holds").inner) == (Postponed, inner)
    assert inner.value == 5
    for name in ("archcalc_holds", "archcalc_holds.inner"):
        del sys.modules[name]


def test_threads_wait_for_the_one_that_reads(reads: list[str]) -> None:
    module, together = import_module(NAME), Barrier(8)

    def ask(_: int) -> object:
        together.wait()
        return module.value

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [3] * 8
    assert reads == [NAME]


def test_what_is_imported_already_or_is_not_there_is_let_be() -> None:
    before = sys.modules["subprocess"]
    postpone({"subprocess": (), "no_module_of_this_name": ()})
    assert sys.modules["subprocess"] is before
    assert "no_module_of_this_name" not in sys.modules


@pytest.mark.parametrize("name", SELDOM_ASKED)
def test_what_waits_has_the_functions_that_are_said_of_it(name: str) -> None:
    for function in SELDOM_ASKED[name]:
        assert isinstance(getattr(import_module(name), function), FunctionType)


@pytest.mark.parametrize("words", [("summary", "lenet5"), ("check", "lenet5"), ("--version",)], ids=" ".join)
def test_a_command_reads_none_of_them(words: tuple[str, ...]) -> None:
    """Python tells what it reads, each module behind a bar; of those that wait it tells at the first name."""
    telling = [sys.executable, "-X", "importtime", "-m", "archcalc", *words]
    # Python's own idea of the environment: readline, which pytest loads, sets COLUMNS behind its back.
    piped = dict(os.environ)
    done = subprocess.run(telling, capture_output=True, text=True, check=True, env=piped)
    read = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "archcalc.cli.app" in read
    theirs = read & {"_hashlib", "_random", "_csv", "selectors", "bz2", "email.message"}
    assert not theirs, f"which {', '.join(SELDOM_ASKED)} import"
