"""What training keeps before a Detach and behind it, and which weights learn, against torch as it runs."""

import pytest

from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.samples import samples
from archcalc.counting.costs import Pass, costs, together
from archcalc.footprint.gradients import gradient_flow
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.storages import Setting
from archcalc.footprint.training import TrainingRun, training_memory
from archcalc.loading import loads
from archcalc.tracing import trace
from tests.memory.kept import backward_of, left

HEAD = "inputs: {x: [6, 8]}\nlayers:\n"
LINEAR = "  - {{type: Linear, name: {0}, out_features: 8}}\n"
ROW = "  - {type: Detach, name: d}\n"
WRITTEN = {
    "a backbone": HEAD + LINEAR.format("a") + "  - {type: GELU, name: g}\n" + ROW + LINEAR.format("b"),
    "both ways": HEAD
    + LINEAR.format("a")
    + ROW
    + "  - {type: Tanh, name: t}\n  - {type: Multiply, name: m, from: [a, t]}\n",
    "a quantizer": HEAD
    + LINEAR.format("a")
    + "  - {type: Softsign, name: q}\n  - {type: Subtract, name: s, from: [q, a]}\n"
    + ROW
    + "  - {type: Add, name: z, from: [a, d]}\n"
    + LINEAR.format("b"),
    "the input": HEAD + ROW + LINEAR.format("a"),
    "the end": HEAD + LINEAR.format("a") + "  - {type: Tanh, name: t}\n" + ROW + "outputs: [t, d]\n",
    "tied": HEAD
    + LINEAR.format("a")
    + "  - {type: Sigmoid, name: s}\n"
    + ROW
    + "  - {type: Linear, name: b, out_features: 8, tie: a}\n",
    "local": HEAD + "  - {type: Linear, name: a, out_features: 8, repeat: 30}\n" + ROW + LINEAR.format("b"),
    "turns": HEAD
    + "  - {type: Sequential, repeat: 70, layers: [{type: Linear, out_features: 8}, Tanh, Detach]}\n"
    "  - {type: Linear, name: b, out_features: 8}\n",
    "a parameter": HEAD
    + "  - {type: Parameter, name: p, shape: [8, 8]}\n  - {type: Detach, name: d, from: p}\n"
    "  - {type: MatMul, name: m, from: [x, d]}\n" + LINEAR.format("b"),
}


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("case", WRITTEN)
def test_what_is_kept_and_what_learns(case: str, batch: int) -> None:
    agrees(WRITTEN[case], batch)


def agrees(text: str, batch: int) -> None:
    network, setting = trace(loads(text)), Setting(batch, training=True)
    really = left(TorchNetwork(network), *[each.detach() for each in samples(network, batch)])
    assert saved_activations(network, setting).bytes == really.bytes, text
    assert gradient_flow(network).weights == really.learning, text
    report = training_memory(network, setting, TrainingRun("adam"))
    said = {each.name: each.bytes for each in report.held}
    assert said["optimizer states"] == 2 * really.gradients + 4 * len(really.learning), text
    macs = together((1, each) for each in costs(network, Pass(batch=batch, backward=True)).values()).backward
    assert macs == backward_of(network, batch), text
