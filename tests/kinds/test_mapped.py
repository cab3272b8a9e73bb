"""Every layer kind along axes of a sample (Vmap), beside the kind at each position by itself."""

from typing import TYPE_CHECKING

import pytest
import torch
import yaml
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from archcalc import loads, trace
from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.verifying import verify
from archcalc.errors import SpecError
from archcalc.layers.registry import KINDS, kind
from tests.exporting.sources import TOLERANCE, difference, inputs
from tests.exporting.test_kinds import DRAWN_ANEW
from tests.kinds.samples import SAMPLES
from tests.kinds.test_contract import plain

if TYPE_CHECKING:
    from archcalc.tracing import Trace
    from tests.kinds.drawing import Sample

RANDOM = {*DRAWN_ANEW, "Reparameterize", "RandomMasking", "MaskTokens", "RReLU"}
"""Kinds that draw numbers at every call, in an order of their own."""
EXAMPLES = 1
SIZES = ((3,), (2, 3))


def network(name: str, sample: "Sample", sizes: tuple[int, ...]) -> "Trace":
    """One layer in as many Vmaps as there are sizes; in none where there are none.

    A sample that the kind refuses is not looked at.
    """
    arriving = {
        f"x{index}": {"shape": [*sizes, *shape], "dtype": dtype}
        for index, (shape, dtype) in enumerate(sample.arriving)
    }
    arguments = {key: plain(value) for key, value in sample.arguments.items()}
    layers: list[object] = [{"type": name, "name": "layer", "from": list(arriving), **arguments}]
    for _ in sizes:
        layers = [{"type": "Vmap", "from": next(iter(arriving)), "layers": layers}]
    spec: str = yaml.safe_dump({"inputs": arriving, "layers": layers})  # pyright: ignore[reportUnknownMemberType]  # untyped width
    return trace(loads(spec))


def of_one(name: str, sample: "Sample") -> "Trace":
    """The layer in no Vmap."""
    try:
        return network(name, sample, ())
    except SpecError:
        assume(condition=False)
        raise


@pytest.mark.parametrize("name", [name for name in KINDS if not kind(name).is_source and name != "Opaque"])
def test_a_kind_along_axes_is_the_kind_at_every_position(name: str) -> None:
    @seed(11)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(st.data())
    def look(data: st.DataObject) -> None:
        sample = data.draw(SAMPLES[name])
        sizes = data.draw(st.sampled_from(SIZES))
        one, many = of_one(name, sample), network(name, sample, sizes)
        found = verify(many)
        assert found.agrees, found
        if name not in RANDOM:
            assert_alike(one, many, sizes)
            assert difference(many, seed=1, batch=2, most=1) < TOLERANCE

    look()


def assert_alike(one: "Trace", many: "Trace", sizes: tuple[int, ...]) -> None:
    """The mapped network gives at every position what the other one makes of the numbers there."""
    single, whole = TorchNetwork(one).eval(), TorchNetwork(many).eval()
    single.load_state_dict(whole.state_dict())
    given = inputs(many, batch=2, seed=3, most=1)
    axes = len(sizes)
    with torch.no_grad():
        expected = single(*(each.flatten(0, axes) for each in given))
        for theirs, ours in zip(expected, whole(*given), strict=True):
            torch.testing.assert_close(ours.flatten(0, axes), theirs, rtol=1e-4, atol=1e-5, equal_nan=True)


def test_a_layer_that_reads_axes_finds_none_at_a_position_of_a_single_one() -> None:
    text = "inputs: {x: [6]}\nlayers: [{type: Vmap, layers: [{type: Linear, out_features: 2}]}]\n"
    with pytest.raises(SpecError, match=r"axes at each position, of \[6\] there is a number"):
        trace(loads(text))
