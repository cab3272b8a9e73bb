"""Where a module lets a gradient end: what is read, learns and is kept as when torch trains the module."""

# Functions of modules that are whatever a case makes them: their lambdas have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

import random
from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.footprint.gradients import gradient_flow
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.storages import Setting
from archcalc.layers.registry import KINDS
from tests.importing.reading import assert_same
from tests.memory.kept import left
from tests.samples import samples

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 4


class Parts(nn.Module):
    """Maps that learn, one that does not, and a function of them.

    Args:
        function: of the module itself and its inputs.
    """

    def __init__(self, function: "Callable[..., object]") -> None:
        super().__init__()
        self.function = function
        self.a, self.b, self.c, self.d = (nn.Linear(6, 6) for _ in range(4))
        self.f = nn.Linear(6, 6).requires_grad_(requires_grad=False)

    def forward(self, *inputs: Tensor) -> object:
        """What the function gives."""
        return self.function(self, *inputs)


def under_no_grad(self: Parts, x: Tensor) -> Tensor:
    with torch.no_grad():
        x = functional.relu(self.a(x)) * 2
        x = self.b(x)
    return cast("Tensor", self.c(x) + self.d(x))


def in_inference_mode(self: Parts, x: Tensor) -> Tensor:
    with torch.inference_mode():
        x = self.a(x).tanh()
    return cast("Tensor", self.b(x.clone()))


def switched_on_again(self: Parts, x: Tensor) -> Tensor:
    with torch.no_grad():
        x = self.a(x)
        with torch.enable_grad():
            x = self.b(x)
        x = self.c(x)
    return cast("Tensor", self.d(x))


def read_by_several(self: Parts, x: Tensor) -> Tensor:
    x = self.a(x).detach()
    return cast("Tensor", self.b(x) * self.c(x) + x)


def both_ways(self: Parts, x: Tensor) -> Tensor:
    x = self.a(x)
    return cast("Tensor", self.b(x) * x.detach())


def in_place(self: Parts, x: Tensor) -> Tensor:
    x = self.a(x).sigmoid()
    x.detach_()
    return cast("Tensor", self.b(x))


def straight_through(self: Parts, x: Tensor) -> "tuple[Tensor, Tensor]":
    z = self.a(x)
    z = z + (torch.round(z) - z).detach()
    return self.b(z), z.detach()


def towards_a_target(self: Parts, x: Tensor, y: Tensor) -> Tensor:
    with torch.no_grad():
        target = self.a(y)
    return cast("Tensor", (self.b(self.a(x)) - target) ** 2)


def frozen_before(self: Parts, x: Tensor) -> Tensor:
    """The factory left nothing there that would learn: detach changes nothing."""
    return cast("Tensor", self.b(self.f(x).detach()))


CASES: "dict[str, tuple[Callable[..., object], int, int]]" = {
    "detach": (lambda self, x: self.b(self.a(x).tanh().detach()), 1, 1),
    "torch.detach": (lambda self, x: self.b(torch.detach(self.a(x)).tanh()), 1, 1),
    "data": (lambda self, x: self.b(self.a(x).sigmoid().data), 1, 1),
    "twice": (lambda self, x: self.c(self.b(self.a(x).detach()).detach()), 1, 2),
    "twice the same": (lambda self, x: self.b(self.a(x).detach().detach()), 1, 1),
    "the input": (lambda self, x: self.a(x.detach()), 1, 0),
    "a weight": (lambda self, x: functional.linear(self.b(x), self.a.weight.detach(), self.a.bias), 1, 1),
    "at the end": (lambda self, x: (self.a(x), self.b(self.a(x)).detach()), 1, 1),
    "read by several": (read_by_several, 1, 1),
    "both ways": (both_ways, 1, 1),
    "in place": (in_place, 1, 1),
    "under no_grad": (under_no_grad, 1, 1),
    "in inference_mode": (in_inference_mode, 1, 1),
    "switched on again": (switched_on_again, 1, 2),
    "straight through": (straight_through, 1, 2),
    "a target": (towards_a_target, 2, 1),
    "frozen before": (frozen_before, 1, 0),
    "truths": (lambda self, x: self.b(x) * (self.a(x) > 0).float(), 1, 0),
}
"""Module, inputs, and how many gradients end."""


@pytest.mark.parametrize("case", CASES)
def test_where_a_gradient_ends(case: str) -> None:
    function, inputs, ends = CASES[case]
    assert agrees(function, inputs).count("Detach") == ends


def agrees(function: "Callable[..., object]", inputs: int = 1) -> list[str]:
    """The spec of a module calculates the same, keeps as much, and as much of it learns; its kinds."""
    found = assert_same(lambda: Parts(function), *[(6,)] * inputs)
    really = left(Parts(function), *[torch.randn(BATCH, 6) for _ in range(inputs)])
    assert gradient_flow(found.trace).weights == really.learning
    assert saved_activations(found.trace, Setting(BATCH, training=True)).bytes == really.bytes
    return found.kinds


def test_it_is_a_layer_like_others() -> None:
    assert "Detach" in KINDS


@pytest.mark.parametrize("seed", range(samples(45)))
def test_random_ends(seed: int) -> None:
    """Layers in random order on random tensors made before, some detached and some under no_grad."""
    _ = agrees(lambda self, x: several(self, x, random.Random(seed)))  # noqa: S311  no secret


def several(self: Parts, x: Tensor, draw: random.Random) -> tuple[Tensor, ...]:
    there = [x]
    for name in draw.sample("abcdf", 5):
        layer = cast("nn.Module", getattr(self, name))
        act = draw.choice((torch.tanh, functional.relu, functional.gelu, torch.neg))
        with torch.set_grad_enabled(draw.random() < 0.6):
            y = act(layer(draw.choice(there[-2:])))
            y = y.detach() if draw.random() < 0.2 else y
            y = y * draw.choice(there) if draw.random() < 0.4 else y
        there.append(y + 1)
    return there[-1], there[-2] + there[-3]
