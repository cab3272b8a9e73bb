"""The first hour in the docs is what a person sees: its files are written and its commands run, in order."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

PAGE = Path(__file__).parent.parent / "docs" / "first_hour.md"
BLOCK = re.compile(r"```(yaml|console)\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^\$ archcalc (.*)$", re.MULTILINE)
COLUMNS = "100"


def transcript(text: str, capsys: "pytest.CaptureFixture[str]") -> str:
    """The page with what its commands print here; a file is written where its block stands."""

    def block(found: "re.Match[str]") -> str:
        kind, inner = found[1], found[2]
        if kind == "yaml":
            name = re.match(r"# (\S+\.yaml)\n", inner)
            assert name is not None, inner
            Path(name[1]).write_text(inner, encoding="utf-8")
            return found[0]
        return f"```console\n{''.join(session(COMMAND.findall(inner), capsys))}```"

    return BLOCK.sub(block, text)


def session(commands: list[str], capsys: "pytest.CaptureFixture[str]") -> "Iterator[str]":
    """Every command with its output, its errors, and the exit code where it is not 0."""
    for command in commands:
        ran = run(capsys, *command.split())
        yield f"$ archcalc {command}\n{ran.out}{ran.err}"
        if ran.code:
            yield f"[exit {ran.code}]\n"


def test_the_first_hour_is_what_the_commands_print(
    tmp_path: Path,
    capsys: "pytest.CaptureFixture[str]",
    monkeypatch: "pytest.MonkeyPatch",
    request: "pytest.FixtureRequest",
) -> None:
    shown = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", COLUMNS)
    found = transcript(shown, capsys)
    if request.config.getoption("--write-golden"):
        PAGE.write_text(found, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == found
    assert len(COMMAND.findall(found)) >= 12
