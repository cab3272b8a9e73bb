"""Patterns of ``[tool.archcalc]``: which files they mean, and which are refused."""

import os
from typing import TYPE_CHECKING

import pytest

from archcalc.rules.settings import forget_settings
from tests.cli.running import run
from tests.rules.specs import BIAS, GOOD
from tests.rules.test_check_command import places

if TYPE_CHECKING:
    from pathlib import Path

    Capsys = pytest.CaptureFixture[str]

ALL = ("a/b/n.yaml", "a/n.yaml", "b/n.yaml", "n.yaml")
MEANT: dict[str, tuple[str, ...]] = {
    "n.yaml": ALL,
    "**/n.yaml": ALL,
    "**": ALL,
    "./n.yaml": ("n.yaml",),
    ".\\n.yaml": ("n.yaml",),
    "*/n.yaml": ("a/b/n.yaml", "a/n.yaml", "b/n.yaml"),
    "b": ("a/b/n.yaml", "b/n.yaml"),
    "b/": ("a/b/n.yaml", "b/n.yaml"),
    "./b/": ("b/n.yaml",),
    "b/n.yaml": ("b/n.yaml",),
    "a\\n.yaml": ("a/n.yaml",),
    "a/./n.yaml": ("a/n.yaml",),
    "a//n.yaml": ("a/n.yaml",),
    "a/**": ("a/b/n.yaml", "a/n.yaml"),
    "a/**/n.yaml": ("a/b/n.yaml", "a/n.yaml"),
    "a/**/**/n.yaml": ("a/b/n.yaml", "a/n.yaml"),
    "**/b/**/n.yaml": ("a/b/n.yaml", "b/n.yaml"),
    "**/b": ("a/b/n.yaml", "b/n.yaml"),
    "a/*.yaml": ("a/b/n.yaml", "a/n.yaml"),
    "**/.yaml": (),
    "gone": (),
}
REFUSED = {
    "": "names no file and no folder",
    " ": "names no file and no folder",
    "./": "names no file and no folder",
    "/n.yaml": "begins at the top of the disk",
    "C:\\n.yaml": "begins at the top of the disk",
    "../n.yaml": "goes out of a folder by ..",
    "a/../n.yaml": "goes out of a folder by ..",
    "!n.yaml": "begins with !",
}


@pytest.fixture(autouse=True)
def _settings_of_each(tmp_path: "Path", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    forget_settings()


@pytest.mark.parametrize("setting", ["exclude = ['%s']", "per-file-ignores = {'%s' = ['AC3'], 'x' = []}"])
@pytest.mark.parametrize("pattern", MEANT)
def test_patterns_mean_what_they_mean_elsewhere(
    pattern: str, setting: str, tmp_path: "Path", capsys: "Capsys"
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    for name in ALL:
        (tmp_path / name).write_text(BIAS, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(f"[tool.archcalc]\n{setting % pattern}\n", encoding="utf-8")
    ran = run(capsys, "check")
    assert {place.split(":")[0].replace(os.sep, "/") for place in places(ran)} == {*ALL} - {*MEANT[pattern]}
    assert not ran.err


@pytest.mark.parametrize(
    "setting", ["exclude = ['%s']", "include = ['%s']", "per-file-ignores = {'%s' = []}"]
)
@pytest.mark.parametrize("pattern", REFUSED)
def test_a_pattern_that_nothing_can_fit_is_refused(
    setting: str, pattern: str, tmp_path: "Path", capsys: "Capsys"
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.archcalc]\n{setting % pattern}\n", encoding="utf-8")
    (tmp_path / "n.yaml").write_text(GOOD, encoding="utf-8")
    ran = run(capsys, "check")
    assert ran.code == 2
    key = setting.partition(" ")[0]
    assert f"pyproject.toml: {key}: the pattern {pattern!r} {REFUSED[pattern]}" in ran.err
    assert "write a name (third_party), or a path from the folder of this file" in ran.err
