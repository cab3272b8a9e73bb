"""Integrals over normal numbers look at as many places as they need, and a network pays for those."""

from math import erf, exp, log1p, sqrt, tanh
from typing import TYPE_CHECKING

import pytest

from archcalc import effort, loads, trace
from archcalc.formulas import gaussian
from archcalc.formulas.gaussian import (
    gaussian_moments,
    product_of_two,
    slope_behind,
    slopes_of_two,
    tilt,
)
from archcalc.formulas.shifted import Bend
from archcalc.layers.carrying import kernels
from archcalc.propagating import curing, walking
from archcalc.propagating.walking import signal

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS: "dict[str, tuple[Callable[[float], float], bool]]" = {
    "tanh": (tanh, True),
    "logistic": (lambda x: 1 / (1 + exp(-x)), True),
    "softplus": (lambda x: log1p(exp(-abs(x))) + max(x, 0.0), True),
    "gelu": (lambda x: x * (1 + erf(x / sqrt(2))) / 2, True),
    "hard tanh": (lambda x: max(-1.0, min(1.0, x)), False),
    "relu6": (lambda x: max(0.0, min(6.0, x)), False),
    "threshold": (lambda x: x if x > 0.3 else 0.1, False),
    "hard shrink": (lambda x: x if abs(x) > 0.5 else 0.0, False),
}
"""Functions, and whether they have no kink."""


def over(many: int, function: "Callable[[float], float]") -> float:
    """E f(z) of a standard normal number, over many places."""
    step = 16 / many
    places = ((place + 0.5) * step - 8 for place in range(many))
    return sum(function(z) * exp(-z * z / 2) for z in places) * step / 2.5066282746310002


@pytest.mark.parametrize("square", [1e-6, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_integrals_are_what_many_places_say(name: str, square: float) -> None:
    function, smooth = FUNCTIONS[name]
    deviation = sqrt(square)
    within = 1e-6 if smooth else 1e-3
    found = gaussian_moments(function, square)
    power = over(20_000, lambda z: function(deviation * z) ** 2)
    assert found.power == pytest.approx(power, rel=within, abs=1e-18)
    assert found.mean == pytest.approx(
        over(20_000, lambda z: function(deviation * z)), abs=within * sqrt(power)
    )
    assert found.fourth * found.power**2 == pytest.approx(
        over(20_000, lambda z: function(deviation * z) ** 4), rel=within, abs=1e-30
    )
    turned = over(20_000, lambda z: function(deviation * z) * (z * z - 1)) / deviation
    assert tilt(function, square) == pytest.approx(turned, rel=within, abs=within * sqrt(power) / deviation)
    assert product_of_two(function, square, square) == pytest.approx(power, rel=within, abs=1e-18)
    assert product_of_two(function, square, 0.0) == pytest.approx(
        found.mean**2, rel=within, abs=within * power
    )
    if smooth and square <= 1:
        assert found.places <= 350


@pytest.mark.parametrize("name", ["tanh", "logistic", "softplus", "gelu"])
def test_integrals_over_two_numbers_are_what_many_pairs_say(name: str) -> None:
    function, _ = FUNCTIONS[name]
    for common in (0.1, 0.5, 0.9):
        shared, alone = sqrt(common), sqrt(1 - common)

        def mean(z: float, shared: float = shared, alone: float = alone) -> float:
            return over(100, lambda y: function(shared * z + alone * y)) ** 2

        assert product_of_two(function, 1.0, common) == pytest.approx(over(100, mean), rel=1e-6)
    assert slopes_of_two(function, 1.0, 0.0) >= 0


@pytest.mark.parametrize(("below", "above"), [(0.0, 1.0), (0.1, 1.0), (-1.0, 1.0), (0.5, -2.0)])
@pytest.mark.parametrize("centre", [-2.0, -0.3, 0.2, 1.0, 4.0])
def test_formulas_of_a_bend_are_what_many_places_say(centre: float, below: float, above: float) -> None:
    bend, square = Bend(centre, below, above), 1.7
    jump = 0.02 * max(1, (above - below) ** 2)  # the slopes' own, at which sums over places are off

    def moved(x: float) -> float:
        return (centre + x) * (above if centre + x >= 0 else below)

    found, said = bend.bent(square), gaussian_moments(moved, square)
    assert found[:4] == pytest.approx(said[:4], rel=0.01, abs=1e-3)
    assert found.power == pytest.approx(over(20_000, lambda z: moved(sqrt(square) * z) ** 2), rel=1e-6)
    assert bend.tilt(square) == pytest.approx(tilt(moved, square), rel=1e-3, abs=1e-3)
    for common in (0.0, 0.3, 1.5, square):
        product, slopes = product_of_two(moved, square, common), slopes_of_two(moved, square, common)
        assert bend.product(square, common) == pytest.approx(product, rel=1e-3, abs=1e-4)
        assert bend.slopes(square, common) == pytest.approx(slopes, rel=0.03, abs=jump)


@pytest.mark.parametrize("centre", [-0.7, 0.0, 0.4])
@pytest.mark.parametrize(("inner", "outer"), [((0.0, 1.0), (0.1, 1.0)), ((0.2, 1.0), (-1.0, 3.0))])
def test_a_bend_of_a_bend_is_one(
    centre: float, inner: tuple[float, float], outer: tuple[float, float]
) -> None:
    def bent(x: float, slopes: tuple[float, float]) -> float:
        return x * slopes[x >= 0]

    first, square = Bend(centre, *inner), 0.8
    assert first.rises
    whole, steep = first.behind(*outer).bent(square), first.slopes_behind(*outer).bent(square)
    said = gaussian_moments(lambda x: bent(bent(centre + x, inner), outer), square)
    assert whole[:3] == pytest.approx(said[:3], rel=0.01)
    behind = slope_behind(lambda x: bent(centre + x, inner), lambda x: bent(x, outer), square)
    assert steep.slope == pytest.approx(behind, rel=0.02, abs=1e-6)


def test_rectifiers_of_numbers_with_a_mean_look_at_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def looked(*words: object) -> None:
        asked.append(words)

    for name in ("gaussian_moments", "product_of_two", "slopes_of_two"):
        monkeypatch.setattr(kernels, name, looked)
    line = "{type: Linear, out_features: 9}"
    block = f"{line}, ReLU, LeakyReLU, {{type: Residual, body: [{line}, LeakyReLU]}}, ReLU, ReLU"
    signal(trace(loads(f"inputs: {{x: [9]}}\nlayers: [{block}, {block}]\n", "f.yaml")))
    assert not asked


def test_a_network_pays_for_the_places_that_were_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[int] = []

    def told(_: object, steps: int) -> None:
        spent.append(steps)

    monkeypatch.setattr(kernels, "spend_once", told)
    smooth = kernels.Kernel(kernels.FunctionOfNumbers(tanh, "the smooth one")).one(1.0)
    kinked = kernels.Kernel(kernels.FunctionOfNumbers(FUNCTIONS["relu6"][0], "the one with kinks")).one(1.0)
    assert spent == [kernels.PLACE * smooth.places, kernels.PLACE * kinked.places]
    assert spent[1] > 8 * spent[0] > 0


def test_a_state_of_a_recurrence_asks_for_no_slopes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    plain = gaussian_moments

    def counted(*words: object) -> object:
        asked.append(words)
        return plain(*words)  # type: ignore[arg-type]  # handed on

    for room in (kernels, gaussian):  # activations ask the formula itself
        monkeypatch.setattr(room, "gaussian_moments", counted)
    text = "inputs: {x: [400, 7]}\nlayers: [{type: GRU, hidden_size: 11, num_layers: 3}]\n"
    signal(trace(loads(text, "f.yaml")))
    assert 0 < len(asked) <= 12


def test_all_cures_of_a_signal_together_have_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = ", ".join("{type: Linear, out_features: 8}, Sigmoid" for _ in range(40))
    network = trace(loads(f"inputs: {{x: [8]}}\nlayers: [{layers}]\n", "f.yaml"))
    report = signal(network)
    tried: list[object] = []

    def walked(*words: object) -> object:
        tried.append(words)
        return walking.signal(*words)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(curing, "signal", walked)
    curing.mended(network, report)
    whole = len(tried)
    tried.clear()
    monkeypatch.setattr(effort, "STEPS", 2 * curing.TRIED * len(network.layers))
    monkeypatch.setattr(effort, "EACH", 0)
    curing.mended(network, report)
    assert len(tried) < whole
