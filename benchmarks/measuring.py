"""Processes and what they took: CPU time and memory, of several commands in turn, so that all meet one load.

This file and what runs it import nothing but the standard library: Linux counts to the peak of a process
what the one had that started it.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

ROOT = Path(__file__).parent.parent
BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024
MAX_SAID = 160


@dataclass(frozen=True)
class Took:
    """What a command took.

    Args:
        seconds: CPU time, of the user and of the system, of its own processes too; the median.
        memory: bytes at its peak, of its largest process; the median.
        said: what it printed, the last time.
        fault: why it has no numbers: the last line of its errors.
    """

    seconds: float = 0.0
    memory: float = 0.0
    said: str = ""
    fault: str = ""


@contextmanager
def compiled() -> "Generator[Mapping[str, str]]":
    """An environment in which bytecode is kept, as behind an installation, whoever wrote the files."""
    with TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        yield {**kept, "PYTHONPYCACHEPREFIX": folder, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def in_turn(
    commands: "Mapping[str, Sequence[str]]", environment: "Mapping[str, str]", rounds: int
) -> "dict[str, Took]":
    """What each takes: once to warm up, then in rounds, one behind the other.

    Args:
        commands: name -> words behind ``python``.
        environment: in which they run.
        rounds: how often; 0: the run that warms up is the only one. What fails is not run again.
    """
    runs: dict[str, list[Took]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, words in commands.items():
            if not any(run.fault for run in runs[name]):
                took = once(words, environment)
                runs[name] = [*runs[name], took] if turn or took.fault or not rounds else []
    return {name: _middle(found) for name, found in runs.items()}


def _middle(runs: "Sequence[Took]") -> Took:
    if runs[-1].fault:
        return runs[-1]
    return Took(median(run.seconds for run in runs), median(run.memory for run in runs), said=runs[-1].said)


def once(words: "Sequence[str]", environment: "Mapping[str, str]") -> Took:
    """What one process takes, and those that it waits for."""
    with TemporaryDirectory() as folder:
        said, errors = Path(folder, "said"), Path(folder, "errors")
        with said.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(  # noqa: S603  its own commands
                [sys.executable, *words], stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=environment
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            lines = errors.read_text(encoding="utf-8", errors="replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), "")
            return Took(fault=(last or f"ended with {process.returncode}")[:MAX_SAID])
        text = said.read_text(encoding="utf-8", errors="replace")
    return Took(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * BYTES_OF_MAXRSS, text)
