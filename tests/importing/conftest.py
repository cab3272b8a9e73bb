"""A project with torch modules, in a folder of its own."""

import shutil
import sys
from pathlib import Path

import pytest

from archcalc.rules.settings import forget_settings

PACKAGE = Path(__file__).parent / "planted"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package in a folder of its own, where the command line is, and imports are kept beside it."""
    monkeypatch.setenv("ARCHCALC_CACHE", str(tmp_path / "kept"))
    folder = tmp_path / "project"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in [name for name in sys.modules if name.partition(".")[0] == "planted"]:
        monkeypatch.delitem(sys.modules, name)
    forget_settings()
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the imports of tests that change nothing are kept."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def package(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package where it is, for tests that change nothing: its imports are kept from test to test."""
    monkeypatch.chdir(PACKAGE)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("ARCHCALC_CACHE", str(cache))
    for name in [name for name in sys.modules if name.partition(".")[0] == "planted"]:
        monkeypatch.delitem(sys.modules, name)
    forget_settings()
    return PACKAGE
