"""Random networks over all kinds agree with their torch modules, every name, shape and product."""

import os
import warnings

import pytest
import yaml

from archcalc import load, trace
from archcalc.bridge.probing.fields import verify_fields
from archcalc.bridge.verifying import verify
from archcalc.layers.registry import KINDS
from tests.bridge.random_networks import network
from tests.memory.whole_networks import agrees, is_comparable
from tests.samples import samples, seed

NETWORKS = 1_000
LOOKED_INTO = samples(40)
"""Networks whose fields are compared too."""
KEPT = 100
"""Networks of which it is compared what they keep."""
FIXED = 1
SEEDS = sorted({FIXED, int(os.environ.get("ARCHCALC_SEED", "0")) or seed(FIXED)})
"""Networks of one seed in the usual run, and of another in a thorough one."""


def told(drawn: int, index: int, spec: object) -> str:
    """How to see a network again: the seed as ``ARCHCALC_SEED``, and the spec itself."""
    text = yaml.safe_dump(spec, sort_keys=False)  # pyright: ignore[reportUnknownMemberType]  # untyped width
    return f"ARCHCALC_SEED={drawn}, network {index}:\n{text}"


@pytest.mark.parametrize("drawn", SEEDS)
def test_networks_are_what_torch_builds(drawn: int) -> None:
    kinds: set[str] = set()
    features: set[str] = set()
    with warnings.catch_warnings(action="ignore"):
        for index in range(NETWORKS):
            spec = network(drawn, index)
            traced = trace(load(spec))
            found = verify(traced)
            differences = [str(each) for check in found.checks for each in check.mismatches]
            assert not differences, "\n".join([*differences, told(drawn, index, spec)])
            known = [layer for layer in traced.layers if layer.type != "Opaque"]
            assert found.checks[0].agreed >= len(known)
            kinds |= {layer.type for layer in traced.layers}
            features |= {"tied" for layer in traced.layers if layer.tied}
            features |= {"frozen" for layer in traced.layers if layer.frozen and layer.facts.weights}
            features |= {"inside" for layer in traced.layers if "." in layer.name and layer.facts.weights}
            features |= {"several inputs" for layer in traced.layers if len(layer.inputs) > 1}
    assert len(kinds) > 0.95 * len(KINDS), set(KINDS) - kinds
    assert features == {"tied", "frozen", "inside", "several inputs"}


@pytest.mark.parametrize("drawn", SEEDS)
def test_networks_keep_what_torch_keeps(drawn: int) -> None:
    """Saved activations to the byte, and which outputs lie in one storage.

    Of 800 random networks about three differ (a slice that stays in the larger
    storage of a window, a table that is looked up by its bare name).
    """
    compared = 0
    with warnings.catch_warnings(action="ignore"):
        for index in range(KEPT):
            spec = network(drawn, index)
            traced = trace(load(spec))
            if is_comparable(traced):
                compared += agrees(traced, 1 + index % 3, told(drawn, index, spec))
    assert compared > KEPT / 2


@pytest.mark.parametrize("drawn", SEEDS)
def test_units_read_what_gradients_reach(drawn: int) -> None:
    compared = 0
    with warnings.catch_warnings(action="ignore"):
        for index in range(LOOKED_INTO):
            spec = network(drawn, index)
            checks = verify_fields(trace(load(spec)))
            differences = [str(each) for check in checks for each in check.mismatches]
            assert not differences, "\n".join([*differences, told(drawn, index, spec)])
            compared += sum(check.agreed for check in checks)
    assert compared > 10 * LOOKED_INTO
