"""Steps of a network whose sizes remember follow from these: they are counted, and summed up once."""

from typing import TYPE_CHECKING

import pytest

from archcalc import SpecError, effort, loads, trace
from archcalc.sizes.tape import Tape

if TYPE_CHECKING:
    from archcalc import Trace

ONE = "inputs: {x: [4]}\nlayers: [ReLU]\n"


def spending(network: "Trace", *steps: int) -> None:
    """Take steps of the budget of a network."""
    with effort.effort(network):
        for each in steps:
            effort.spend(each)


def test_steps_that_follow_from_sizes_are_summed_up_once() -> None:
    network = trace(loads(ONE))
    tape = Tape()
    size = tape.give("n", 700)
    spent = [(size * 3 + turn) // 64 for turn in range(20)]
    before = tape.steps.taken
    spending(network, *100 * spent)
    assert tape.steps.taken - before < len(100 * spent) / 2
    assert len(tape.conditions.others) == 1


def test_steps_of_sizes_are_refused_as_plain_ones_and_it_is_noted_where() -> None:
    network = trace(loads(ONE))
    told: list[str] = []
    for size in (900, Tape().give("n", 900)):
        with pytest.raises(SpecError) as caught:
            spending(network, size * 1000, size * 2500)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "takes 3,150,000 steps" in told[0]
    tape = Tape()
    size = tape.give("n", 900)
    spending(network, size * 1000)
    assert tape.places.bounds[0][1] == (effort.STEPS + effort.EACH) // 1000
