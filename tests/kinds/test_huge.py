"""Every kind with huge arguments and on huge inputs: refused, or no tensor is too large, and at once."""

import time
from math import prod
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archcalc import load, trace
from archcalc.errors import SpecError
from archcalc.layers.registry import KINDS
from tests.kinds.samples import SAMPLES
from tests.samples import samples

if TYPE_CHECKING:
    from tests.kinds.drawing import Sample

MOST = 2**63 - 1
HUGE = st.sampled_from([2**31, 2**32 + 1, 2**53 + 1, 2**61, 2**62, MOST - 1, MOST])
SECONDS = 5


def enlarged(draw: st.DrawFn, value: object) -> object:
    """The argument with some of its whole numbers huge, one way or the other."""
    if isinstance(value, tuple):
        return [enlarged(draw, item) for item in cast("tuple[object, ...]", value)]
    if type(value) is int and draw(st.booleans()):
        return draw(HUGE) * (1 if value > 0 else draw(st.sampled_from([1, -1])))
    return value


@st.composite
def specs(draw: st.DrawFn, name: str) -> dict[str, object]:
    """A network of one layer of a kind, from a sample with some huge numbers."""
    sample: Sample = draw(SAMPLES[name])
    arguments = {key: enlarged(draw, value) for key, value in sample.arguments.items()}
    whole = draw(st.integers(0, 2))  # all inputs alike, so that they fit one another
    factor = draw(HUGE)
    inputs = {
        f"x{index}": {
            "shape": [
                min(MOST, size * factor) if axis == whole or draw(st.integers(0, 9)) == 0 else size
                for axis, size in enumerate(shape)
            ],
            "dtype": dtype,
        }
        for index, (shape, dtype) in enumerate(sample.arriving)
    }
    return {"inputs": inputs, "layers": [{"type": name, "from": list(inputs), **arguments}]}


@pytest.mark.parametrize("name", KINDS)
def test_no_tensor_is_beyond_64_bits(name: str) -> None:
    @settings(
        max_examples=samples(40),
        deadline=None,
        derandomize=True,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(spec=specs(name))
    def ask(spec: dict[str, object]) -> None:
        begin = time.perf_counter()
        try:
            layers = trace(load(spec)).layers
        except SpecError as error:
            assert len(str(error)) < 2000, spec  # noqa: PT017  most are refused, not all
            layers = ()
        assert time.perf_counter() - begin < SECONDS, spec
        for layer in layers:
            tensors = [tensor.shape for tensor in layer.facts.outputs.values()]
            for shape in (*tensors, *layer.facts.weights.values(), *layer.facts.buffers.values()):
                assert all(0 <= size <= MOST for size in shape), (spec, shape)
                assert prod(shape) <= MOST, (spec, shape)

    ask()
