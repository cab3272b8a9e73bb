"""The benchmarks run, and say what does not; their figures are for people, and no test judges seconds."""

import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import compiled, in_turn
from benchmarks.sections import COMMANDS, SECTIONS

ROOT = Path(__file__).parent.parent


def titles(text: str) -> list[str]:
    """The headings of the sections."""
    return [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables but their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_quick_run_measures_a_little_of_everything() -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(titles(done.stdout)) == len(SECTIONS)
    found = {row[0]: row[1:] for row in rows(done.stdout)}
    for name in COMMANDS:
        ratio, peak, *faults = found[f"{name} lenet5"]
        assert float(ratio) > 0
        assert 20 < int(peak.removesuffix(" MiB")) < 100, "what measures is smaller than what it measures"
        assert not faults
    assert found["repeated"][0] == found["flat"][0] == "100"
    assert float(found["check of 20 files"][0].removesuffix(" s")) > 0


def test_a_command_that_fails_says_why_and_has_no_numbers() -> None:
    with compiled() as environment:
        took = in_turn(
            {"bad": ("-c", "raise OSError('no such thing')"), "good": ("-c", "print(2)")}, environment, 1
        )
    assert (took["bad"].fault, took["bad"].seconds) == ("OSError: no such thing", 0)
    assert (took["good"].fault, took["good"].said) == ("", "2\n")
    assert took["good"].seconds > 0
    assert took["good"].memory > 2**20
