"""Specs to start from: ``archcalc new``, and the shipped ones as they are written."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcalc import starters, zoo
from archcalc.loading import load
from archcalc.rules.engine.checking import check_text
from archcalc.rules.registry import RULES
from tests.cli.running import run
from tests.disks import full_disk

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]

ADVICE = {"classifier": ["AC504"]}
"""Rules of severity ``info`` that advise something, about the training of shipped blocks."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", starters.starter_names())
def test_a_starter_passes_every_check_and_is_commented(name: str, capsys: "Capsys") -> None:
    ran = run(capsys, "new", name, "-o", "a.yaml")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "a.yaml is written; archcalc summary a.yaml shows the network\n"
    text = Path("a.yaml").read_text(encoding="utf-8")
    assert run(capsys, "new", name).out == text
    assert run(capsys, "check", "a.yaml") == (0, "1 spec checked: no findings\n", "")
    found = check_text(text, "a.yaml", frozenset(RULES)).findings
    assert [each.code for each in found] == ADVICE.get(name, [])
    assert len(re.findall(r"#", text)) >= 12
    assert load("a.yaml").name == "a"
    for key in ("task", "loss", "vars", "inputs", "layers"):
        assert f"\n{key}:" in text


@pytest.mark.parametrize("name", starters.starter_names())
def test_what_a_starter_says_can_be_run(name: str, capsys: "Capsys") -> None:
    """The commands in its head, and the other values that its comments propose."""
    run(capsys, "new", name, "-o", "FILE")
    text = Path("FILE").read_text(encoding="utf-8")
    lines = re.findall(r"archcalc ((?:\w+ FILE[^,`]*?|layers(?: \w+)?))(?=  |,|`|$)", text, re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        assert run(capsys, *line.replace("--watch", "").split()).code == 0, line
    (proposed,) = re.findall(r"^vars:.*?((?:--set \w+=\d+ ?)+)", text, re.MULTILINE)
    assert run(capsys, "check", "--ignore", "AC701", "FILE", *proposed.split()).code == 0


def test_without_a_name_it_is_a_classifier(capsys: "Capsys") -> None:
    assert run(capsys, "new").out == run(capsys, "new", "Classifier").out
    assert run(capsys, "new", "language-model").out == run(capsys, "new", "language_model").out


def test_no_file_is_ever_replaced(capsys: "Capsys") -> None:
    Path("a.yaml").write_text("mine", encoding="utf-8")
    Path("b.yaml").symlink_to("a.yaml")
    Path("folder").mkdir()
    for target, said in (
        ("a.yaml", "is there already"),
        ("b.yaml", "is there already"),
        ("folder", "is there already"),
        ("none/a.yaml", "cannot be written: no such file or directory"),
    ):
        ran = run(capsys, "new", "-o", target)
        assert (ran.code, ran.out) == (2, "")
        assert said in re.sub(r"[\s│]+", " ", ran.err)
    assert Path("a.yaml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "segmentaton"), "did you mean 'segmentation'?"),
        (("new", "x"), "there are classifier, language_model, segmentation"),
        (("zoo", "resnet81"), "did you mean 'resnet18'?"),
        (("zoo", "?"), "`archcalc zoo` lists them"),
        (("zoo", "lenet5", "--format", "csv"), "a spec is printed as it is written"),
    ],
)
def test_what_is_not_there_is_wrong_usage(words: tuple[str, ...], said: str, capsys: "Capsys") -> None:
    ran = run(capsys, *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in re.sub(r"[\s│]+", " ", ran.err)


@pytest.mark.parametrize("name", ["lenet5", "vdsr"])
def test_a_shipped_spec_is_printed_as_it_is_written(name: str, capsys: "Capsys") -> None:
    path = zoo.path_of(name)
    assert path is not None
    assert run(capsys, "zoo", name) == (0, path.read_text(encoding="utf-8"), "")


NET = """\
from torch import nn

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(*(nn.Linear(4, 4) for _ in range(40)))
"""
WRITING = {
    "new": ("new", "-o", "out"),
    "export": ("export", "vgg16", "--to", "torch", "-o", "out"),
    "import": ("import", "full_disk_net:Net", "--flat", "--input", "4", "-o", "out"),
}


@pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed", "named"])
@pytest.mark.parametrize("command", WRITING)
def test_a_full_disk_leaves_no_half_of_a_file(
    command: str,
    unnamed: bool,  # noqa: FBT001
    capsys: "Capsys",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not unnamed:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    Path("full_disk_net.py").write_text(NET, encoding="utf-8")
    with full_disk():
        ran = run(capsys, *WRITING[command])
    assert (
        ran.code,
        "out cannot be written: file too large" in " ".join(ran.err.replace("│", " ").split()),
    ) == (2, True)
    assert [path.name for path in Path().glob("[!_]*")] == ["full_disk_net.py"]
    assert run(capsys, *WRITING[command]).code == 0
    umask = os.umask(0)
    os.umask(umask)
    assert Path("out").stat().st_mode & 0o777 == 0o666 & ~umask
