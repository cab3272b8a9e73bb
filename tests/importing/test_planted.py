"""Mistakes planted in a torch package: each is found at the line that says so, and nothing else is."""

import json
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.running import Ran, run, run_fresh
from tests.importing.conftest import PACKAGE

MARK = re.compile(r"# planted: (AC\d{3})")
ANNOTATION = re.compile(
    r"^::(?:warning|error) file=([^,]+),line=(\d+),col=(\d+),[^:]*title=(AC\d{3}) ", re.MULTILINE
)
HEAD = re.compile(r"^(\S+?):(\d+):(\d+): (AC\d{3}) ", re.MULTILINE)


class Planted(NamedTuple):
    """A mistake: where, and which rule finds it."""

    file: str
    line: int
    code: str


def planted(folder: Path) -> set[Planted]:
    """The lines that say what is wrong with them; a call of several lines says so behind its last one."""
    found: set[Planted] = set()
    for path in sorted(folder.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            for code in MARK.findall(line):
                alone = line.strip().startswith(")")
                first = max(n for n in range(1, number + 1) if not alone or "(" in lines[n - 1])
                found.add(Planted(path.relative_to(folder).as_posix(), first, code))
    return found


MISTAKES = planted(PACKAGE)


def test_ten_mistakes_are_planted() -> None:
    assert len(MISTAKES) >= 10
    assert len({mistake.code for mistake in MISTAKES}) >= 9


def test_every_report_names_file_and_line_of_each(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHCALC_CACHE", str(project / ".kept"))
    text = run(capsys, "check")
    assert text.code == 1
    heads = HEAD.findall(text.out)
    assert {Planted(file, int(line), code) for file, line, _, code in heads} == MISTAKES
    assert len(heads) == len(MISTAKES)
    assert text.out.splitlines()[-1] == f"5 torch modules checked: 1 error, {len(MISTAKES) - 1} warnings"
    assert "blocks.0.conv1 (Conv2d)" in text.out
    assert "(and in blocks.1.conv1, blocks.2.conv1, blocks.3.conv1 and 2 more, built here too)" in text.out
    # A torch that cannot be imported shows that the rest comes from what was kept.
    monkeypatch.setitem(sys.modules, "archcalc.bridge.recording", None)
    github = run(capsys, "check", "--output-format", "github").out
    assert {Planted(file, int(line), code) for file, line, _, code in ANNOTATION.findall(github)} == MISTAKES
    sarif = json.loads(run(capsys, "check", "--output-format", "sarif").out)
    results = sarif["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert {
        Planted(place["artifactLocation"]["uri"], place["region"]["startLine"], result["ruleId"])
        for place, result in zip(places, results, strict=True)
    } == MISTAKES
    lines = {
        mistake.file: Path(mistake.file).read_text(encoding="utf-8").splitlines() for mistake in MISTAKES
    }
    for place in places:
        region = place["region"]
        assert region["snippet"]["text"] == lines[place["artifactLocation"]["uri"]][region["startLine"] - 1]


def test_comments_silence_them(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vision = project / "planted" / "vision.py"
    text = vision.read_text(encoding="utf-8")
    vision.write_text(MARK.sub(r"# archcalc: ignore[\1]", text), encoding="utf-8")
    source = ("planted.vision:build", "--input", "3,64,64", "--task", "classification")
    ran = run(capsys, "check", *source, "--loss", "CrossEntropyLoss")
    assert (ran.code, ran.out) == (0, "1 torch module checked: no findings\n")


def test_a_second_call_does_not_import_torch(project: Path, tmp_path: Path) -> None:
    """Each in a process of its own: what a run depends on is all that its process has imported."""
    line = ("summary", "planted.clean:Clean", "--input", "3,32,32")
    repository = str(Path(__file__).parents[2])
    first = run_fresh(*line, cwd=project, PYTHONPATH=repository)
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "torch.py").write_text("raise SystemExit('torch is imported')\n", encoding="utf-8")
    ours = f"{shadow}{os.pathsep}{repository}"
    again = run_fresh(*line, cwd=project, PYTHONPATH=ours)
    assert again == first == Ran(0, first.out, "")
    without = run_fresh(*line, "--no-cache", cwd=project, PYTHONPATH=ours)
    assert without.code != 0
    assert "torch is imported" in without.err
