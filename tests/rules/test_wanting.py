"""Without a loss, a last Softmax or Sigmoid is neither right nor wrong: the check says who has not judged."""

import re
from typing import TYPE_CHECKING

import pytest

from archcalc.rules.engine.checking import check_text
from archcalc.rules.registry import rules
from archcalc.rules.selection import Selection
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.rules.base import Rule

DEFAULT = Selection().active()
HEAD = "inputs: {x: [8]}\nlayers:\n  - {type: Linear, out_features: 4}\n"
LAST = {
    "Softmax": ("  - {type: Softmax, name: last, dim: 1}\n", "4:5: last (Softmax)"),
    "LogSoftmax": ("  - {type: LogSoftmax, name: last, dim: 1}\n", "4:5: last (LogSoftmax)"),
    "Sigmoid": ("  - {type: Sigmoid, name: last}\n", "4:5: last (Sigmoid)"),
    "a view": (
        "  - {type: Sigmoid, name: last}\n  - {type: Reshape, shape: [2, 2]}\n",
        "4:5: last (Sigmoid)",
    ),
    "two outputs": (
        "  - {type: Sigmoid, name: a}\n  - {type: Softmax, dim: 1, from: x}\noutputs: [a, softmax_0]\n",
        "4:5: a (Sigmoid)",
    ),
    "ReLU": ("  - ReLU\n", ""),
    "none": ("", ""),
    "Softmax inside": ("  - {type: Softmax, dim: 1}\n  - {type: Linear, out_features: 2}\n", ""),
}


@pytest.mark.parametrize(("layers", "words"), LAST.values(), ids=LAST)
def test_the_last_layer_is_noted_without_a_loss_alone(
    layers: str, words: str, tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(HEAD + layers, encoding="utf-8")
    ran = run(capsys, "check", str(file))
    assert ran.code == 0, "a note is no finding"
    assert ran.err.startswith(f"{file}:{words}: no `loss` is written, so AC401, " if words else "")
    assert bool(ran.err) == bool(words)
    for loss in ("MSELoss", "{custom: mine}"):
        file.write_text(f"loss: {loss}\n{HEAD}{layers}", encoding="utf-8")
        assert run(capsys, "check", str(file)).err == ""
    file.write_text(HEAD + layers, encoding="utf-8")
    assert run(capsys, "check", "--select", "AC3", str(file)).err == "", "no such rule runs"


def without_loss(text: str) -> str:
    """A spec without its loss."""
    return re.sub(r"^loss:.*\n", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_rules_say_whether_they_need_a_loss(rule: "Rule") -> None:
    """A rule needs one where all its bad examples have one, and are none without it."""
    if not rule.bad or rule.check is None:
        return
    codes = frozenset({"AC001", rule.code})
    found = [
        each.code for bad in rule.bad for each in check_text(without_loss(bad.text), "a.yaml", codes).findings
    ]
    assert (rule.code not in found) == rule.needs_loss


def test_shipped_specs_leave_nothing_unjudged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "specs").err == ""
