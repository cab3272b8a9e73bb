"""Receptive fields along a sequence: stacks of full, causal and windowed attention, of shifted windows."""

from itertools import product
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc import coverage, load, loads, receptive_fields, trace
from tests.kinds.drawing import Sample
from tests.kinds.torch_modules import module

if TYPE_CHECKING:
    from archcalc.analyses.receptive_field import AxisField

Arguments = dict[str, object]
HEADS: Arguments = {"num_heads": 2}


def field(spec: str, layer: str, of: str = "x") -> "AxisField":
    """What a unit of a layer reads along the only axis of an input."""
    (found,) = [each for each in receptive_fields(trace(loads(spec))).layers[layer] if each.input == of]
    (axis,) = found.axes
    return axis


def numbers(axis: "AxisField") -> tuple[object, object, object]:
    """Size, stride and start."""
    return axis.size, axis.stride, axis.start


def stack(*layers: str) -> str:
    """A network on 40 positions of 8 features."""
    rows = "".join(f"  - {{{layer}}}\n" for layer in layers)
    return f"inputs: {{x: [40, 8]}}\nlayers:\n{rows}"


ATTENTION = "type: MultiheadAttention, num_heads: 2"


@pytest.mark.parametrize(
    ("window", "depth", "size"), [(3, 1, 3), (3, 4, 9), (8, 2, 15), (1, 5, 1), (4096, 1, 40)]
)
def test_causal_windows_look_back_further_with_every_layer(window: int, depth: int, size: int) -> None:
    """A stack of n reads n (w - 1) + 1 positions; a window wider than the sequence looks back all of it."""
    spec = stack(f"{ATTENTION}, name: a, causal: true, window: {window}, repeat: {depth}")
    axis = field(spec, f"a.{depth - 1}")
    assert numbers(axis) == (size, 1, 1 - size)
    assert not axis.whole


@pytest.mark.parametrize(("window", "depth", "size"), [(3, 1, 3), (5, 3, 13)])
def test_windows_to_both_sides_grow_to_both_sides(window: int, depth: int, size: int) -> None:
    axis = field(stack(f"{ATTENTION}, name: a, window: {window}, repeat: {depth}"), f"a.{depth - 1}")
    assert numbers(axis) == (size, 1, -(size // 2))


def test_causal_attention_reads_its_past_alone() -> None:
    """However deep: nothing after a position, and everything before it."""
    axis = field(stack(f"{ATTENTION}, name: a, causal: true, repeat: 3"), "a.2")
    assert axis.spans is not None
    assert axis.spans.at(7) == (None, 7)
    assert (axis.size, axis.whole, axis.exact) == (None, False, True)


def test_one_full_attention_reads_everything() -> None:
    causal, full = f"{ATTENTION}, name: a, causal: true", f"{ATTENTION}, name: b"
    assert field(stack(causal, full), "b").whole
    assert field(stack(full, causal), "a").whole


def test_a_convolution_before_lets_causal_attention_see_ahead() -> None:
    """A centred window of 3 ends one position later, which a causal layer behind it keeps."""
    spec = stack(
        "type: Transpose, dim0: 0, dim1: 1",
        "type: Conv1d, out_channels: 8, kernel_size: 3, padding: 1",
        "type: Transpose, name: back, dim0: 0, dim1: 1",
        f"{ATTENTION}, name: a, causal: true",
    )
    axis = field(spec, "a")
    assert axis.spans is not None
    assert axis.spans.at(7) == (None, 8)


DECODER = """\
inputs: {source: [9, 8], target: [6, 8]}
layers:
  - {type: Transformer, name: model, from: [source, target], nhead: 2, dim_feedforward: 8,
     num_encoder_layers: 2, num_decoder_layers: 2}
"""


def test_a_decoder_reads_its_own_past_and_the_whole_memory() -> None:
    last = "model.decoder.norm"
    own = field(DECODER, last, "target")
    assert own.spans is not None
    assert (own.spans.at(4), own.whole, own.along) == ((None, 4), False, 0)
    assert field(DECODER, last, "source").whole


def test_tokens_are_read_through_blocks() -> None:
    spec = """\
inputs: {x: [50, 16]}
layers:
  - {type: LlamaBlock, name: layers, num_heads: 4, num_kv_heads: 2, intermediate_size: 8,
     window: 4, repeat: 5}
"""
    axis = field(spec, "layers.4.add_1")
    assert (axis.size, axis.start, axis.exact) == (16, -15, True)


KINDS: dict[str, "st.SearchStrategy[Arguments]"] = {
    "MultiheadAttention": st.sampled_from(
        [
            HEADS,
            {**HEADS, "causal": True},
            {**HEADS, "causal": True, "window": 2},
            {**HEADS, "causal": True, "window": 4, "num_kv_heads": 1},
            {**HEADS, "window": 3},
            {**HEADS, "window": 5, "bias": False},
        ]
    ),
    "RotaryEmbedding": st.just(HEADS),
    "LearnedPositionalEncoding": st.just({}),
}


@given(data=st.data())
@settings(max_examples=120, deadline=None, print_blob=True)
def test_stacks_read_what_their_gradients_reach(data: st.DataObject) -> None:
    """Random stacks, some layers with a residual around: the spans are the positions with a slope."""
    positions = data.draw(st.integers(2, 14), label="positions")
    shape = (positions, 8)
    names = data.draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=4), label="kinds")
    chosen = [(name, data.draw(KINDS[name]), data.draw(st.booleans())) for name in names]
    rows: list[object] = []
    for index, (name, arguments, residual) in enumerate(chosen):
        row = {"type": name, "name": f"l{index}", **arguments}
        rows.append({"type": "Residual", "name": f"r{index}", "body": [row]} if residual else row)
    traced = trace(load({"inputs": {"x": list(shape)}, "layers": rows}))
    unit = data.draw(st.integers(0, positions - 1), label="unit")

    image = torch.rand(1, *shape, dtype=torch.float64, requires_grad=True)
    hidden = image
    for name, arguments, residual in chosen:
        layer: nn.Module = module(name, Sample(arguments, (shape,))).double().eval()
        for weight in layer.parameters():
            nn.init.uniform_(weight, -0.5, 0.5)
        hidden = layer(hidden) + (hidden if residual else 0)
    (slope,) = torch.autograd.grad((hidden[0, unit] * torch.rand(8)).sum(), image)
    reached = {place for place in range(positions) if bool(slope[0, place].any())}

    (found,) = receptive_fields(traced).layers[traced.layers[-1].name]
    axis = found.axes[0]
    span = (None, positions - 1) if axis.whole or axis.spans is None else axis.spans.at(unit)
    assert span is not None
    first, last = span
    assert reached == {place for place in range(positions) if (first or 0) <= place <= last}


@given(data=st.data())
@settings(max_examples=60, deadline=None, print_blob=True)
def test_shifted_windows_read_the_union_of_windows(data: st.DataObject) -> None:
    """Along each axis, against the windows written out: those of a layer are cut off at the border."""
    size, window = data.draw(st.integers(3, 16)), data.draw(st.integers(1, 5))
    shifts = data.draw(st.lists(st.integers(0, window - 1), min_size=1, max_size=3))
    rows = [
        {"type": "ShiftedWindowAttention", "name": f"l{index}", "num_heads": 1}
        | {"window_size": window, "shift_size": shift}
        for index, shift in enumerate(shifts)
    ]
    traced = trace(load({"inputs": {"x": [size, size, 2]}, "layers": rows}))
    unit = data.draw(st.integers(0, size - 1))
    read = {unit}
    for shift in reversed(shifts if window < size else [0] * len(shifts)):
        read = {
            place
            for place, at in product(range(size), read)
            if (place - shift) // window == (at - shift) // window
        }
    (found,) = receptive_fields(traced).layers[traced.layers[-1].name]
    for axis in found.axes:
        span = axis.spans.at(unit) if axis.spans is not None else (0, size - 1)
        assert span is not None
        assert (max(span[0] or 0, 0), min(span[1], size - 1)) == (min(read), max(read))
    reads = coverage(traced, traced.layers[-1].name, 0, unit)["x", 0]
    if reads is not None:
        counted = {reads.start + offset for offset, count in enumerate(reads.counts) if count}
        assert {place for place in counted if 0 <= place < size} == read
