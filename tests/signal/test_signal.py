"""Signal and gradient at initialisation, in closed form, against networks of torch.

Means over 32 draws of the weights stand in ``measured.csv``, which ``python -m tests.signal.write`` writes;
some networks are measured here again, with other seeds.
"""

import csv
from math import isfinite, log
from pathlib import Path

import pytest

from archcalc.loading import loads
from archcalc.propagating.first_step import first_step
from archcalc.propagating.records import SignalReport
from archcalc.propagating.walking import signal
from archcalc.tracing import Trace, trace
from tests.signal.measuring import measured
from tests.signal.networks import MEASURED

HERE = Path(__file__).parent
ROWS = list(csv.DictReader((HERE / "measured.csv").open(encoding="utf-8")))
NEAR, RECTIFIED = 0.1, 0.15
"""Of the logarithm, for each trained layer between a place and where the gradient, or the signal, begins; and
where shortcuts are rectified behind their sums, as ResNet's are: such a sum is taken for a normal number.
"""
UNSURE = {("resnet", "s.0.b.conv1"), ("resnet", "s.0.b.downsample.0")}
"""Maps of few numbers before a norm over the batch."""
LIVE = ("relu kaiming", "causal attention", "batch norm", "gated")


def stated(name: str) -> tuple[Trace, SignalReport]:
    """A network and what the rules say of it."""
    text, init = MEASURED[name]
    network = trace(loads(text))
    return network, signal(network, init)


def between(network: Trace) -> dict[str, tuple[int, int]]:
    """Layer -> trained layers up to it and from it on."""
    trained = [bool(layer.facts.weights and layer.facts.macs) for layer in network.layers]
    return {
        layer.name: (max(1, sum(trained[: index + 1])), max(1, sum(trained[index + 1 :])))
        for index, layer in enumerate(network.layers)
    }


@pytest.mark.parametrize("name", MEASURED)
def test_it_says_what_was_measured(name: str) -> None:
    network, report = stated(name)
    depths = between(network)
    rows = [row for row in ROWS if row["network"] == name]
    assert len(rows) > 0
    for row in rows:
        found, (before, behind) = report.layers[row["layer"]], depths[row["layer"]]
        assert found.reliable or (name, row["layer"]) in UNSURE, found.doubt
        assert found.state
        assert found.gradient
        if float(row["signal"]):
            off = log(found.state.square / float(row["signal"])) / before
            assert off == pytest.approx(0, abs=NEAR), row
        else:
            assert found.state.square == 0
        if row["gradient"]:
            if not float(row["gradient"]):
                assert found.gradient.square == 0
                continue
            off = log(found.gradient.square / float(row["gradient"])) / behind
            assert off == pytest.approx(0, abs=RECTIFIED if name == "resnet" else NEAR), row


@pytest.mark.parametrize("name", LIVE)
def test_it_says_what_is_measured_now(name: str) -> None:
    network, report = stated(name)
    now = measured(network, MEASURED[name][1], draws=6, batch=24, seed=7)
    depths = between(network)
    for layer in network.layers:
        found, (before, behind) = report.layers[layer.name], depths[layer.name]
        assert found.state
        assert found.gradient
        assert log(found.state.square / now.squares[layer.name]) / before == pytest.approx(0, abs=0.25)
        assert log(found.gradient.square / now.gradients[layer.name]) / behind == pytest.approx(0, abs=0.25)


def test_most_points_are_within_a_tenth() -> None:
    """What docs/signal.md says of single points, wherever they stand in a network."""
    near = total = 0
    for name in MEASURED:
        _, report = stated(name)
        for row in (row for row in ROWS if row["network"] == name):
            found = report.layers[row["layer"]]
            assert found.state
            pairs = [(found.state.square, row["signal"])]
            if row["gradient"] and found.gradient:
                pairs.append((found.gradient.square, row["gradient"]))
            for said, was in ((said, was) for said, was in pairs if float(was)):
                total += 1
                near += abs(said / float(was) - 1) <= 0.1
    assert near >= 0.93 * total, f"{near} of {total}"


def test_a_kind_without_a_rule_says_so_and_gives_no_number() -> None:
    text = (
        "inputs: {x: [5, 8], e: {shape: [2, 9], dtype: int64}}\nlayers:\n"
        "  - {type: Linear, name: a, out_features: 8}\n"
        "  - {type: GCNConv, name: g, from: [a, e], out_channels: 8}\n"
        "  - {type: Linear, name: b, out_features: 8}\n  - {type: LayerNorm, name: n}\n"
    )
    report = signal(trace(loads(text.replace("name: a,", "name: a, from: x,"))))
    graph, behind, norm, before = (report.layers[name] for name in "gbna")
    assert (graph.state, graph.reliable, graph.doubt) == (None, False, "no rule is known for this kind")
    assert behind.state is None
    assert not behind.reliable
    assert norm.state is not None  # whatever arrives
    assert norm.state.square == pytest.approx(1, rel=1e-3)
    assert before.state is not None
    assert before.gradient is None
    assert not before.reliable


def test_shared_weights_are_doubted() -> None:
    text = (
        "inputs: {x: [8]}\nlayers:\n  - {type: Linear, name: a, out_features: 8}\n  - ReLU\n"
        "  - {type: Linear, name: b, out_features: 8, tie: a}\n"
    )
    assert "those of a" in signal(trace(loads(text))).layers["b"].doubt


def test_a_spec_says_how_weights_are_drawn_and_the_nearest_one_counts() -> None:
    text = (
        "inputs: {x: [32]}\nvars: {way: kaiming_normal}\nlayers:\n  - type: Sequential\n    init: =way\n"
        "    layers:\n      - {type: Linear, name: a, out_features: 32}\n"
        "      - {type: Linear, name: b, out_features: 32, init: zeros}\n"
        "      - {type: Linear, name: c, out_features: 32, init: default}\n"
    )
    layers = signal(trace(loads(text))).layers
    squares = [state.square for each in layers.values() if (state := each.state)]
    assert squares == pytest.approx([2, 0, 1 / 96])
    wanted = signal(trace(loads(text)), ("xavier_uniform",)).layers["a"].state
    assert wanted
    assert wanted.square == pytest.approx(1)


def test_depth_scale_and_blame() -> None:
    network, report = stated("relu")
    found = first_step(network, report)
    # Every layer takes 1/6 of the squared gradient, and signals shrink towards those of the biases.
    steps = [report.layers[f"s.{n}.map"].gradient for n in (4, 5)]
    assert steps[0]
    assert steps[1]
    assert steps[0].square / steps[1].square == pytest.approx(1 / 6)
    assert found.depth
    assert isfinite(found.depth)
    assert {each.type for each in found.blame} == {"Linear", "ReLU"}
