"""Small networks with a mistake that torch runs without a word: the command tells it, and its help mends it.

Each spec says in its head what is wrong with it.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict, cast

import pytest

from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECS = Path(__file__).parent / "specs"


class Told(TypedDict):
    """What ``check`` says of a finding."""

    code: str
    line: int
    message: str
    hint: str


class Case(NamedTuple):
    """A spec with a mistake.

    Args:
        file: its name in ``specs``.
        code: of the finding.
        line: a piece of the line at which it shows.
        message: a piece of what is said.
        hint: a piece of the help.
        mended: piece of the text -> what the help puts there instead.
    """

    file: str
    code: str
    line: str
    message: str
    hint: str
    mended: tuple[tuple[str, str], ...]


CASES = (
    Case(
        "aspp_last_batch",
        "AC304",
        "batch_size: 2",
        "2,975 samples in batches of 2 leave a last batch of 1, in which pool_norm (BatchNorm2d) has 1 value",
        "write training: {drop_last: true}",
        (("samples: 2975}", "samples: 2975, drop_last: true}"),),
    ),
    Case(
        "aspp_last_batch",
        "AC304",
        "batch_size: 2",
        "leave a last batch of 1",
        "or write training: {batch_size: 3}: the last batch has 2",
        (("batch_size: 2", "batch_size: 3"),),
    ),
    Case(
        "softmax_over_one_output",
        "AC310",
        "type: Softmax",
        "over 1 number it gives 1, whatever arrives",
        "write a Sigmoid in the place of it",
        (("{type: Softmax, dim: 1}", "Sigmoid"),),
    ),
    Case(
        "softmax_over_one_output",
        "AC310",
        "type: Softmax",
        "over 1 number it gives 1, whatever arrives",
        "or remove it and write loss: BCEWithLogitsLoss",
        (("  - {type: Softmax, dim: 1}\n", ""), ("loss: BCELoss", "loss: BCEWithLogitsLoss")),
    ),
    Case(
        "dropout_of_one_lstm_layer",
        "AC609",
        "type: LSTM",
        "dropout 0.2 does nothing: it acts between layers, and num_layers is 1",
        "leave out dropout and put {type: Dropout, p: 0.2} behind it",
        ((", dropout: 0.2}\n", "}\n  - {type: Dropout, p: 0.2}\n"),),
    ),
    Case(
        "dropout_of_one_lstm_layer",
        "AC609",
        "type: LSTM",
        "dropout 0.2 does nothing",
        "or write num_layers: 2",
        (("dropout: 0.2", "dropout: 0.2, num_layers: 2"),),
    ),
    Case(
        "softmax_over_the_batch",
        "AC311",
        "type: Softmax",
        "dim 0 is the batch, which torch counts",
        "write dim: 1: there are 10 numbers in a sample",
        (("dim: 0", "dim: 1"),),
    ),
)


def findings(capsys: pytest.CaptureFixture[str], path: Path) -> "Iterator[Told]":
    """What the command finds in a file, whose exit code agrees."""
    ran = run(capsys, "check", str(path), "--output-format", "json")
    told = cast("list[Told]", json.loads(ran.out)["findings"])
    assert ran.code == bool(told), ran.err
    yield from told


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}: {case.hint}")
def test_a_silent_mistake_is_told_and_its_help_mends_it(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = SPECS / f"{case.file}.yaml"
    text = path.read_text(encoding="utf-8")
    before = list(findings(capsys, path))
    (told,) = (each for each in before if each["code"] == case.code)
    assert case.message in told["message"]
    assert case.hint in told["hint"]
    assert case.line in text.splitlines()[told["line"] - 1]
    for old, new in case.mended:
        assert old in text
        text = text.replace(old, new)
    mended = tmp_path / "mended.yaml"
    mended.write_text(text, encoding="utf-8")
    after = [each["code"] for each in findings(capsys, mended)]
    assert after == [each["code"] for each in before if each is not told]  # gone, and nothing new came
