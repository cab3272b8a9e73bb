"""Options and surroundings of the test run."""

import os

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from tests.samples import VARIABLE

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side, and torch's tensors here are small
os.environ["ARCHCALC_CACHE"] = "off"  # what the user keeps is not the tests'


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-golden`` writes the files of expected output anew; look at the difference before a commit.

    ``--thorough`` looks at all random samples, networks and files of which the usual run takes a share.
    """
    parser.addoption("--write-golden", action="store_true", help="write the expected outputs anew")
    parser.addoption("--thorough", action="store_true", help="look at all samples, not at a share of them")


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is read: numbers of samples stand in their decorators.

    The usual run draws the same samples wherever it runs and however its tests are spread; a thorough one
    draws new ones each time.
    """
    if config.getoption("--thorough"):
        os.environ[VARIABLE] = "1"
        return
    settings.register_profile("usual", derandomize=True, database=None)
    settings.load_profile("usual")
    # Hypothesis mixes in constants of the modules that a process happens to have loaded.
    if hasattr(providers, "_get_local_constants"):
        none = Constants()
        setattr(providers, "_get_local_constants", lambda: none)  # noqa: B010  mypy knows no such name


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """However wide the terminal is in which the tests run, output is that of a pipe."""
    monkeypatch.delenv("COLUMNS", raising=False)
