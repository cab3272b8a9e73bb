"""Runs the real command line, in this process or in a fresh one."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from archcalc.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Ran(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def run(capsys: "pytest.CaptureFixture[str]", *arguments: str) -> Ran:
    """The command in this process."""
    code = 0
    try:
        main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    out, err = capsys.readouterr()
    return Ran(code, out, err)


def run_fresh(*arguments: str, stdin: str | bytes = "", cwd: "Path | None" = None, **environment: str) -> Ran:
    """The command in a process of its own, with a pipe for output."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", *arguments],
        input=given,
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=60,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
