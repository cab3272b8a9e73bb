"""Rules against the networks by which they were mended: each layer is within a tenth, or marked.

``python -m tests.signal.write`` measures them anew.
"""

import csv
from math import log
from pathlib import Path

import pytest

from archcalc.loading import loads
from archcalc.propagating.walking import signal
from archcalc.tracing import trace
from tests.signal.fresh import FRESH
from tests.signal.test_signal import between

ROWS = list(csv.DictReader((Path(__file__).parent / "fresh.csv").open(encoding="utf-8")))
NEAR = 0.1
"""Of the logarithm, for each trained layer between a place and where the gradient, or the signal, begins."""
CHANCE = 3.0
"""Standard errors of a mean over draws."""
MARKED = {
    "Tanhshrink": 9,
    "llama, small": 67,
    "resnet": 3,
    "resnet, last norms 0": 3,
    "bottlenecks": 8,
    "separable": 3,
}
"""Layers that are not reliable; in all other networks all are."""


@pytest.mark.parametrize("name", FRESH)
def test_each_layer_is_within_a_tenth_or_marked(name: str) -> None:
    text, init = FRESH[name]
    network = trace(loads(text))
    layers, depths = signal(network, init).layers, between(network)
    marked = [layer for layer, each in layers.items() if not each.reliable]
    assert len(marked) == MARKED.get(name, 0), marked
    assert all(layers[layer].doubt for layer in marked)
    for row in (row for row in ROWS if row["network"] == name and row["layer"] not in marked):
        found, places = layers[row["layer"]], depths[row["layer"]]
        assert found.state
        assert found.gradient
        said = (found.state.square, found.gradient.square)
        for kind, number, depth in zip(("signal", "gradient"), said, places, strict=True):
            was = float(row[kind] or 0)
            if not was:
                assert kind == "gradient" or number == 0
                continue
            off = log(number / was)
            assert abs(off) <= NEAR * depth + CHANCE * float(row[f"{kind}_error"]), (kind, off, row)
