"""Rules about activations, on every one there is and on new ones: they find what torch's numbers say."""

import re
from math import atan, inf, pi
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from archcalc.layers import rectifiers as family
from archcalc.layers.curves import Activation
from archcalc.layers.registry import KINDS, kind
from tests.kinds.drawing import Sample
from tests.kinds.torch_modules import module
from tests.rules.found import found

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = torch.linspace(-30, 30, 60_001, dtype=torch.float64)
NUMBERS[30_000] = 0.0
UNKNOWN = ("PReLU", "RReLU")
"""Their slopes are learned or drawn: rules rest on nothing that torch says of numbers below 0."""
NOT_INTERVALS = ("Hardshrink", "Threshold")
"""They leave numbers of an open interval as they are, on which no rule rests."""
REQUIRED: "dict[str, dict[str, object]]" = {"Threshold": {"threshold": 0.1, "value": 20.0}}
LINEAR = "  - {type: Linear, name: map, out_features: 16}\n"


class SquaredReLU(Activation, frozen=True):
    """max(0, x)^2."""

    rectifies = True

    def _at(self, x: float) -> float:
        return max(x, 0.0) ** 2 if x < 1e150 else inf


class Arctangent(Activation, frozen=True):
    """2 / pi atan(x)."""

    def _at(self, x: float) -> float:
        return 2 / pi * atan(x)


NEW: "dict[str, tuple[type[Activation], Callable[[Tensor], Tensor]]]" = {
    "SquaredReLU": (SquaredReLU, lambda x: torch.relu(x).square()),
    "Arctangent": (Arctangent, lambda x: 2 / pi * torch.atan(x)),
}
NAMES = [*(name for name in KINDS if kind(name).bends and not kind(name).in_formulas), *NEW]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new activations in their family's file and the registry: the two places of an activation."""
    for name, (cls, _) in NEW.items():
        monkeypatch.setattr(family, name, cls, raising=False)
        monkeypatch.setitem(KINDS, name, "rectifiers")


def function(name: str) -> "Callable[[Tensor], Tensor]":
    """The real thing, at inference."""
    if name in NEW:
        return NEW[name][1]
    layer: nn.Module = module(name, Sample(REQUIRED.get(name, {}), ((60_001,),))).double().eval()

    def called(x: Tensor) -> Tensor:
        with torch.no_grad():
            result: Tensor = layer(x.clone().view(1, -1))
        return result.view(-1)

    return called


def entry(name: str, label: str) -> str:
    """The activation as a layer of a spec."""
    required = "".join(f", {key}: {value}" for key, value in REQUIRED.get(name, {}).items())
    return f"  - {{type: {name}, name: {label}{required}}}\n"


def spec(*layers: str, head: str = "") -> str:
    """Layers behind a linear map of 16 numbers."""
    return f"{head}inputs: {{x: [16]}}\nlayers:\n{LINEAR}{''.join(layers)}"


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two functions agree at all numbers."""
    return bool((one - other).abs().max() < 1e-9)


def told(code: str, text: str) -> str:
    """All that a rule says of a text."""
    return "\n".join(f"{subject}: {message}" for subject, message in found(code, text))


@pytest.mark.parametrize("name", NAMES)
def test_it_bends_between_two_maps(name: str) -> None:
    assert told("AC305", spec(entry(name, "a"), LINEAR.replace("map", "b"))) == ""


@pytest.mark.parametrize("name", NAMES)
def test_twice_in_a_row(name: str) -> None:
    act = function(name)
    said = told("AC306", spec(entry(name, "a"), entry(name, "b"), LINEAR.replace("map", "c")))
    once = act(NUMBERS)
    nothing = same(act(once), once) and name not in NOT_INTERVALS
    assert said
    assert ("b" in said.split()[0] and "changes nothing" in said) == nothing


@pytest.mark.parametrize("name", NAMES)
def test_behind_numbers_from_0_on(name: str) -> None:
    positive = NUMBERS[NUMBERS >= 0]
    said = told("AC306", spec("  - {type: ReLU, name: relu}\n", entry(name, "a"), LINEAR.replace("map", "c")))
    nothing = same(function(name)(positive), positive)
    assert said.startswith(f"a ({name}): it changes nothing") == nothing
    everywhere = function(name)(NUMBERS)
    if everywhere.abs().max() < 1.01 and name != "Hardtanh":  # which is a clip
        least = function(name)(positive).min().item()
        assert f"so that it gives numbers from {least:.3g} to 1" in said


@pytest.mark.parametrize("name", NAMES)
def test_before_a_relu(name: str) -> None:
    numbers = function(name)(NUMBERS)
    said = told("AC306", spec(entry(name, "a"), "  - {type: ReLU, name: relu}\n", LINEAR.replace("map", "c")))
    if numbers.max() <= 0:
        assert said.startswith("relu (ReLU): it gives 0 and nothing else")
    elif numbers.min() >= 0:
        assert said.startswith("relu (ReLU): it changes nothing")
    elif same(torch.relu(numbers), torch.relu(NUMBERS)) and name not in UNKNOWN:
        assert said.startswith(f"a ({name}): it changes nothing")
    else:
        assert "changes nothing" not in said
        assert "nothing else" not in said


def is_gate(name: str) -> bool:
    """Whether it is a sigmoid, by its numbers."""
    numbers, middle = function(name)(NUMBERS), function(name)(torch.zeros(60_001).double())[0].item()
    return bool(numbers.min() > -1e-9 and numbers.max() < 1 + 1e-9) and abs(middle - 0.5) < 1e-9


HEAD = "task: {task}\nloss: {loss}\n"


@pytest.mark.parametrize("name", NAMES)
def test_at_the_end_of_a_classifier(name: str) -> None:
    numbers = function(name)(NUMBERS)
    low, high = numbers.min().item(), numbers.max().item()

    def said(code: str, loss: str) -> str:
        head = HEAD.format(task="classification", loss=loss)
        return told(code, spec(entry(name, "a"), head=head))

    bent = said("AC404", "CrossEntropyLoss")
    assert bent.startswith(f"a ({name}): it bends the logits")
    bound = re.search(r"none is below (-?[0-9.]+[0-9])|none is below (-?[0-9])", bent)
    limit = abs(low - function(name)(NUMBERS / 2).min().item()) < 0.04
    assert bool(bound) == limit
    if bound:
        assert float(bound[1] or bound[2]) == pytest.approx(low, abs=0.04)
    assert bool(said("AC402", "BCEWithLogitsLoss")) == is_gate(name)
    assert bool(said("AC404", "BCEWithLogitsLoss")) == (not is_gate(name))
    assert bool(said("AC403", "BCELoss")) == (not (low >= -1e-9 and high <= 1 + 1e-9))
    assert bool(said("AC409", "NLLLoss")) == (not (high <= 0 and low < -20))


@pytest.mark.parametrize("name", NAMES)
def test_in_a_regression(name: str) -> None:
    act, head = function(name), HEAD.format(task="regression", loss="MSELoss")
    cuts = bool((act(NUMBERS[NUMBERS < 0]) == 0).all())
    assert bool(told("AC405", spec(entry(name, "a"), head=head))) == cuts
    dropped = spec(
        "  - {type: Dropout, name: drop, p: 0.1}\n", entry(name, "a"), LINEAR.replace("map", "b"), head=head
    )
    assert told("AC406", dropped).startswith("drop (Dropout)")


@pytest.mark.parametrize("name", NAMES)
def test_around_a_norm(name: str) -> None:
    norm = "  - {type: BatchNorm1d, name: norm}\n"
    assert told("AC302", spec(entry(name, "a"), norm)).startswith("norm (BatchNorm1d)")
    act = function(name)
    homogeneous = all(same(act(factor * NUMBERS), factor * act(NUMBERS)) for factor in (0.5, 3))
    dropped = told("AC307", spec("  - {type: Dropout, name: drop, p: 0.1}\n", entry(name, "a"), norm))
    assert bool(dropped) == homogeneous


@pytest.mark.parametrize("name", NAMES)
def test_at_the_end_of_a_branch(name: str) -> None:
    body = "  - type: Residual\n    body:\n      - {type: Linear, out_features: 16}\n    " + entry(name, "a")
    said = told("AC503", spec(body))
    assert bool(said) == bool(function(name)(NUMBERS).min() >= 0)


@pytest.mark.parametrize("name", NAMES)
def test_in_a_deep_stack(name: str) -> None:
    layers = (entry(name, f"a{at}") + LINEAR.replace("map", f"b{at}") for at in range(6))
    assert bool(told("AC308", spec(*layers))) == is_gate(name)


FORMULAS = [name for name in KINDS if kind(name).in_formulas]
WRITTEN = {"Pow": ", exponent: 2", "Clamp": ", min: 0"}


@pytest.mark.parametrize("name", FORMULAS)
def test_steps_of_formulas_are_no_activations(name: str) -> None:
    """What is written out, log(1 + exp(x)) say, bends several times in a row, and stands between maps."""
    step = f"  - {{type: {name}{WRITTEN.get(name, '')}}}\n"
    for around in ("  - ReLU\n", "  - Sigmoid\n", step):
        for one, other in ((around, step), (step, around)):
            text = spec(one, other, LINEAR.replace("map", "c"))
            assert told("AC305", text) == ""
            said = told("AC306", text)  # what is sure of the numbers is told all the same
            assert not said or "changes nothing" in said or "nothing else" in said
