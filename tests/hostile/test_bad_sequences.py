"""Bad recurrent, attention and graph layers through the real command line: one error, word for word."""

from typing import TYPE_CHECKING

import pytest

from archcalc.tracing import library
from tests.cli.running import run
from tests.hostile.bad_sequences import WRONG
from tests.hostile.bad_specs import MARK
from tests.hostile.test_bad_specs import run_measured

if TYPE_CHECKING:
    from pathlib import Path

ENDLESS = [name for name in WRONG if name.startswith(("endless", "a number without"))]


@pytest.mark.parametrize("command", ["shapes", "attention"])
@pytest.mark.parametrize("name", WRONG)
def test_one_error_word_for_word(
    name: str, command: str, tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    case = WRONG[name]
    path = tmp_path / "bad.yaml"
    path.write_text(case.spec, encoding="utf-8")
    ran = run(capsys, command, str(path), "--format", "json")
    place = case.place if MARK in case.marked else "3:5"
    told = ran.err.replace(f"{library.FOLDER}/", "")
    assert told == f"{path}:{place}: " + "\n  ".join(case.words) + "\n"
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize("name", ENDLESS)
def test_giants_are_refused_in_bounded_time_and_memory(name: str, tmp_path: "Path") -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(WRONG[name].spec, encoding="utf-8")
    assert run_measured("shapes", str(path)).code == 2
