"""What a cure calls the entries that it changes."""

from typing import TYPE_CHECKING

from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TURN = """\
  - type: Sequential
    name: "{turn}"
    layers:
      - {{type: Linear, name: map, out_features: 16}}
      - {{type: Sigmoid, name: gate}}
"""


def checked(capsys: "pytest.CaptureFixture[str]", folder: "Path", turns: int) -> str:
    file = folder / "deep.yaml"
    lines = "".join(TURN.format(turn=turn) for turn in range(turns))
    file.write_text(f"inputs: {{x: [16]}}\nlayers:\n{lines}", encoding="utf-8")
    found = run(capsys, "check", str(file), "--select", "AC505,AC501,AC308")
    return " ".join(line.strip() for line in found.out.splitlines() if "help: " in line)


def test_entries_of_one_name_are_told_by_their_lines_and_of_many_the_first(
    tmp_path: "Path", capsys: "pytest.CaptureFixture[str]"
) -> None:
    said = checked(capsys, tmp_path, 40)
    assert "map in line 11, map in line 16, map in line 21, map in line 26 and 3" in said, said
    assert "map, map" not in said


def test_entries_that_are_few_are_all_told(tmp_path: "Path", capsys: "pytest.CaptureFixture[str]") -> None:
    assert " more" not in checked(capsys, tmp_path, 5)
