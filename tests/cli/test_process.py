"""A process of its own: what it leaves behind is whole, and it ends at once where nobody waits for it."""

import subprocess
import sys
from io import StringIO

import pytest

from archcalc.cli import commands, main
from tests.cli.running import run, run_fresh

ENDS = """
import atexit, sys
from archcalc.__main__ import start
atexit.register(print, "ended as Python ends")
{before}
sys.argv = ["archcalc", *{words!r}]
start()
"""
CODES = {0: ["params", "lenet5"], 1: ["check", "-"], 2: ["params", "no_such_network"]}
FOUND = "inputs: {x: [3, 8, 8]}\nlayers: [{type: Conv2d, out_channels: 3, kernel_size: 3}, BatchNorm2d]\n"


def ended(words: list[str], before: str = "") -> tuple[int, str]:
    code = ENDS.format(before=before, words=words)
    done = subprocess.run(
        [sys.executable, "-c", code], input=FOUND, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("code", CODES)
def test_a_command_ends_at_once_with_its_code(code: int) -> None:
    returned, out = ended(CODES[code])
    assert returned == code
    assert "ended as Python ends" not in out


@pytest.mark.parametrize(
    "before",
    [
        "import multiprocessing",
        "import threading; threading.Thread(target=lambda: __import__('time').sleep(0.5)).start()",
        "sys.stdout.flush = lambda: (_ for _ in ()).throw(OSError())",
    ],
)
def test_python_ends_where_somebody_waits(before: str) -> None:
    returned, out = ended(["--version"], before)
    assert returned == 0 or "flush" in before
    assert "ended as Python ends" in out


def test_all_is_written_before_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("shapes", "resnet152", "--format", "csv")
    assert run_fresh(*words).out == run(capsys, *words).out


def nothing(*_: object) -> None:
    """No value is known."""


def test_what_needs_no_reading_is_what_typer_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[tuple[str, ...], list[tuple[object, str, str]]] = {}
    for known in (commands.read_already, nothing):
        monkeypatch.setattr(commands, "read_already", known)
        for words in (["--format", "json"], ["--format", "jason"], ["--set", "classes=7"], ["--depth", "x"]):
            with pytest.MonkeyPatch.context() as patched, StringIO() as out, StringIO() as err:
                patched.setattr(sys, "stdout", out)
                patched.setattr(sys, "stderr", err)
                with pytest.raises(SystemExit) as end:
                    main(["params", "lenet5", *words])
                said.setdefault(tuple(words), []).append((end.value.code, out.getvalue(), err.getvalue()))
    assert all(ours == typers for ours, typers in said.values())
    assert [ours[0] for ours, _ in said.values()] == [0, 2, 0, 2]
