"""Conventions print what the tools print: figures measured with them, cell by cell."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcalc import load, loads, trace
from archcalc.analyses.parameters import params
from archcalc.counting.conventions.registry import CONVENTIONS
from tests.counting.measured import CASES, PATCHED_TWICE, PEERS, Case

if TYPE_CHECKING:
    from archcalc.tracing import Trace

IMAGE = (3, 224, 224)
CELLS = [(case, peer) for case in CASES for peer in PEERS]


@cache
def traced(case: Case) -> "Trace":
    """The network of a case."""
    if ":" not in case.layer.strip("{}"):
        return trace(load(case.layer)) if not case.inputs else _one(case)
    return _one(case) if case.layer[0] == "{" else trace(load(case.layer, inputs={"x": IMAGE}))


def _one(case: Case) -> "Trace":
    return trace(loads(f"inputs: {{x: {case.inputs}}}\nlayers: [{case.layer}]"))


def counted(network: "Trace", peer: str) -> Fraction:
    """Its multiply-accumulates by a convention."""
    if peer == "hand":
        return Fraction(sum(layer.facts.macs or 0 for layer in network.layers))
    convention = CONVENTIONS[peer]
    return sum((convention.macs(network, layer) or Fraction(0) for layer in network.layers), Fraction(0))


def rounded(macs: Fraction, figure: str) -> str:
    """G with as many digits as a figure has."""
    digits = len(figure.partition(".")[2])
    return f"{float(macs) / 1e9:.{digits}f}"


@pytest.mark.parametrize(("case", "peer"), CELLS, ids=[f"{case.name}-{peer}" for case, peer in CELLS])
def test_cells_are_as_measured(case: Case, peer: str) -> None:
    measured = case.measured[PEERS.index(peer)]
    if measured is None:
        return
    found = counted(traced(case), peer) * (2 if (case.name, peer) in PATCHED_TWICE else 1)
    assert (rounded(found, measured) if isinstance(measured, str) else found) == measured


def test_every_convention_is_measured_or_said_not_to_be() -> None:
    assert set(CONVENTIONS) - set(PEERS) == {"keras", "ultralytics", "darknet"}
    assert all(len(case.measured) == len(PEERS) for case in CASES)


HEADS = Path(__file__).parent / "yolov3_heads.yaml"


def darknet_ops(network: "Trace") -> float:
    """Billions that darknet prints; its detectors have no connected layer."""
    kept = [layer for layer in network.layers if layer.type != "Linear"]
    return sum(CONVENTIONS["darknet"].of(network, layer) or 0 for layer in kept) / 1e9


def test_darknet_prints_the_published_operations() -> None:
    """YOLOv3-416 has 65.86 Bn, layers of Darknet-19 0.113, 0.604 and 0.067 (pjreddie.com/darknet)."""
    detector = darknet_ops(trace(load("darknet53"), {"size": 416})) + darknet_ops(trace(load(str(HEADS))))
    assert f"{detector:.2f}" == "65.86"
    layers = (
        ("[3, 256, 256]", 32, 3, "0.113"),
        ("[32, 128, 128]", 64, 3, "0.604"),
        ("[128, 64, 64]", 64, 1, "0.067"),
    )
    for shape, channels, kernel, printed in layers:
        layer = f"{{type: Conv2d, out_channels: {channels}, kernel_size: {kernel}, padding: {kernel // 2}}}"
        network = trace(loads(f"inputs: {{x: {shape}}}\nlayers: [{layer}]"))
        assert f"{darknet_ops(network):.3f}" == printed


@pytest.mark.parametrize(
    ("norm", "published", "learned"), [(True, "8.9", 3_157_200), (False, "8.7", 3_151_904)]
)
def test_ultralytics_prints_the_published_operations(*, norm: bool, published: str, learned: int) -> None:
    """YOLOv8n has 8.9 GFLOPs, with its norms fused 8.7: what ``model.info()`` and the page of YOLOv8 say."""
    network = trace(load(str(HEADS.with_name("yolov8n.yaml"))), {"norm": norm})
    flops = sum(CONVENTIONS["ultralytics"].of(network, layer) or 0 for layer in network.layers)
    assert f"{float(flops) / 1e9:.1f}" == published
    assert params(network).params + 16 == learned, "the distribution of a box is a sum with 16 fixed weights"


KERAS_README = """
inputs: {x: [3, 32, 32]}
layers:
- {type: Conv2d, out_channels: 32, kernel_size: 3}
- ReLU
- {type: Conv2d, out_channels: 64, kernel_size: 3}
- ReLU
- {type: MaxPool2d, kernel_size: 2}
- Flatten
- {type: Linear, out_features: 128}
- ReLU
- {type: Linear, out_features: 10}
- {type: Softmax, dim: 0}
"""
KERAS_PROFILE = """
inputs: {x: [1, 32, 32]}
layers:
- {type: Conv2d, name: conv2d, out_channels: 32, kernel_size: 3, padding: same}
- {type: MaxPool2d, name: max_pooling2d, kernel_size: 2}
- Flatten
- {type: Linear, name: dense, out_features: 128}
- {type: Linear, name: dense_1, out_features: 10}
- {type: Softmax, name: softmax, dim: 0}
"""


def test_keras_prints_the_published_operations() -> None:
    """The example of keras-flops' page has 0.0338 G; a profile printed operator by operator 2.76 M."""

    def flops(text: str) -> dict[str, float]:
        network = trace(loads(text))
        return {layer.name: float(CONVENTIONS["keras"].of(network, layer) or 0) for layer in network.layers}

    assert f"{sum(flops(KERAS_README).values()) / 1e9:.3}" == "0.0338"
    told = flops(KERAS_PROFILE)
    assert f"{told['conv2d'] / 1e3:.2f}" == f"{589.82 + 32.77:.2f}", "Conv2D and BiasAdd"
    assert f"{told['max_pooling2d'] / 1e3:.2f}" == "32.77"
    assert (told["dense_1"], told["softmax"]) == (2_560 + 10, 50)
    assert f"{sum(told.values()) / 1e9:.3}" == "0.00276"


TIED = (
    "inputs: {x: {shape: [5], dtype: int64}}\nlayers: [{type: Embedding, name: e, num_embeddings: 100,"
    " embedding_dim: 16}, {type: Linear, out_features: 100, bias: false, tie: e}]"
)
PARAMS = {"torchinfo": 3_200, "thop": 1_600, "fvcore": 1_600, "torchlens": 1_600}


@pytest.mark.parametrize("name", PARAMS)
def test_params_of_tied_layers_are_as_measured(name: str) -> None:
    assert CONVENTIONS[name].parameters(trace(loads(TIED))) == PARAMS[name]


BY_HAND = (
    # 2 per product, and of a bias one per output: half a multiply-accumulate.
    ("keras", "[3, 8, 8]", "{type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}", 13_824 + 512 / 2),
    ("keras", "[8, 8, 8]", "{type: MaxPool2d, kernel_size: 2}", 8 * 16 * 4 / 2),
    ("keras", "[10, 6]", "{type: Softmax, dim: -1}", 5 * 60 / 2),
    ("keras", "[8, 8, 8]", "BatchNorm2d", 0),
    ("keras", "[5, 10]", "{type: LSTM, hidden_size: 20, bias: false}", 12_000 / 5),
    ("darknet", "[3, 8, 8]", "{type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}", 13_824),
    ("darknet", "[16]", "{type: Linear, out_features: 32}", 512),
    ("darknet", "[8, 8, 8]", "{type: MaxPool2d, kernel_size: 2}", 0),
    ("darknet", "[5, 10]", "{type: LSTM, hidden_size: 20}", 12_000 / 5),
    ("ultralytics", "[8, 8, 8]", "BatchNorm2d", 2_048),
    # Windows of 2, 3 and 2 positions, and a quotient for each of the 3 outputs.
    ("thop", "[2, 5]", "{type: AdaptiveAvgPool1d, output_size: 3}", 2 * (7 + 3)),
    ("thop", "[4, 6]", "{type: Softmax, dim: -1}", 4 * (3 * 6 - 1)),
    ("thop", "[5, 10]", "{type: GRU, hidden_size: 20}", 5 * (3 * 20 * (30 + 1 + 2) + 4 * 20)),
    ("ptflops", "[5, 10]", "{type: GRU, hidden_size: 20}", 5 * (3 * 20 * 30 + 7 * 20 + 2 * 60)),
    ("ptflops", "[8, 8]", "ReLU", 2 * 64),
    ("ptflops", "[8, 8]", "ReLU6", 64),
    ("torchinfo", "[7]", "{type: Embedding, num_embeddings: 5, embedding_dim: 4}", 20),
)


@pytest.mark.parametrize(("name", "shape", "layer", "macs"), BY_HAND, ids=str)
def test_prices_by_hand(name: str, shape: str, layer: str, macs: float) -> None:
    dtype = "int64" if "Embedding" in layer else "float32"
    found = trace(loads(f"inputs: {{x: {{shape: {shape}, dtype: {dtype}}}}}\nlayers: [{layer}]"))
    assert counted(found, name) == macs


@pytest.mark.parametrize(("dim", "operations"), [(0, 8), (1, 11), (-1, 11), (-2, 8)])
def test_thop_counts_a_softmax_over_the_batch_as_over_one_sample(dim: int, operations: int) -> None:
    """As thop 0.1.1 printed for nn.Softmax(dim) behind nn.Linear(10, 4) on a sample, beside its 40."""
    network = trace(loads(f"inputs: {{x: [4]}}\nlayers: [{{type: Softmax, dim: {dim}}}]"))
    assert counted(network, "thop-0.1") == operations
