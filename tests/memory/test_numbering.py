"""Outputs by number are those that layers name, and what is said of a kind holds for each of its layers."""

import pytest

from archcalc.footprint.stated import answers_of, numbering
from archcalc.footprint.storages import Setting
from archcalc.loading import load, loads
from archcalc.tracing import trace

STATES = """
inputs: {x: [5, 8], y: [12]}
layers:
  - {type: LSTM, name: lstm, hidden_size: 6, from: x}
  - {type: Flatten, name: flat, from: lstm.h_n}
  - {type: Concat, name: both, from: [flat, y], dim: 0}
outputs: [both, lstm.c_n]
"""


def test_outputs_are_numbered_in_order_and_found_by_what_reads_them() -> None:
    found = numbering(trace(loads(STATES)))
    assert found.made == [(0,), (1,), (2, 3, 4), (5,), (6,)]
    assert found.reads == [(), (), (0,), (3,), (5, 1)]
    assert found.leaving == (6, 4)


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "gpt2"])
def test_each_layer_says_what_is_said_of_it(name: str) -> None:
    network, setting = trace(load(name)), Setting(3, training=True)
    found = answers_of(network, setting)
    for place, layer in enumerate(network.layers, len(network.inputs)):
        made, kind = found.wiring.of(layer), layer.arguments
        outputs = layer.facts.outputs.values()
        assert [found.bytes[at] for at in made] == [*map(setting.bytes, outputs)]
        assert [found.wiring.floats[at] for at in made] == [each.is_float for each in outputs]
        if layer.inputs:
            assert found.shared[place] == (kind.sharing(training=False), kind.sharing(training=True))
            kept = kind.keeping(setting.read(layer), layer.facts)
            assert found.kept[place] == (None if kept is None else kept.of_batch(3))
