"""The page on torch modules shows what a person sees: its file is written, and its commands are run."""

import re
import sys
from pathlib import Path

import pytest

from tests.test_first_hour import COLUMNS, COMMAND, session

PAGE = Path(__file__).parents[2] / "docs" / "import.md"
FILE = re.compile(r"```python\n(# (net\.py)\n.*?)```", re.DOTALL)
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_the_page_is_what_the_commands_print(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    shown = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "net", raising=False)
    monkeypatch.setenv("COLUMNS", COLUMNS)
    ((text, name),) = FILE.findall(shown)
    Path(name).write_text(text, encoding="utf-8")
    found = CONSOLE.sub(
        lambda block: f"```console\n{''.join(session(COMMAND.findall(block[1]), capsys))}```", shown
    )
    if request.config.getoption("--write-golden"):
        PAGE.write_text(found, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == found
    assert len(COMMAND.findall(found)) == 3
