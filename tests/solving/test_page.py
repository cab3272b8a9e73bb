"""The page on wanted sizes: its commands print what it says, and its Python runs."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import run

PAGE = (Path(__file__).parent.parent.parent / "docs" / "solve.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ archcalc (.*?)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("line", "text"), SHOWN)
def test_commands_print_what_the_page_shows(line: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, *shlex.split(line))
    assert ran.code == 0
    assert ran.out == text


def test_the_code_prints_what_its_comments_say(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/solve.md", "exec"), {})  # noqa: S102  the page's own code
    told = [line.rpartition("  # ")[2] for line in code.splitlines() if "  # " in line]
    assert len(told) == 4
    assert capsys.readouterr().out.splitlines() == told
