"""Gradients of plain stacks as torch initialises them: what AC505 says of one, against torch's own."""

from math import log, prod, sqrt
from typing import NamedTuple

import pytest
import torch
from torch import nn

from archcalc.layers.registry import KINDS, kind
from archcalc.layers.sloped_rectifiers import PReLU, RReLU
from archcalc.loading import loads
from archcalc.rules.context import Context
from archcalc.rules.questions.depth import plain_runs
from archcalc.rules.questions.vanishing import last_stretch
from archcalc.rules.residual.vanishing_gradient import LEAST
from archcalc.tracing import trace
from tests.kinds.trials import seeded
from tests.rules.found import subjects

GIVEN: dict[str, dict[str, float]] = {"Threshold": {"threshold": 0.1, "value": 0.5}}
CURVES = [name for name in KINDS if kind(name).bends and not kind(name).in_formulas]
INITIAL = [name for name in KINDS if kind(name).initial is not None]
DRAWS = 300_000


@pytest.mark.parametrize("square", [0.01, 1.0, 9.0])
@pytest.mark.parametrize("name", CURVES)
def test_what_a_function_does_to_squares_is_what_torch_measures(name: str, square: float) -> None:
    record = kind(name).model_validate(GIVEN.get(name, {}))
    seeded(1)
    z = torch.randn(DRAWS, dtype=torch.float64).mul(sqrt(square)).requires_grad_()
    y = _function(name)(z)
    (slopes,) = torch.autograd.grad(y.sum(), z)
    stated = record.bent(square)
    assert stated is not None
    measured = (float(y.detach().square().mean()), float(slopes.square().mean()))
    assert stated[:2] == pytest.approx(measured, rel=0.02, abs=1e-6)


def _function(name: str) -> nn.Module:
    if name == "QuickGELU":
        return _QuickGELU()
    module: nn.Module = getattr(nn, name)(**GIVEN.get(name, {}))
    return module.double().eval() if name == "RReLU" else module.double()


class _QuickGELU(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """X sigmoid(1.702 x)."""
        return x * torch.sigmoid(1.702 * x)


def test_slopes_that_are_learnt_begin_as_they_are_written() -> None:
    assert PReLU(init=0.5).bent(4.0)[:2] == pytest.approx((4 * (1 + 0.25) / 2, (1 + 0.25) / 2), rel=1e-3)
    assert RReLU(lower=0.2, upper=0.4).bent(1.0)[:2] == pytest.approx(((1 + 0.09) / 2,) * 2, rel=1e-3)


@pytest.mark.parametrize("name", INITIAL)
def test_the_variance_that_torch_begins_with(name: str) -> None:
    seeded(2)
    sizes = (64, 96) if name == "Linear" else (64, 96, 3)
    module: nn.Module = getattr(nn, name)(*sizes)
    tensors = dict(module.named_parameters())
    n = prod(tensors["weight"].shape[1:])
    assert float(tensors["weight"].detach().var()) * n == pytest.approx(kind(name).initial, rel=0.05)
    assert float(tensors["bias"].detach().square().mean()) * n == pytest.approx(kind(name).initial, rel=0.3)


def test_all_kinds_that_torch_begins_so_say_it() -> None:
    maps = ["Linear", *(f"{family}{rank}d" for family in ("Conv", "ConvTranspose") for rank in (1, 2, 3))]
    assert sorted(INITIAL) == sorted(maps)


class Stack(NamedTuple):
    """A plain stack, as a spec and in torch.

    Args:
        shape: of its input.
        step: entries of the spec that are repeated, and the modules of them.
        depth: how often.
    """

    shape: tuple[int, ...]
    step: tuple[str, ...]
    depth: int

    def text(self) -> str:
        """The spec."""
        layers = "".join(f"  - {entry}\n" for entry in self.step * self.depth)
        return f"inputs: {{x: {list(self.shape)}}}\nlayers:\n{layers}"


LINEAR = "{type: Linear, out_features: 64}"
CONV = "{type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}"
WIDE = "{type: Linear, out_features: 128}"
STACKS = {
    "5 ReLU": Stack((64,), (LINEAR, "ReLU"), 5),
    "10 ReLU": Stack((64,), (LINEAR, "ReLU"), 10),
    "19 ReLU": Stack((64,), (LINEAR, "ReLU"), 19),
    "20 ReLU": Stack((64,), (LINEAR, "ReLU"), 20),
    "25 ReLU": Stack((64,), (LINEAR, "ReLU"), 25),
    "20 ReLU of two widths": Stack((64,), (LINEAR, "ReLU", WIDE, "ReLU"), 10),
    "20 ReLU with norms": Stack((64,), (LINEAR, "LayerNorm", "ReLU"), 20),
    "20 ReLU with norms of the batch": Stack((64,), (LINEAR, "BatchNorm1d", "ReLU"), 20),
    "12 GELU": Stack((64,), (LINEAR, "GELU"), 12),
    "20 GELU": Stack((64,), (LINEAR, "GELU"), 20),
    "20 Tanh": Stack((64,), (LINEAR, "Tanh"), 20),
    "28 Tanh": Stack((64,), (LINEAR, "Tanh"), 28),
    "20 SELU": Stack((64,), (LINEAR, "SELU"), 20),
    "20 LeakyReLU": Stack((64,), (LINEAR, "{type: LeakyReLU, negative_slope: 0.2}"), 20),
    "12 convolutions": Stack((16, 16, 16), (CONV, "ReLU"), 12),
    "20 convolutions": Stack((16, 16, 16), (CONV, "ReLU"), 20),
    "20 convolutions with norms": Stack((16, 16, 16), (CONV, "BatchNorm2d", "ReLU"), 20),
}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_it_speaks_of_the_stacks_whose_gradient_torch_loses(stack: Stack) -> None:
    measured = _measured(stack)
    assert (subjects("AC505", stack.text()) != []) == (measured < LEAST)
    if any("Norm" in entry for entry in stack.step):
        return
    model = loads(stack.text())
    context = Context(model, trace(model))
    (run,) = plain_runs(context)
    stated = sqrt(last_stretch(context, run).at_last)
    layers = stack.depth * len(stack.step) // 2
    # Of the logarithm, as errors of single layers multiply; a padding takes a little more away.
    assert log(stated) / layers == pytest.approx(log(measured) / layers, abs=0.07)


def _measured(stack: Stack) -> float:
    """The gradient at the first map, of that at the last one: a mean of logarithms over initialisations."""
    model = loads(stack.text())
    layers = trace(model).layers
    logarithms: list[float] = []
    for seed in range(4):
        seeded(seed)
        x = torch.randn(16, *stack.shape, dtype=torch.float64)
        gave: list[torch.Tensor] = []
        for layer in layers:
            arguments = {key: value for key, value in layer.resolved.items() if value is not None}
            module: nn.Module = getattr(nn, layer.type)(**arguments)
            x = module.double()(x)
            if layer.arguments.linear:
                gave.append(x)
        gradients = torch.autograd.grad((x * torch.randn_like(x)).sum(), [gave[0], gave[-1]])
        first, last = (float(each.square().sum()) for each in gradients)
        logarithms.append(log(first / last) / 2)
    return float(torch.tensor(logarithms, dtype=torch.float64).mean().exp())


def test_a_norm_begins_anew() -> None:
    half = f"  - {{type: Sequential, repeat: 12, layers: [{LINEAR}, ReLU]}}\n"
    head = "inputs: {x: [64]}\nlayers:\n"
    assert subjects("AC505", head + half + half) == ["sequential_0.0.linear_0"]
    assert not subjects("AC505", f"{head}{half}  - LayerNorm\n{half}")
    assert subjects("AC505", f"{head}  - BatchNorm1d\n{half}{half}") == ["sequential_0.0.linear_0"]


@pytest.mark.parametrize(
    "bend", ["LeakyReLU, negative_slope: 1e308", "ELU, alpha: 1e308", "PReLU, init: 1e160"]
)
def test_nothing_is_said_behind_numbers_beyond_what_a_double_holds(bend: str) -> None:
    layers = f"- {{type: Linear, out_features: 8}}\n- {{type: {bend}}}\n" * 12
    model = loads(f"inputs: {{x: [8]}}\nlayers:\n{layers}- {{type: Linear, out_features: 4}}\n")
    context = Context(model, trace(model))
    (run,) = plain_runs(context)
    assert len(last_stretch(context, run).maps) == 1
