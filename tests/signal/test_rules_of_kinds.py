"""Whatever the rule of a kind says on random arguments is sane: finite, no more in common than there is."""

from math import isfinite, prod

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from archcalc.facts import Tensor
from archcalc.layers.registry import kind
from archcalc.moments import Arrived, Gradient, Moments, Unruled
from tests.kinds.drawing import Sample
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred

ROUND = 1 + 1e-9


@pytest.mark.parametrize("start", range(8))
def test_what_rules_say_is_sane(start: int) -> None:
    for name in sorted(SAMPLES)[start::8]:
        _try(name)


def _try(name: str) -> None:
    @seed(11)
    @settings(
        max_examples=2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.large_base_example,
        ],
    )
    @given(sample=SAMPLES[name])
    def one(sample: Sample) -> None:
        _check(name, sample)

    one()


def _check(name: str, sample: Sample) -> None:
    facts = inferred(name, sample)
    if isinstance(facts, str):
        return
    layer = kind(name).model_validate(sample.arguments)
    read = tuple(
        _arrived(Tensor(shape, dtype), place) for place, (shape, dtype) in enumerate(sample.arriving)
    )
    found = layer.carry(read, facts, layer.drawn(facts))
    if isinstance(found, Unruled):
        assert found.reason
        return
    assert len(found.states) == len(facts.outputs), (name, sample)
    for state in found.states:
        assert isfinite(state.square), (name, sample)
        assert max(state.common, state.shared, 0.0) <= state.square * ROUND, (name, sample, state)
    back = found.back(tuple(Gradient(1.0, 0.5) for _ in facts.outputs))
    assert len(back) == len(read), (name, sample)
    for gradient in back:
        assert isfinite(gradient.square), (name, sample)
        assert max(gradient.common, 0.0) <= gradient.square * ROUND, (name, sample, gradient)


def _arrived(tensor: Tensor, place: int) -> Arrived:
    alone = prod(tensor.shape[1:]) <= 1
    return Arrived(
        tensor, Moments(1.0, 1.0 if alone else 0.0, source=f"x{place}") if tensor.is_float else None
    )
