"""Cures that ``signal`` tells, measured with torch: a moment leaves its range without them, and none with."""

from math import sqrt
from typing import TYPE_CHECKING

import pytest

from archcalc.loading import check, loads
from archcalc.propagating.curing import NEAR, mended
from archcalc.propagating.first_step import first_step
from archcalc.propagating.walking import signal
from archcalc.tracing import trace
from tests.signal.measuring import measured
from tests.signal.networks import HEAD, STUCK, linear, residual, stack

if TYPE_CHECKING:
    from archcalc.tracing import Trace

WIDE = ', init: "normal:1"'
POST = stack(
    "[32]",
    residual(linear(32, WIDE), "Tanh", "{type: Linear, out_features: 32, init: 'normal:1'}"),
    "LayerNorm",
    depth=24,
    end=HEAD,
)
BARE = stack("[32]", residual(linear(32, WIDE), "{type: Linear, out_features: 32}"), depth=14, end=HEAD)
CURED = {
    "an initialisation": (STUCK["22 ReLU"].text, "init: kaiming_normal"),
    "one in place of large weights": (STUCK["standard normal weights"].text, "init: lecun"),
    "norms": (STUCK["18 GELU"].text, "LayerNorm behind each of 18 maps"),
    "norms of maps": (STUCK["22 ReLU of convolutions"].text, "BatchNorm2d behind each of 24 maps"),
    "shortcuts": (STUCK["36 ReLU"].text, "a shortcut (Residual) around every map"),
    "shortcuts around functions": (
        STUCK["twelve sigmoids"].text,
        "a shortcut (Residual) around every map and its activation",
    ),
    "pre-norm in place of post-norm": (POST, "pre-norm: 24 norms in front of branches, not behind sums"),
    "pre-norm": (BARE, "pre-norm: a norm in front of each of 14 branches"),
}
"""What cures -> a spec, and the words of the cure."""
ROOM = 4.0
"""By how much what few draws give may be beyond the limit that was calculated."""


def spread(network: "Trace", init: tuple[str, ...] = ()) -> float:
    """By how much the lengths of signals, and those of gradients, of trained layers differ in torch."""
    found = measured(network, init, draws=3, batch=8, seed=5, wide=True)
    trained = [layer.name for layer in network.layers if layer.facts.macs]
    moments = [[each[name] for name in trained] for each in (found.squares, found.gradients)]
    return sqrt(max(max(each) / min(each) for each in moments))


@pytest.mark.parametrize("what", CURED)
def test_a_cure_that_is_told_keeps_the_moments_of_the_real_modules_in_range(what: str) -> None:
    text, words = CURED[what]
    before = trace(loads(text))
    told = mended(before, signal(before), lambda document: trace(check(document)))
    cure = {each.words: each for each in told}.get(words)
    assert cure is not None, [each.words for each in told]
    assert spread(before) > NEAR
    assert spread(cure.network, cure.init) < ROOM * NEAR


def test_what_does_not_cure_is_not_told() -> None:
    before = trace(loads(STUCK["twelve sigmoids"].text))
    told = mended(before, signal(before), lambda document: trace(check(document)))
    assert not any("init" in each.words or "Norm" in each.words for each in told), told


def test_a_signal_that_explodes_is_told_though_the_gradient_holds() -> None:
    network = trace(loads(STUCK["standard normal weights"].text))
    found = first_step(network, signal(network))
    assert found.word == "holds"
    assert found.forward
    assert found.forward.word == "explodes"
    assert found.forward.blame[0].type == "Linear"
    now = measured(network, draws=3, batch=16, seed=3, wide=True).squares
    assert now[found.forward.far.name] / now[found.forward.first.name] == pytest.approx(
        found.forward.ratio**2, rel=1
    )
