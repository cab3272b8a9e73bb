"""A budget within what only counts: it refuses all the same, and what it took is counted around it."""

import pytest

from archcalc import effort
from archcalc.errors import SpecError
from archcalc.loading import loads
from archcalc.tracing import trace


def test_a_toll_around_a_budget_takes_none_of_its_limit() -> None:
    network = trace(loads("inputs: {x: [4]}\nlayers: [ReLU]\n"))
    toll = effort.Toll()
    with effort.metered(toll):
        with pytest.raises(SpecError), effort.effort(network):
            effort.spend(2 * effort.STEPS)
        with effort.effort(network):
            effort.spend(7)
        effort.spend(3)
    assert toll.taken == 2 * effort.STEPS + 10
