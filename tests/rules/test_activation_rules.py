"""Rules about activations, and layers with none between, beyond their examples."""

import pytest

from archcalc.rules.engine.checking import check_text
from tests.rules.found import found, subjects

VECTOR = "inputs: {x: [8]}\nlayers:\n"
IMAGE = "inputs: {x: [4, 9, 9]}\nlayers:\n"
TOKENS = "inputs: {x: [6, 8]}\nlayers:\n"


def linear(name: str, features: int = 8, more: str = "") -> str:
    return f"  - {{type: Linear, name: {name}, out_features: {features}{more}}}\n"


def conv(name: str, more: str, channels: int = 4) -> str:
    return f"  - {{type: Conv2d, name: {name}, out_channels: {channels}, {more}}}\n"


SIDES = (
    linear("a", more=", from: x")
    + linear("b", more=", from: x")
    + "  - {type: Concat, name: joined, from: [a, b]}\n"
)
FLAT = "  - {type: Flatten, start_dim: 2}\n  - {type: Transpose, dim0: 0, dim1: 1}\n"
LINEAR: dict[str, tuple[str, list[str]]] = {
    "plain": (VECTOR + linear("a") + linear("b"), ["b"]),
    "three": (VECTOR + linear("a") + linear("b") + linear("c"), ["b", "c"]),
    "tokens": (TOKENS + linear("a", 32) + linear("b", 4), ["b"]),
    "narrow": (VECTOR + linear("a", 7) + linear("b"), []),
    "frozen": (VECTOR + linear("a", more=", frozen: true") + linear("b"), []),
    "tied": (VECTOR + linear("a") + "  - ReLU\n" + linear("b") + linear("c", more=", tie: a"), []),
    "spectral norm": (VECTOR + linear("a", more=", parametrization: spectral_norm") + linear("b"), []),
    "read twice": (
        VECTOR + linear("a") + linear("b") + "  - {type: Add, from: [a, b]}",
        [],
    ),
    "leaves in the middle": (VECTOR + linear("a") + linear("b") + "outputs: [b, a]", []),
    "left out": (VECTOR + linear("a") + "  - {type: ReLU, when: =1 > 2}\n" + linear("b"), ["b"]),
    "over another axis": (
        "inputs: {x: [8, 8]}\nlayers:\n"
        + linear("a")
        + "  - {type: Transpose, dim0: 0, dim1: 1}\n"
        + linear("b"),
        [],
    ),
    "heads": (
        TOKENS + linear("a") + "  - {type: Reshape, shape: [6, 2, 4]}\n" + linear("b", 4),
        [],
    ),
    "3x3 twice": (IMAGE + conv("a", "kernel_size: 3") + conv("b", "kernel_size: 3"), ["b"]),
    "3x3 twice, padded": (
        IMAGE + conv("a", "kernel_size: 3, padding: 1") + conv("b", "kernel_size: 3, padding: 1"),
        ["b"],
    ),
    "3x3 twice, dilated": (
        IMAGE + conv("a", "kernel_size: 3") + conv("b", "kernel_size: 3, dilation: 3"),
        [],
    ),
    "3x3 twice over few channels": (
        IMAGE + conv("a", "kernel_size: 3", 1) + conv("b", "kernel_size: 3", 8),
        [],
    ),
    "pointwise, then padded": (
        IMAGE + conv("a", "kernel_size: 1") + conv("b", "kernel_size: 3, padding: 1"),
        [],
    ),
    "pointwise without bias, then padded": (
        IMAGE + conv("a", "kernel_size: 1, bias: false") + conv("b", "kernel_size: 3, padding: 1"),
        ["b"],
    ),
    "padding at the end alone": (
        IMAGE + conv("a", "kernel_size: 3", 8) + conv("b", "kernel_size: 2, padding: same", 1),
        ["b"],
    ),
    "reflected": (
        IMAGE
        + conv("a", "kernel_size: 3, padding: 1, padding_mode: reflect", 8)
        + conv("b", "kernel_size: 1", 1),
        [],
    ),
    "scale before pointwise": (
        IMAGE + conv("a", "kernel_size: 1, groups: 4") + conv("b", "kernel_size: 1"),
        ["b"],
    ),
    "separable": (
        IMAGE + conv("a", "kernel_size: 3, groups: 4") + conv("b", "kernel_size: 1"),
        [],
    ),
    "groups and shuffle": (
        IMAGE
        + conv("a", "kernel_size: 1, groups: 2")
        + "  - {type: ChannelShuffle, groups: 2}\n"
        + conv("b", "kernel_size: 1, groups: 2"),
        [],
    ),
    "strided patches": (
        IMAGE + conv("a", "kernel_size: 3, stride: 3", 8) + conv("b", "kernel_size: 1", 2),
        ["b"],
    ),
    "upsampling in learnt steps": (
        IMAGE
        + "  - {type: ConvTranspose2d, out_channels: 4, kernel_size: 2, stride: 2}\n"
        + "  - {type: ConvTranspose2d, out_channels: 4, kernel_size: 2, stride: 2}",
        [],
    ),
    "pooled head": (
        IMAGE
        + conv("a", "kernel_size: 3")
        + "  - {type: AdaptiveAvgPool2d, output_size: 1}\n  - Flatten\n"
        + linear("b", 2),
        [],
    ),
    "joined side by side": (VECTOR + SIDES + linear("c"), ["c"]),
    "joined and dropped": (
        VECTOR + SIDES + "  - Dropout\n  - {type: Reshape, shape: [16]}\n" + linear("c"),
        ["c"],
    ),
    "joined and cut up": (VECTOR + SIDES + "  - {type: Reshape, shape: [2, 8]}\n" + linear("c", 2), []),
    "joined and bent": (VECTOR + SIDES + "  - ReLU\n" + linear("c"), []),
    "joined with the input": (
        VECTOR + linear("a") + "  - {type: Concat, from: [a, x]}\n" + linear("c"),
        [],
    ),
    "one of those joined leaves": (VECTOR + SIDES + linear("c") + "outputs: [c, a]\n", ["c"]),
    "all of those joined leave": (VECTOR + SIDES + linear("c") + "outputs: [c, a, b]\n", []),
    "those joined are frozen": (VECTOR + SIDES.replace("x}", "x, frozen: true}") + linear("c"), []),
    "what joins them is read twice": (
        VECTOR + SIDES + linear("c") + linear("d", more=", from: joined") + "outputs: [c, d]\n",
        [],
    ),
    "narrow heads that are wide together": (
        VECTOR + SIDES.replace("features: 8", "features: 4") + linear("c"),
        ["c"],
    ),
    "narrow together": (VECTOR + SIDES.replace("features: 8", "features: 3") + linear("c"), []),
    "added up": (VECTOR + SIDES.replace("Concat", "Add") + linear("c"), ["c"]),
    "added to the input": (VECTOR + linear("a") + "  - {type: Add, from: [a, x]}\n" + linear("c"), []),
    "joined along positions": (TOKENS + SIDES + linear("c"), []),
    "joined channels": (
        IMAGE
        + conv("a", "kernel_size: 1, from: x")
        + conv("b", "kernel_size: 3, padding: 1, from: x")
        + "  - {type: Concat, from: [a, b]}\n"
        + conv("c", "kernel_size: 1"),
        ["c"],
    ),
    "joined channels and a padded kernel": (
        IMAGE
        + conv("a", "kernel_size: 1, from: x")
        + conv("b", "kernel_size: 1, from: x")
        + "  - {type: Concat, from: [a, b]}\n"
        + conv("c", "kernel_size: 3, padding: 1"),
        [],
    ),
    "channels past a transpose": (
        IMAGE + conv("a", "kernel_size: 3, stride: 3", 8) + FLAT + linear("b"),
        ["b"],
    ),
    "positions past a transpose": (
        IMAGE + conv("a", "kernel_size: 3, stride: 3") + FLAT.splitlines(keepends=True)[0] + linear("b"),
        [],
    ),
    "code of an autoencoder": (VECTOR + linear("a", 3) + linear("b"), []),
}


@pytest.mark.parametrize(("text", "expected"), LINEAR.values(), ids=LINEAR)
def test_linear_after_linear(text: str, expected: list[str]) -> None:
    assert subjects("AC305", text) == expected


DOUBLE: dict[str, tuple[str, list[str]]] = {
    "twice": (VECTOR + "  - {type: GELU, name: a}\n  - {type: GELU, name: b}", ["b"]),
    "past dropout": (VECTOR + "  - ReLU\n  - Dropout\n  - {type: ReLU, name: b}", ["b"]),
    "past alpha dropout": (VECTOR + "  - ReLU\n  - AlphaDropout\n  - {type: LeakyReLU, name: b}", ["b"]),
    "two kinds in a row": (VECTOR + "  - GELU\n  - {type: ReLU, name: b}", ["b"]),
    "two kinds, one of which another layer reads": (
        VECTOR + "  - {type: GELU, name: a}\n  - {type: Tanh, name: b}\n  - {type: Multiply, from: [a, b]}",
        [],
    ),
    "past dropout, clipped": (VECTOR + "  - ReLU6\n  - Dropout\n  - {type: ReLU6, name: b}", ["b"]),
    "clip": (VECTOR + "  - ReLU\n  - {type: Hardtanh, min_val: 0, max_val: 20}", []),
    "clip of less": (VECTOR + "  - Sigmoid\n  - {type: Hardtanh, name: b, min_val: 0, max_val: 20}", ["b"]),
    "joined": (
        VECTOR + "  - {type: ReLU, name: a}\n  - {type: Sigmoid, name: s, from: x}\n"
        "  - {type: Concat, from: [a, s]}\n  - {type: ReLU, name: b}",
        ["b"],
    ),
    "half joined": (
        VECTOR + "  - {type: ReLU, name: a}\n  - {type: Concat, from: [a, x]}\n  - {type: ReLU, name: b}",
        [],
    ),
    "slopes before ReLU, read twice": (
        VECTOR + "  - {type: ELU, name: a}\n  - {type: ReLU, name: b}\n  - {type: Add, from: [a, b]}",
        [],
    ),
    "falling slope before ReLU": (
        VECTOR + "  - {type: LeakyReLU, negative_slope: -1.0}\n  - {type: ReLU, name: b}",
        ["b"],
    ),
    "scores of a graph": (VECTOR + "  - LeakyReLU\n  - Softmax", []),
    "log of a sigmoid": (VECTOR + "  - LogSigmoid\n  - {type: ReLU, name: b}", ["b"]),
    "logarithm twice": (
        VECTOR + "  - {type: LogSoftmax, dim: 1}\n  - {type: LogSoftmax, name: b, dim: -1}",
        ["b"],
    ),
    "logarithms along both axes, as Sinkhorn": (
        TOKENS + "  - {type: LogSoftmax, dim: 1}\n  - {type: LogSoftmax, dim: 2}",
        [],
    ),
    "softmax of logarithms": (
        VECTOR + "  - {type: LogSoftmax, name: a, dim: 1}\n  - {type: Softmax, dim: 1}",
        ["a"],
    ),
    "softmax of a gate": (VECTOR + "  - Sigmoid\n  - {type: Softmax, name: b, dim: 1}", ["b"]),
    "sigmoid of tanh": (VECTOR + "  - Tanh\n  - {type: Sigmoid, name: b}", ["b"]),
    "gate of means": (
        IMAGE + "  - ReLU\n  - {type: AdaptiveAvgPool2d, output_size: 1}\n  - Sigmoid",
        [],
    ),
    "learnt slopes": (VECTOR + "  - ReLU\n  - {type: PReLU, name: b, num_parameters: 8}", ["b"]),
    "learnt slopes twice": (VECTOR + "  - PReLU\n  - {type: PReLU, name: b}", ["b"]),
}


@pytest.mark.parametrize(("text", "expected"), DOUBLE.values(), ids=DOUBLE)
def test_double_activation(text: str, expected: list[str]) -> None:
    assert subjects("AC306", text) == expected


def test_a_block_that_needs_its_activation_once_is_no_mistake() -> None:
    block = "blocks:\n  act: {layers: [ReLU]}\n"
    twice = VECTOR + "  - {type: act, name: one}\n  - {type: act, name: two}\n"
    assert subjects("AC306", block + twice) == []
    assert subjects("AC306", VECTOR + "  - ReLU\n  - {type: ReLU, name: b, repeat: 2}") == ["b.0"]


HIDDEN = """\
inputs: {x: [8]}
blocks: {h: {layers: [{type: Linear, out_features: 8}, Sigmoid]}}
layers:
"""
STACKS: dict[str, tuple[str, list[str]]] = {
    "hidden in a block": (
        HIDDEN + "  - {type: h, name: h, repeat: 7}\n" + linear("out"),
        ["h.6.sigmoid_0"],
    ),
    "the last one is the output": (
        HIDDEN + "  - {type: h, name: h, repeat: 5}\n",
        [],
    ),
    "shortcuts": (
        HIDDEN + "  - {type: Residual, repeat: 7, name: r, body: [{type: h, name: h}]}\n" + linear("out"),
        [],
    ),
    "tanh": (
        HIDDEN.replace("Sigmoid", "Tanh") + "  - {type: h, name: h, repeat: 9}\n" + linear("out"),
        [],
    ),
    "cells": ("inputs: {x: [9, 8]}\nlayers:\n  - {type: LSTM, hidden_size: 8, num_layers: 9}", []),
    "two chains": (
        HIDDEN
        + "  - {type: h, name: a, repeat: 4}\n  - BatchNorm1d\n  - {type: h, name: b, repeat: 6}\n"
        + linear("out"),
        ["b.5.sigmoid_0"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), STACKS.values(), ids=STACKS)
def test_saturating_stack(text: str, expected: list[str]) -> None:
    assert subjects("AC308", text) == expected


GLU: dict[str, tuple[str, list[str]]] = {
    "of a pair": ("inputs: {x: [2, 8]}\nlayers:\n" + linear("a") + "  - {type: GLU, dim: 1}", []),
    "of tokens": (TOKENS + linear("a") + "  - {type: GLU, name: g, dim: 1}", ["g"]),
    "of features": (TOKENS + linear("a") + "  - {type: GLU, dim: 2}", []),
    "after a transpose": (
        TOKENS + "  - {type: Conv1d, out_channels: 8, kernel_size: 1}\n"
        "  - {type: Transpose, dim0: 0, dim1: 1}\n  - GLU",
        [],
    ),
}


@pytest.mark.parametrize(("text", "expected"), GLU.values(), ids=GLU)
def test_glu_over_positions(text: str, expected: list[str]) -> None:
    assert subjects("AC309", text) == expected


def test_a_repeat_of_linear_layers_is_one_finding() -> None:
    text = VECTOR + "  - {type: Linear, name: a, out_features: 8, repeat: 5}"
    (finding,) = check_text(text, "a.yaml", frozenset({"AC305"})).findings
    assert (finding.place.line, finding.also) == (3, 3)


def test_a_thousand_sigmoids_are_one_short_finding() -> None:
    text = VECTOR + (
        "  - type: Sequential\n    name: s\n    repeat: 1000\n    layers:\n"
        "      - {type: Linear, out_features: 8}\n      - Sigmoid\n  - {type: Linear, out_features: 1}"
    )
    ((subject, message),) = found("AC308", text)
    assert subject == "s.999.sigmoid_0 (Sigmoid)"
    assert message.startswith("1000 sigmoids")


def test_a_layer_that_is_needless_for_two_reasons_is_found_once() -> None:
    text = """\
inputs: {features: [16]}
layers:
  - {type: Linear, out_features: 32}
  - {type: LogSoftmax, name: one, dim: 1}
  - {type: LogSoftmax, name: two, dim: 1}
  - {type: Softmax, name: three, dim: 1}
"""
    assert subjects("AC306", text) == ["two"]
