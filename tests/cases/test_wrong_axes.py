"""Networks that run and hardly learn, mostly with axes mixed up: ``check`` says so, and its help mends them.

One of them has a bias before a norm as well, about which AC301 speaks before and after.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    Capsys = pytest.CaptureFixture[str]

SPECS = Path(__file__).parent / "specs"
TURNED = "  - {type: Transpose, dim0: 0, dim1: 1}\n"


class Case(NamedTuple):
    """A spec with one mistake.

    Args:
        spec: its file.
        code: of the only finding.
        at: a piece of the line on which it stands.
        message: a piece of what is said.
        hint: a piece of the help.
        old: what the help replaces.
        new: what it puts there.
    """

    spec: str
    code: str
    at: str
    message: str
    hint: str
    old: str
    new: str


CASES = (
    Case(
        "41-char-rnn-tutorial",
        "AC305",
        "name: o2o",
        "i2o (Linear) and what it makes of its numbers are one linear map 205 -> 59: 12,095 parameters",
        "put an activation (ReLU) in front of it",
        "  - {type: Linear, name: o2o",
        "  - ReLU\n  - {type: Linear, name: o2o",
    ),
    Case(
        "twenty-linear-layers",
        "AC505",
        "name: map",
        "21 layers in a row, from here to linear_0 (Linear), have no norm and no shortcut",
        "put a LayerNorm between each of these layers and its activation",
        "      - ReLU",
        "      - LayerNorm\n      - ReLU",
    ),
    Case(
        "twenty-convolutions",
        "AC505",
        "name: conv",
        "as torch initialises them the gradient here is 2e-08 of that at the last",
        "put a BatchNorm2d between each of these layers and its activation, and bias: false in the layer",
        "padding: 1}\n      - ReLU",
        "padding: 1, bias: false}\n      - BatchNorm2d\n      - ReLU",
    ),
    Case(
        "49-nhwc-input",
        "AC110",
        "inputs:",
        "[512, 512, 3] looks like an image with its 3 channels behind",
        "write image: [3, 512, 512]",
        "image: [512, 512, 3]",
        "image: [3, 512, 512]",
    ),
    Case(
        "keras-digits",
        "AC110",
        "inputs:",
        "[28, 28, 1] looks like an image with its 1 channel behind",
        "write image: [1, 28, 28]",
        "image: [28, 28, 1]",
        "image: [1, 28, 28]",
    ),
    Case(
        "keras-lenet",
        "AC110",
        "inputs:",
        "c1 (Conv2d) refuses [32, 32, 1]: kernel 5 is larger than the padded input 1",
        "write image: [1, 32, 32]",
        "image: [32, 32, 1]",
        "image: [1, 32, 32]",
    ),
    Case(
        "convolution-over-an-embedding",
        "AC111",
        "name: conv",
        "slides along the 128 features that words (Embedding) makes, and takes the 40 steps for channels",
        "put {type: Transpose, dim0: 0, dim1: 1} in front of it",
        "  - {type: Conv1d",
        f"{TURNED}  - {{type: Conv1d",
    ),
    Case(
        "51b-batch-norm-over-steps",
        "AC112",
        "name: norm",
        "it normalises axis 0, 20 positions, as channels, and not the 64 features",
        "LayerNorm in its place",
        "type: BatchNorm1d",
        "type: LayerNorm",
    ),
    Case(
        "51b-batch-norm-over-steps",
        "AC112",
        "name: norm",
        "it normalises axis 0",
        "put {type: Transpose, dim0: 0, dim1: 1} in front of it and behind it",
        "  - {type: BatchNorm1d, name: norm}\n",
        f"{TURNED}  - {{type: BatchNorm1d, name: norm, num_features: 64}}\n{TURNED}",
    ),
    Case(
        "53-flatten-left-out",
        "AC113",
        "name: out",
        "of a map [32, 7, 7] it maps the last axis alone, 7 places, and the network ends in [32, 7, 10]",
        "put a Flatten in front of it: 1,568 features",
        "  - {type: Linear, name: out",
        "  - Flatten\n  - {type: Linear, name: out, in_features: 1568",
    ),
    Case(
        "56b-concat-skip-and-decoder",
        "AC114",
        "dim: 1",
        "it joins 64 rows of up and e1 to [16, 128, 64]",
        "write dim: 0, torch's dim 1 with the batch in front: [32, 64, 64]",
        "dim: 1",
        "dim: 0",
    ),
    Case(
        "concat-of-sequences",
        "AC114",
        "dim: 1",
        "it joins 200 positions of fine and coarse to [16, 400]",
        "write dim: 0, torch's dim 1 with the batch in front: [32, 200]",
        "dim: 1",
        "dim: 0",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.spec}-{case.hint.split()[0]}")
def test_the_mistake_is_told_and_the_help_mends_it(case: Case, tmp_path: Path, capsys: "Capsys") -> None:
    text = (SPECS / f"{case.spec}.yaml").read_text(encoding="utf-8")
    assert case.old in text
    told = _told(text, tmp_path, capsys)
    (found,) = [each for each in told if each["code"] == case.code]
    assert case.at in text.splitlines()[cast("int", found["line"]) - 1]
    assert case.message in cast("str", found["message"])
    assert case.hint in cast("str", found["hint"])
    left = [each["code"] for each in told if each is not found]
    assert left == (["AC301"] if case.spec == "49-nhwc-input" else [])
    mended = _told(text.replace(case.old, case.new, 1), tmp_path, capsys)
    assert [each["code"] for each in mended] == left


def _told(text: str, folder: Path, capsys: "Capsys") -> "list[Mapping[str, object]]":
    """The findings of ``archcalc check``, as its JSON has them."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    ran = run(capsys, "check", str(path), "--output-format", "json")
    report = cast("Mapping[str, list[Mapping[str, object]]]", json.loads(ran.out))
    assert ran.code == (1 if report["findings"] else 0)
    return report["findings"]
