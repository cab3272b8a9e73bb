"""Kinds between layers that seldom stand beside them, on shapes with too few axes: no command falls over."""

import sys
from json import dumps
from math import prod
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing.lines import COMMANDS
from tests.fuzzing.mutants import Mutant
from tests.fuzzing.running import wrong
from tests.kinds.samples import SAMPLES
from tests.samples import samples

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from tests.kinds.drawing import Sample

ONE_NETWORK = [command for command in sorted(COMMANDS) if command not in ("sweep", "solve")]
BEHIND: tuple[tuple[object, ...], ...] = (
    *(
        (),
        ("BatchNorm1d",),
        ("BatchNorm2d",),
        ("LayerNorm",),
        ("ReLU", {"type": "Linear", "out_features": 2}),
    ),
    ({"type": "Conv1d", "out_channels": 2, "kernel_size": 1},),
    ({"type": "Conv2d", "out_channels": 2, "kernel_size": 3, "padding": 1, "padding_mode": "circular"},),
    ({"type": "Reshape", "shape": [1, -1]}, {"type": "Linear", "out_features": 1}),
    ({"type": "MultiheadAttention", "num_heads": 1}, "Softmax", "Softmax"),
    *(("Flatten",), ({"type": "Sequential", "repeat": 3, "layers": ["ReLU"]},)),
)
CONV = "{type: Conv1d, out_channels: 2, kernel_size: 1"
LINE = "{type: Linear, out_features: 1}, {type: Reshape, shape: [1, 1]}"
PAIR = "{type: Linear, out_features: 2}, {type: Reshape, shape: [2, 1]}"
NUMBER = "{type: Linear, out_features: 1}, {type: Reshape, name: n, shape: []}"
IMAGE = "{type: Linear, out_features: 32}, {type: Reshape, shape: [1, 4, 8]}"
UNFOLD = "{type: Unfold, kernel_size: [3, 2], dilation: [1, 2], stride: 3}"
FOUND = {
    "an axis that moves within a group of rates": (
        "check",
        (
            "{type: Unsqueeze, dim: 1}, {type: Repeat, repeats: [1, 99]},"
            " {type: Conv1d, out_channels: 8, kernel_size: 3, dilation: 3}, {type: Unsqueeze, dim: 1},"
            " {type: MaxPool2d, kernel_size: [1, 3], stride: 1, dilation: [1, 3]}"
        ),
    ),
    "no sizes": ("shapes", "{type: Reshape, shape: []}, Softmax"),
    "around": (
        "check",
        f"{PAIR}, {CONV}, padding_mode: circular}}",
    ),
    "put together": ("check", f"{LINE}, {{type: Fold, output_size: [1, 1], kernel_size: [1, 1]}}"),
    "in a row": (
        "rf",
        f"{IMAGE}, {UNFOLD}, BatchNorm2d",
    ),
    "of a number": ("check", f"{NUMBER}, {{type: Expand, size: [1, 2, 3]}}"),
    "beside a number": (
        "check",
        (
            f"{NUMBER}, {{type: Linear, from: x, out_features: 2}}, {{type: Opaque, operator: mine,"
            " from: [n, linear_1], outputs: {output: [3, 1, 2]}}"
        ),
    ),
    "one more axis": ("shapes", f"{LINE}, {{type: UnfoldAxis, dimension: 0, size: 1, step: 1}}, {CONV}}}"),
    "nothing comes out": ("shapes", f"{{type: Parameter, shape: [4, 5], dtype: bool}}, {CONV}}}"),
    "nothing is read": ("shapes", "{type: Parameter, shape: [], dtype: bool}, {type: Parameter, from: x}"),
    "not of the input": ("rf --from input", "{type: Parameter, shape: [5]}, LayerNorm"),
    "tokens": (
        "explain",
        (
            f"{NUMBER}, {{type: Cast, dtype: float16}}, {{type: Repeat, repeats: [2, 1, 1, 2]}},"
            " {type: MultiheadAttention, num_heads: 1}"
        ),
    ),
}
"""What made a command fall over once: the command, and layers."""


@st.composite
def odd(draw: "DrawFn") -> str:
    """A layer of any kind, reading its shapes or fewer axes of them, between others."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    sample: Sample = draw(SAMPLES[name])
    layers: list[object] = []
    read: list[str] = []
    for index, (whole, dtype) in enumerate(sample.arriving):
        shape = draw(st.sampled_from([whole, whole, whole[1:], (), (1,)]))
        layers.append({"type": "Linear", "out_features": prod(shape), "from": "x"})
        layers.append({"type": "Reshape", "shape": shape, "name": f"r{index}"})
        layers += [{"type": "Cast", "dtype": dtype, "name": f"c{index}"}] if dtype != "float32" else []
        read.append(f"r{index}" if dtype == "float32" else f"c{index}")
    layers.append({"type": name, **sample.arguments, **({"from": read} if read else {})})
    return dumps({"inputs": {"x": [3]}, "layers": [*layers, *draw(st.sampled_from(BEHIND))]}, default=list)


def told(command: str, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is wrong with how a command ends on a spec."""
    with monkeypatch.context() as streams:
        for name in ("stdin", "stdout", "stderr"):
            streams.setattr(sys, name, getattr(sys, name))
        word, *options = command.split()
        return wrong(Mutant((word, "-", *options), text))


def test_no_kind_makes_a_command_fall_over(monkeypatch: pytest.MonkeyPatch) -> None:
    @given(text=odd(), command=st.sampled_from(ONE_NETWORK))
    @settings(max_examples=samples(1200), deadline=None, print_blob=True)
    def look(text: str, command: str) -> None:
        assert not told(command, text, monkeypatch), f"archcalc {command} - with\n{text}"

    look()


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once_is_told_or_judged(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command, layers = FOUND[name]
    text = f"inputs: {{x: [3]}}\nlayers: [{layers}]\n"
    assert not told(command, text, monkeypatch)
