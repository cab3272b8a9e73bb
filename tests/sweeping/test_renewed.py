"""Files of a sweep that are written anew."""

from contextlib import suppress
from pathlib import Path

from archcalc.sweeping.journal import renewed


def test_a_file_of_somebody_else_beside_it_stays(tmp_path: Path) -> None:
    file, others = tmp_path / "out.csv", tmp_path / "out.csv.new"
    file.write_text("old")
    others.write_text("of somebody else")
    with suppress(ZeroDivisionError), renewed(file) as new:
        new.write_text("half")
        raise ZeroDivisionError
    assert file.read_text() == "old"
    with renewed(file) as new:
        new.write_text("whole")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "out.csv": "whole",
        "out.csv.new": "of somebody else",
    }
