"""What the shell offers, asked for as a shell asks: quickly, and without a word where nothing fits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archcalc.cli import completing
from archcalc.rules.registry import RULES, rules
from archcalc.spec import CONTAINERS
from archcalc.tracing import library
from tests.cli.running import run
from tests.test_imports import loaded_by

ROOT = str(Path(__file__).parent.parent.parent)
SPEC = """\
vars: {width: 8, depth: 2}
inputs: {image: [3, 16, 16], mask: [1, 16, 16]}
layers:
  - {type: Conv2d, name: stem, from: image, out_channels: =width, kernel_size: 3, padding: 1}
  - {type: BasicBlock, name: stage, width: =width, repeat: =depth}
  - {type: Concat, name: joined, dim: 0, from: [stage, mask]}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own").mkdir()
    Path(".hidden").mkdir()
    Path("own/net.yaml").write_text(SPEC, encoding="utf-8")
    Path("own/notes.txt").write_text("", encoding="utf-8")
    Path("broken.yaml").write_text(
        SPEC.replace("dim: 0", "dim: 9") + "  - {type: Conv9d}\n", encoding="utf-8"
    )
    Path("no.yml").write_text("a: [", encoding="utf-8")


def offered(line: str) -> list[str]:
    """What is offered for the last word of a command line, which may be empty."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "PYTHONPATH": ROOT,
        "_ARCHCALC_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    code = "import sys; sys.argv = ['archcalc']; from archcalc.cli import main; main()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


OFFERED: dict[str, list[str]] = {
    "archcalc summ": ["summary"],
    "archcalc shapes resnet1": ["resnet101", "resnet152", "resnet18"],
    "archcalc shapes ow": [f"own{os.sep}"],
    "archcalc shapes own/": ["own/net.yaml"],
    "archcalc shapes none/": [],
    "archcalc check bro": ["broken.yaml"],
    "archcalc check lenet5 n": ["no.yml"],
    "archcalc zoo vgg16": ["vgg16", "vgg16_bn"],
    "archcalc new s": ["segmentation"],
    "archcalc layer Conv2": ["Conv2d", "Conv2dNormActivation"],
    "archcalc layers Resi": ["Residual"],
    "archcalc layers BasicB": ["BasicBlock"],
    "archcalc explain AC30": [code for code in RULES if code.startswith("AC30")],
    "archcalc explain bias": ["bias-before-norm"],
    "archcalc explain own/net.yaml stage.1.c": ["stage.1.conv1", "stage.1.conv2"],
    "archcalc explain resnet18 layer4.1.b": ["layer4.1.bn1", "layer4.1.bn2"],
    "archcalc explain LSTMC": ["LSTMCell"],
    "archcalc check --select AC301,budget": ["AC301,budget-exceeded"],
    "archcalc check --ignore norm-or": ["norm-order"],
    "archcalc check --extend-select AC60": [code for code in RULES if code.startswith("AC60")],
    "archcalc rf own/net.yaml --layer stage.1.c": ["stage.1.conv1", "stage.1.conv2"],
    "archcalc rf own/net.yaml --set depth=3 --from stage.2.c": ["stage.2.conv1", "stage.2.conv2"],
    "archcalc rf lenet5 --layer s": ["s2", "s4"],
    "archcalc params own/net.yaml --freeze st": [],
    "archcalc shapes own/net.yaml --set ": ["depth=", "width="],
    "archcalc shapes own/net.yaml --input ": ["image=", "mask="],
    "archcalc check own own/net.yaml --set w": ["width="],
    "archcalc check own/net.yaml --input i": ["image="],
    "archcalc rf broken.yaml --layer ste": ["stem"],
    "archcalc rf no.yml --layer s": [],
    "archcalc rf --layer s": [],
    "archcalc rf none.yaml --layer s": [],
    "archcalc rf - --layer s": [],
    "archcalc rf own/net.yaml --set oops --layer s": [],
    "archcalc shapes none.yaml --set w": [],
}


@pytest.mark.parametrize("line", OFFERED)
def test_the_shell_offers_what_fits(line: str) -> None:
    words = offered(line)
    if line.endswith("--freeze st"):
        assert {"stem", "stage", "stage.0", "stage.0.conv1", "stage.1.relu2"} <= set(words)
    else:
        assert words == OFFERED[line]


def test_names_that_are_offered_are_those_that_there_are() -> None:
    assert set(completing.kinds_completed("")) >= {*library.block_names(), *CONTAINERS}
    assert sorted(completing.CONTAINER_NAMES) == sorted(CONTAINERS)
    assert set(completing.rule_completed("")) == {word for rule in rules() for word in (rule.code, rule.name)}
    assert ".hidden/" not in completing.specs_completed("")
    assert completing.specs_completed(".h") == [f".hidden{os.sep}"]


@pytest.mark.parametrize(
    "name",
    ["\\$(touch p)", "`p`", "$p", "a\\b", "a\nb", "a\x1b", "a\u202e", "a\udcff", "a;p", "a'b", 'a"b', "a&p"],
)
def test_no_name_is_offered_that_a_shell_obeys(name: str) -> None:
    Path("odd").mkdir()
    Path(f"odd/{name}.yaml").write_text("", encoding="utf-8")
    Path(f"odd/{name}").mkdir()
    Path(f"odd/{name}/a.yaml").write_text("", encoding="utf-8")
    Path("odd/a-\u00e9 1.yaml").write_text("", encoding="utf-8")
    assert completing.specs_completed("odd/") == ["odd/a-\u00e9 1.yaml"]
    assert completing.specs_completed(f"odd/{name}/") == []
    assert completing.rules_completed(f"{name},AC301") == []


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"COMP_WORDS": "archcalc check n"},
        {"COMP_WORDS": "archcalc check n", "COMP_CWORD": "x"},
        {"COMP_WORDS": "archcalc check n", "COMP_CWORD": "9" * 5000},
    ],
)
def test_whatever_goes_wrong_nothing_is_offered(
    asked: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("COMP_WORDS", "COMP_CWORD"):
        monkeypatch.delenv(name, raising=False)
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("_ARCHCALC_COMPLETE", "complete_bash")
    assert run(capsys, "check", "n.yaml") == (0, "", "")


@pytest.mark.parametrize("function", ["specs", "zoo", "starters", "kinds", "rule", "rules"])
def test_names_alone_import_no_library(function: str) -> None:
    code = f"from archcalc.cli.completing import {function}_completed\nassert {function}_completed('')"
    assert not loaded_by(code) & {"pydantic", "yaml", "rich", "torch", "archcalc.rules.base"}


@pytest.mark.parametrize(
    "line", ["archcalc summ", "archcalc shapes resnet1", "archcalc shapes lenet5 --format "]
)
def test_a_key_press_imports_no_library_of_the_core(line: str) -> None:
    code = (
        "import contextlib, os\n"
        "os.environ |= {'_ARCHCALC_COMPLETE': 'complete_bash',"
        f" 'COMP_WORDS': {line!r}, 'COMP_CWORD': {str(line.count(' '))!r}}}\n"
        "from archcalc.cli import main\nwith contextlib.suppress(SystemExit): main([])"
    )
    assert not loaded_by(code) & {"pydantic", "yaml", "rich.table"}
