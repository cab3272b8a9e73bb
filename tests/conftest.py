"""Options and surroundings of the test run."""

import os

import pytest

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
    """Before any test is read: numbers of samples stand in their decorators."""
    if config.getoption("--thorough"):
        os.environ[VARIABLE] = "1"


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """However wide the terminal is in which the tests run, output is that of a pipe."""
    monkeypatch.delenv("COLUMNS", raising=False)
