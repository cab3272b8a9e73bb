"""Layers of which today's counters disagree, from the command line: the products counted by hand.

Multiply-accumulates of the linear algebra alone, one sample; the sum stands beside each number.
"""

import json
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

    Capsys = pytest.CaptureFixture[str]


class Counted(NamedTuple):
    """A layer and its words on the command line, and what it must come to."""

    words: str
    macs: int


LAYERS = {
    "convolution with bias": Counted(
        "Conv2d 3,8,8 out_channels=8 kernel_size=3 padding=1", 8 * 8 * 8 * 3 * 9
    ),
    "transposed convolution": Counted("ConvTranspose2d 3,2,2 out_channels=1 kernel_size=2 stride=2", 48),
    "transposed depthwise convolution": Counted(
        "ConvTranspose2d 4,8,8 out_channels=4 kernel_size=3 stride=2 groups=4", 2_304
    ),
    "linear map of every row": Counted("Linear 10,16 out_features=32", 10 * 16 * 32),
    "attention": Counted("MultiheadAttention 10,64 num_heads=4", 4 * 10 * 64 * 64 + 2 * 10 * 10 * 64),
    "LSTM": Counted("LSTM 5,10 hidden_size=20", 5 * 4 * 20 * (10 + 20)),
    "LSTM in two directions": Counted("LSTM 5,10 hidden_size=20 bidirectional=true", 24_000),
    "norm": Counted("BatchNorm2d 8,8,8", 0),
    "Transformer encoder layer": Counted(
        "TransformerEncoderLayer 10,64 nhead=4 dim_feedforward=128", 176_640 + 2 * 10 * 64 * 128
    ),
}
PUBLISHED = {
    "convolution with bias": 13_824,
    "transposed convolution": 48,
    "transposed depthwise convolution": 2_304,
    "linear map of every row": 5_120,
    "attention": 176_640,
    "LSTM": 12_000,
    "LSTM in two directions": 24_000,
    "norm": 0,
    "Transformer encoder layer": 340_480,
}


def total(capsys: "Capsys", *words: str) -> dict[str, int]:
    """The totals of a command's document."""
    ran = run(capsys, *words, "--format", "json")
    assert ran.code == 0, ran.err
    return cast("dict[str, int]", json.loads(ran.out)["totals"])


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str, capsys: "Capsys") -> None:
    words, macs = LAYERS[name]
    totals = total(capsys, "layer", *words.split())
    assert (totals["macs"], totals["flops"]) == (macs, 2 * macs)
    assert macs == PUBLISHED[name]


VIT = """\
inputs: {image: [3, 224, 224]}
layers:
  - {type: Conv2d, name: conv_proj, out_channels: 768, kernel_size: 16, stride: 16}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - ClassToken
  - {type: LearnedPositionalEncoding, name: pos_embedding, max_len: 197}
  - {type: ViTBlock, name: layers, num_heads: 12, repeat: 12}
  - LayerNorm
  - {type: Slice, name: token, dim: 0, start: 0, stop: 1}
  - {type: Flatten, name: vector}
  - {type: Linear, name: head, out_features: 1000}
"""
TIED = """\
inputs: {tokens: {shape: [7], dtype: int64}}
layers:
  - {type: Embedding, name: table, num_embeddings: 100, embedding_dim: 16}
  - {type: Linear, name: head, out_features: 100, bias: false, tie: table}
"""


@pytest.mark.parametrize(("spec", "macs"), [("resnet18", 1_814_073_344), ("mobilenet_v2", 300_774_272)])
def test_published_networks(spec: str, macs: int, capsys: "Capsys") -> None:
    assert total(capsys, "summary", spec)["macs"] == macs


def test_vision_transformer(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "vit.yaml"
    path.write_text(VIT, encoding="utf-8")
    totals = total(capsys, "summary", str(path))
    assert (totals["macs"], totals["params"]) == (17_563_828_224, 86_567_656)


def test_a_table_tied_to_the_output(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "tied.yaml"
    path.write_text(TIED, encoding="utf-8")
    totals = total(capsys, "params", str(path))
    assert (totals["params"], totals["embedding_params"]) == (1_600, 1_600)
    assert "tied: head.weight is table.weight" in run(capsys, "params", str(path)).out


FIRST = "  - {type: Conv2d, name: first, out_channels: 2, kernel_size: 3, stride: 2, padding: 1}\n"
UP = {
    "ConvTranspose2d, out_channels: 2, kernel_size: 4, stride: 2, padding: 1": [5],
    "Upsample, scale_factor: 2, mode: bilinear": [5],
    "ConvTranspose2d, out_channels: 2, kernel_size: 3, stride: 2, padding: 1, output_padding: 1": [3, 5],
}


@pytest.mark.parametrize("layer", UP)
def test_fields_behind_upsampling(layer: str, tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "up.yaml"
    path.write_text(
        f"inputs: {{image: [1, 16, 16]}}\nlayers:\n{FIRST}  - {{name: up, type: {layer}}}\n", "utf-8"
    )
    out = run(capsys, "rf", str(path), "--layer", "up", "--format", "json").out
    field = json.loads(out)["layers"][0]["receptive_field"]
    assert field["size"] == [max(UP[layer])] * 2
    sizes = field.get("size_by_phase", [UP[layer]] * 2)
    assert [sorted(set(each)) for each in sizes] == [UP[layer]] * 2


@pytest.mark.parametrize(("rates", "read", "span", "code"), [("2 2 2", 7, 13, 1), ("1 2 5", 17, 17, 0)])
def test_dilations(rates: str, read: int, span: int, code: int, capsys: "Capsys") -> None:
    ran = run(capsys, "hdc", *rates.split(), "--format", "json")
    found = json.loads(ran.out)["coverage"]
    assert (found["read"], found["span"], ran.code) == (read, span, code)
