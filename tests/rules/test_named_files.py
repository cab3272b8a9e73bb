"""A file that is named on the command line is judged: whatever keeps it from being a spec is a finding."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcalc.rules.engine import one_file
from tests.cli.running import run
from tests.rules.specs import GOOD, NO_YAML

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]

REST = "layers:\n  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}\n  - BatchNorm2d\n"
INPUTS = "inputs: {image: [3, 16, 16]}\n"
FILES = {
    "input": ("input: {image: [3, 16, 16]}\n" + REST, "1:1", "unknown key 'input'", "did you mean 'inputs'?"),
    "Layers": (INPUTS + REST.replace("layers", "Layers"), "2:1", "unknown key 'Layers'", "'layers'?"),
    "layer": (INPUTS + REST.replace("layers", "layer"), "2:1", "unknown key 'layer'", "'layers'?"),
    "Inputs, LAYERS": (
        "Inputs" + GOOD[6:].replace("layers", "LAYERS"),
        "1:1",
        "unknown key 'Inputs'",
        "'inputs'?",
    ),
    "no inputs": (REST, "1:1", "`inputs` is missing", ""),
    "no layers": (INPUTS, "1:1", "`layers` is missing", ""),
    "a list": ("- ReLU\n", "1:1", "needs a mapping with `inputs:` and `layers:`", ""),
    "a word": ("resnet\n", "1:1", "needs a mapping", ""),
    "nothing": ("", "1:1", "the file is empty", ""),
    "a comment": ("# nothing yet\n", "1:1", "the file is empty", ""),
    "within another key": (f"model:\n  {INPUTS}  layers: [ReLU]\n", "1:1", "unknown key 'model'", ""),
    "broken": (NO_YAML, "2:1", "", ""),
    "broken, in brackets": ("{inputs: {x: [3]}, layers: [ReLU}\n", "1:33", "", ""),
    "broken, without its keys": ("{inputz: {x: [3}\n", "1:16", "", ""),
    "UTF-16": ("\ufeff" + GOOD, "1:1", "UTF-16", "save the file as UTF-8 text"),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("text", "place", "fact", "hint"), FILES.values(), ids=FILES)
def test_a_named_file_is_judged(text: str, place: str, fact: str, hint: str, capsys: "Capsys") -> None:
    Path("a.yaml").write_text(text, encoding="utf-16-le" if "UTF-16" in fact else "utf-8")
    ran = run(capsys, "check", "a.yaml")
    assert ran.code == 1
    assert ran.out.startswith(f"a.yaml:{place}: AC001 [error] ")
    assert fact in ran.out
    assert hint in ran.out
    assert "1 spec checked" in ran.out
    named = run(capsys, "shapes", "a.yaml")
    assert named.code == 2
    assert named.err.startswith(f"a.yaml:{place}: ")


def test_only_the_misspelt_key_is_told(capsys: "Capsys") -> None:
    Path("a.yaml").write_text(FILES["input"][0], encoding="utf-8")
    assert "1 spec checked: 1 error\n" in run(capsys, "check", "a.yaml").out


def test_a_file_that_may_not_be_read(capsys: "Capsys", monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    Path("a.yaml").write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr(
        one_file, "bytes_of", refuse
    )  # root, who runs tests in containers, may read everything
    ran = run(capsys, "check", "a.yaml")
    assert ran.code == 1
    assert "the file cannot be read: permission denied" in ran.out
