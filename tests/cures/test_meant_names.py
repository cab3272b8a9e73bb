"""Wrong names of kinds and keys: what is meant is told as data too, and mends them."""

import pytest

from archcalc.rules.engine.checking import check_text
from tests.cures.test_rule_cures import mended, told

ERRORS = frozenset({"AC001"})
SPECS = {
    "kinds and keys": """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2D, filters: 8, kernel: 3}
  - {type: Conv2d, out_chanels: 8, kernel_size: 3}
  - GlobalAvgPool
  - {type: Dense, units: 10, activation: relu}
""",
    "kinds as keys": """\
inputs: {image: [3, 32, 32]}
layers:
  - Conv2d: {out_channels: 8, kernel_size: 3}
  - Flatten
  - Dense: 10
""",
    "padding in words": """\
inputs: {image: [3, 65, 65]}
layers:
  - {type: Conv2d, name: a, out_channels: 8, kernel_size: 3, stride: 2, padding: SAME}
  - {type: MaxPool2d, name: b, kernel_size: 3, stride: 2, padding: same}
  - {type: AvgPool2d, name: c, kernel_size: 2, padding: same}
  - {type: ConvTranspose2d, name: d, out_channels: 8, kernel_size: 3, stride: 2, padding: same}
  - {type: ConvTranspose2d, name: e, out_channels: 8, kernel_size: [4, 2], stride: 2, padding: same}
  - {type: MaxPool2d, name: f, kernel_size: 3, padding: valid}
  - {type: Conv2DTranspose, name: g, filters: 8, kernel_size: 4, strides: 2, padding: same}
  - {type: Conv2D, name: h, filters: 8, kernel_size: 5, strides: 2, padding: same}
  - {type: MaxPooling2D, name: i, padding: same}
""",
    "a key at the top": "inputs: {x: [8]}\nLayers:\n  - {type: Linear, out_features: 3}\n",
    "a key of a shipped block": (
        "inputs: {x: [7, 8]}\nlayers:\n  - {type: TransformerEncoderLayer, n_head: 2}\n"
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_every_wrong_name_is_mended(name: str) -> None:
    text = SPECS[name]
    while errors := told(text, ERRORS):
        (cure,) = errors[0]["cures"]
        text = mended(text, cure)
        assert len(told(text, ERRORS)) < len(errors)
    assert not check_text(text, "a.yaml", ERRORS).findings


def test_padding_in_words_gives_the_sizes_of_tensorflow() -> None:
    """ceil(n / s) behind windows and n s behind transposed ones, which is what 'same' stands for there."""
    text = SPECS["padding in words"]
    while errors := told(text, ERRORS):
        text = mended(text, errors[0]["cures"][0])
    context = check_text(text, "a.yaml", ERRORS).context
    assert context is not None
    rows = {layer.name: layer.output.shape[1] for layer in context.layers}
    wanted = {"a": 33, "b": 17, "c": 9, "d": 18, "e": 36, "f": 12, "g": 24, "h": 12, "i": 6}
    assert {name: rows[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Bidirectional", "bidirectional: true"),
        ("TimeDistributed", "the layer inside alone"),
        ("SeparableConv2D", "groups: =in_channels"),
        ("keras.layers.SeparableConv1D", "groups: =in_channels"),
    ],
)
def test_layers_around_others_are_explained(kind: str, said: str) -> None:
    """No kind of ours is like them, however alike the letters are."""
    (error,) = told(f"inputs: {{x: [20, 8]}}\nlayers:\n  - {{type: {kind}, units: 3}}\n", ERRORS)
    assert said in error["hint"]
    assert "did you mean" not in error["hint"]
    assert not error["cures"]


def test_a_batch_axis_of_minus_one_is_explained() -> None:
    (error,) = told("inputs: {x: [-1, 3, 8, 8]}\nlayers:\n  - ReLU\n", ERRORS)
    assert "no batch axis" in error["hint"]
