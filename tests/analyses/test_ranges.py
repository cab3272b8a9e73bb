"""Ranges of layers by hand, through what hands numbers on and what merges them."""

from math import inf

import pytest

from archcalc.analyses.ranges import ANY, Range, ranges
from archcalc.loading import loads
from archcalc.tracing import trace


def last(text: str) -> Range:
    traced = trace(loads("inputs: {x: [4, 8, 8], y: [4, 8, 8]}\nlayers:\n" + text))
    return ranges(traced).get(traced.layers[-1].name, ANY)


def joined(one: str, other: str, merge: str) -> str:
    """An activation of x and another of y, and what joins them."""
    return (
        f"  - {{type: {one}, name: a, from: x}}\n  - {{type: {other}, name: b, from: y}}\n"
        f"  - {{type: {merge}, from: [a, b]}}"
    )


CLIP = "  - {type: Hardtanh, from: x, min_val: 1, max_val: 2}"
# layers behind the input x -> the ends of the range of the last one
CASES = {
    "linear": ("  - {type: Conv2d, from: x, out_channels: 4, kernel_size: 1}", (-inf, inf)),
    "pool of ReLU": (
        "  - {type: ReLU, from: x}\n  - {type: MaxPool2d, kernel_size: 2, padding: 1}",
        (0, inf),
    ),
    "padded mean": (
        CLIP + "\n  - {type: AvgPool2d, kernel_size: 2, padding: 1}",
        (0, 2),
    ),
    "divided mean": (
        "  - {type: Sigmoid, from: x}\n  - {type: AvgPool2d, kernel_size: 2, divisor_override: 1}",
        (0, inf),
    ),
    "padding with a constant": (
        "  - {type: Sigmoid, from: x}\n  - {type: ConstantPad2d, padding: 1, value: -7.0}",
        (-7, 1),
    ),
    "sum": (
        joined("Sigmoid", "Tanh", "Add"),
        (-1, 2),
    ),
    "half a sum": ("  - {type: ReLU, from: x}\n  - {type: Add, from: [relu_0, y]}", (-inf, inf)),
    "product with 0": (
        joined("ReLU", "ReLU6", "Multiply"),
        (0, inf),
    ),
    "product of gates": (
        joined("Sigmoid", "ReLU6", "Multiply"),
        (0, 6),
    ),
    "dropout": ("  - {type: Sigmoid, from: x}\n  - {type: Dropout, p: 0.5}", (0, 2)),
    "dropout of nothing": (
        CLIP + "\n  - {type: Dropout, p: 0.0}",
        (1, 2),
    ),
    "alpha dropout": ("  - {type: Sigmoid, from: x}\n  - AlphaDropout", (-inf, inf)),
    "upsampled": (
        "  - {type: Sigmoid, from: x}\n  - {type: Upsample, scale_factor: 2, mode: bilinear}",
        (0, 1),
    ),
    "cubic": (
        "  - {type: Sigmoid, from: x}\n  - {type: Upsample, scale_factor: 2, mode: bicubic}",
        (-inf, inf),
    ),
    "joined": (
        joined("Sigmoid", "Tanh", "Concat"),
        (-1, 1),
    ),
    "mirrored": (CLIP + "\n  - {type: ReflectionPad2d, padding: 1}", (1, 2)),
    "scaled": (CLIP + "\n  - {type: Scale, factor: -2.0}", (-4, -2)),
    "mean of less than all": (CLIP + "\n  - {type: AvgPool2d, kernel_size: 2}", (1, 2)),
    "summed": ("  - {type: Sigmoid, from: x}\n  - {type: Sum, dim: 0}", (0, inf)),
    "no number for a slope": ("  - {type: LeakyReLU, from: x, negative_slope: .nan}", (-inf, inf)),
    "rising below": ("  - {type: LeakyReLU, from: x, negative_slope: -1.0}", (0, inf)),
    "endless alpha": ("  - {type: ELU, from: x, alpha: .inf}", (-inf, inf)),
    "turned softplus": ("  - {type: Softplus, from: x, beta: -1.0}", (-inf, 0)),
}


@pytest.mark.parametrize(("text", "ends"), CASES.values(), ids=CASES)
def test_ranges_follow_the_layers(text: str, ends: tuple[float, float]) -> None:
    found = last(text)
    assert (found.low, found.high) == ends


def test_the_range_names_the_layer_that_sees_to_it() -> None:
    found = last("  - {type: ReLU, name: a, from: x}\n  - {type: MaxPool2d, kernel_size: 2}\n  - Flatten")
    assert found.by is not None
    assert found.by.name == "a"
