"""Random layers of many kinds through the tools that are installed, and through their conventions."""

import json
from copy import deepcopy
from random import Random

import pytest

from archcalc import loads, trace
from archcalc.errors import SpecError
from tests.counting.peers import INSTALLED, measured
from tests.counting.random_layers import FAMILIES, Drawn
from tests.counting.test_conventions import counted

SEED = 13
LAYERS = 5
"""Of a family; more with another seed by hand."""
OWN_SAMPLES = ("ptflops", "ptflops-aten")
"""Tools that make a batch of real numbers themselves: indices cannot be given to them."""


def drawn(random: Random, family: int) -> Drawn:
    """A layer that torch runs on a sample."""
    while True:
        try:
            layer = FAMILIES[family](random)
            layer.module.eval()(layer.sample)
        except (ValueError, RuntimeError, AssertionError):
            continue
        return layer


@pytest.mark.parametrize(
    "family", range(len(FAMILIES)), ids=[getattr(each, "__name__", "") for each in FAMILIES]
)
def test_conventions_count_as_the_tools(family: int) -> None:
    random = Random(f"{SEED} {FAMILIES[family].__name__}")  # noqa: S311  no secret
    compared = 0
    for _ in range(LAYERS):
        layer = drawn(random, family)
        told = json.dumps({"type": layer.kind, **layer.arguments})
        given = f"inputs: {{x: {{shape: {list(layer.shape)}, dtype: {layer.dtype}}}}}\nlayers: [{told}]"
        try:
            network = trace(loads(given))
        except SpecError:
            continue
        compared += 1
        for peer in INSTALLED:
            if layer.dtype == "float32" or peer not in OWN_SAMPLES:
                found = measured(peer, deepcopy(layer.module), layer.sample)
                assert counted(network, peer) == found, f"{peer} of seed {SEED}:\n{given}"
    assert compared > LAYERS // 2
