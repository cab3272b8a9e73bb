"""Every layer kind with random arguments, as a network of one layer: exported, and built by the bridge."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from archcalc import loads, trace
from archcalc.errors import SpecError
from archcalc.exporting import torch_source
from archcalc.layers.registry import KINDS
from tests.exporting.sources import TOLERANCE, built, difference, stated, tensors
from tests.kinds.samples import SAMPLES
from tests.kinds.test_contract import written

if TYPE_CHECKING:
    from archcalc.tracing import Trace
    from tests.kinds.drawing import Sample

DRAWN_ANEW = {"FractionalMaxPool2d", "FractionalMaxPool3d"}
"""Kinds that draw places at every call, in an order of their own."""
EXAMPLES = 6


def network(name: str, sample: "Sample") -> "Trace":
    """A spec of one layer; a sample that is refused is not looked at."""
    try:
        return trace(loads(written(name, sample)))
    except SpecError:
        assume(condition=False)
        raise


@pytest.mark.parametrize("name", [name for name in KINDS if name != "Opaque"])
def test_a_layer_is_what_the_bridge_makes_of_it(name: str) -> None:
    @seed(7)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(st.data())
    def look(data: st.DataObject) -> None:
        one = network(name, data.draw(SAMPLES[name]))
        assert tensors(built(torch_source(one))) == stated(one)
        if name not in DRAWN_ANEW:
            assert difference(one, seed=1, batch=2, most=1) < TOLERANCE

    look()
