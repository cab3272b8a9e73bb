"""Costs of long repeats: few turns are followed, and each layer has what it has when all are."""

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from archcalc import loads, trace
from archcalc.counting import costs as counted
from archcalc.counting.costs import Pass, costs, costs_of, together
from archcalc.counting.gradients import backward_macs
from archcalc.errors import SpecError
from tests.samples import samples, seed

if TYPE_CHECKING:
    from archcalc.tracing import Trace

INSIDE = (
    *("{type: Linear, out_features: 6}", "ReLU", "Detach", "{type: Linear, out_features: 6, frozen: true}"),
    *("{type: Residual, body: [{type: Linear, out_features: 6}]}", "LayerNorm"),
)
OUTSIDE = ("{type: Linear, out_features: 6}", "ReLU", "Detach")


def _network(draw: Random) -> str:
    inside = ", ".join(draw.sample(INSIDE, draw.randint(1, 4)))
    turns = draw.choice((2, 5, 30, 200))
    first, last = draw.choices(OUTSIDE, k=2)
    repeat = f"{{type: Sequential, name: s, repeat: {turns}, layers: [{inside}]}}"
    return f"inputs: {{x: [6]}}\nlayers: [{first}, {repeat}, {last}]\n"


DILATED = "Conv1d, out_channels: 4, kernel_size: 3, padding: 2, dilation: 2"


def _one_by_one(network: "Trace") -> list[tuple[int, int]]:
    backward = backward_macs(network)
    return [(layer.facts.macs or 0, backward[layer.name] or 0) for layer in network.layers]


def test_a_pass_backward_is_that_of_every_turn() -> None:
    draw = Random(first := seed(15))  # noqa: S311  nothing is secret
    for _ in range(samples(90)):
        text = _network(draw)
        network = trace(loads(text, "f.yaml"))
        found = costs(network, Pass(backward=True))
        every = _one_by_one(network)
        told = f"{text}of seed {first}"
        every_time = Counter[tuple[int, int]]()
        for times, each in costs_of(found, network.layers):
            every_time[each.macs, each.backward] += times
        assert every_time == Counter(every), told
        named = [found[layer.name] for layer in network.layers]
        assert [(each.macs, each.backward) for each in named] == every, told
        assert together((1, each) for each in named).backward == sum(backward for _, backward in every)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [("[6]", "Linear, out_features: 6"), ("[4, 9]", DILATED)],
)
def test_of_turns_that_are_alike_few_are_made(shape: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"inputs: {{x: {shape}}}\nlayers: [{{type: {kind}, repeat: 100000}}]\n"
    network = trace(loads(text, "f.yaml"))
    each = network.layers[0].facts.macs
    followed: list[int] = []

    def backward(of: "Trace", *, causal: bool = False) -> object:
        followed.append(len(of.layers))
        return backward_macs(of, causal=causal)

    monkeypatch.setattr(counted, "backward_macs", backward)
    found = together(costs_of(costs(network, Pass(backward=True)), network.layers))
    assert each
    assert (found.macs, found.backward) == (100_000 * each, 2 * 100_000 * each - each)
    assert max(followed) < 50
    assert len(costs_of(costs(network, Pass(backward=True)), network.layers)) < 10, (
        "turns count, and are no list"
    )
    assert "_made" not in vars(network.layers), "no layer of the other turns is made"


def test_turns_of_which_others_read_are_refused_where_they_are_many() -> None:
    text = """
inputs: {x: [6]}
layers:
- {type: Linear, name: many, out_features: 6, repeat: 100000}
- {type: Add, from: [many, many.40]}
"""
    network = trace(loads(text, "f.yaml"))
    with pytest.raises(SpecError, match="a backward pass takes its 100,001 layers one by one"):
        costs(network, Pass(backward=True))
