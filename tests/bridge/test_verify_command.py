"""The command verify: shipped specs, what it says of differences, failures and missing libraries."""

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from torch import nn

from archcalc import load, loads, trace, zoo
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.bridge import numeric
from archcalc.bridge.numeric import verify_numbers
from archcalc.bridge.probing import fields
from archcalc.bridge.probing.fields import verify_fields
from archcalc.bridge.table import OWN
from archcalc.bridge.verifying import verify
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

    Capsys = pytest.CaptureFixture[str]

SMALLER = (
    *("lenet5", "lenet_1998", "srcnn", "gru_classifier", "lstm_language_model", "dcgan_generator"),
    *("dcgan_discriminator", "wgan_gp_critic", "dilated_context", "alexnet"),
)
SPEC = """\
inputs: {x: [2, 9]}
layers:
  - {type: Conv1d, name: conv, out_channels: 4, kernel_size: 3}
  - {type: Scale, name: half, factor: 0.5}
"""


@pytest.fixture
def small(tmp_path: "Path") -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", zoo.names())
def test_shipped_specs_are_what_torch_builds(name: str) -> None:
    found = verify(trace(load(name)))
    assert found.agrees, [str(each) for check in found.checks for each in check.mismatches]
    assert not any(check.skipped for check in found.checks)
    assert found.checks[0].agreed > 1


@pytest.mark.parametrize("name", SMALLER)
def test_units_of_shipped_specs_read_what_gradients_reach(name: str) -> None:
    checks = verify_fields(trace(load(name)))
    assert not [str(each) for check in checks for each in check.mismatches]
    assert checks[1].agreed > 5


@pytest.mark.parametrize("name", ["lenet5", "gcn_cora", "lstm_language_model", "vae"])
def test_shipped_specs_learn_in_all_their_parameters(name: str) -> None:
    finite, gradients = verify_numbers(trace(load(name)))
    assert not [*finite.mismatches, *gradients.mismatches]
    assert gradients.agreed > 3


def test_everything_is_said_for_programs(small: str, capsys: "Capsys") -> None:
    ran = run(capsys, "verify", small, "--receptive-field", "--numeric", "--format", "json")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert document["verified"]
    equal = {check["what"]: check["equal"] for check in document["checks"]}
    assert equal == {
        "output shapes": 2,
        "output dtypes": 2,
        "parameters": 2,
        "buffers": 0,
        "names": 2,
        "trainability": 2,
        "ties": 0,
        "MACs": 2,
        "receptive fields": 4,
        "positions read": 4,
        "finite outputs": 2,
        "gradients": 2,
    }


def another(factor: float) -> nn.Module:
    """A module of another kind."""
    return nn.Conv1d(4, 4, 2, bias=factor > 1)


def without_numbers(factor: float) -> nn.Module:
    """A module whose numbers are none."""
    return nn.Threshold(1e9, float("nan") * factor)


def test_a_difference_is_told_with_both_sides_and_its_line(
    small: str, capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OWN, "Scale", another)
    ran = run(capsys, "verify", small, "--receptive-field")
    assert ran.code == 1
    told = f"{small}:4:5: half (Scale)"
    assert f"{told}: shape of output: archcalc says [4, 7], torch [4, 6]" in ran.out
    assert f"{told}: weight: archcalc says nothing, torch [4, 4, 2]" in ran.out
    assert f"{told}: name of a tensor: archcalc says nothing, torch half.weight" in ran.out
    assert "not verified: " in ran.out
    document = json.loads(run(capsys, "verify", small, "--format", "json").out)
    (shape,) = document["checks"][0]["different"]
    assert (shape["line"], shape["archcalc"], shape["torch"]) == (4, "[4, 7]", "[4, 6]")


class Refusing(nn.Module):
    """A module that cannot be called."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, tensor: object) -> None:
        """Fail."""
        raise RuntimeError(f"no {type(tensor).__name__} times {self.factor}")


def refused(factor: float) -> nn.Module:
    """A module that cannot be made."""
    raise ValueError(f"no module for {factor}")


@pytest.mark.parametrize("made", [Refusing, refused])
def test_a_failure_inside_torch_is_told_with_the_layer_and_its_line(
    made: object, small: str, capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OWN, "Scale", made)
    ran = run(capsys, "verify", small)
    assert ran.code == 1
    assert ran.err.startswith(f"{small}:4:5: half (Scale): torch fails here: no ")


def test_a_missing_torch_is_one_line_that_names_the_extra(small: str) -> None:
    code = (
        f"import sys; sys.modules['torch'] = None; from archcalc.cli import main; main(['verify', {small!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "verify needs torch, an extra: pip install 'archcalc[torch]'\n"


def test_a_parameter_that_learns_nothing_is_named(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "unused.yaml"
    aside = "  - {type: Conv1d, name: aside, out_channels: 1, kernel_size: 1, from: x}\n"
    path.write_text(f"{SPEC}{aside}outputs: [half]\n", encoding="utf-8")
    ran = run(capsys, "verify", str(path), "--numeric")
    assert ran.code == 1
    place = f"{path}:5:5: aside (Conv1d)"
    assert (
        f"{place}: gradient of weight [1, 2, 1]: archcalc says finite, torch none: nothing leads" in ran.out
    )


def test_numbers_that_are_not_finite_are_named(
    small: str, capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OWN, "Scale", without_numbers)
    ran = run(capsys, "verify", small, "--numeric")
    assert ran.code == 1
    assert "half (Scale): numbers of output: archcalc says finite, torch 56 of 56 numbers are not" in ran.out


def test_what_is_too_large_is_left_out_with_the_reason(
    small: str, capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "MAX_NUMBERS", 10)
    monkeypatch.setattr(numeric, "MAX_BYTES", 10)
    ran = run(capsys, "verify", small, "--receptive-field", "--numeric")
    assert ran.code == 0
    assert "numbers to work through, at most 10 are; a smaller --input has fewer" in ran.out
    assert "bytes, at most 10 are taken" in ran.out


def test_what_cannot_be_compared_is_named_with_the_reason(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "drawn.yaml"
    path.write_text(
        "inputs: {x: [1, 9, 9]}\nlayers:\n  - {type: FractionalMaxPool2d, kernel_size: 2, output_size: 4}\n"
    )
    ran = run(capsys, "verify", str(path), "--receptive-field")
    assert ran.code == 0
    assert "what it reads is drawn at random" in ran.out


@pytest.mark.parametrize(
    ("first", "agreed"),
    [("{type: Slice, name: cut, start: 4}", False), ("{type: Slice, name: cut, stop: 4}", True)],
)
def test_a_past_that_begins_with_a_cut_is_not_said_to_be_whole(first: str, agreed: bool) -> None:  # noqa: FBT001
    """Behind a cut off beginning no interval of the past says where it begins: none is compared."""
    text = f"inputs: {{x: [8, 6]}}\nlayers:\n  - {first}\n  - {{type: LSTM, name: past, hidden_size: 4}}\n"
    network = trace(loads(text))
    fields_found, positions = verify_fields(network)
    assert not [*fields_found.mismatches, *positions.mismatches]
    assert not positions.skipped
    assert receptive_fields(network).layers["past"][0].exact is agreed
