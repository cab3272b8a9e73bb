"""Receptive fields: against index sets, torch's input gradients and published numbers."""

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc import coverage, load, loads, receptive_fields, trace
from tests.analyses.random_networks import Network, networks
from tests.samples import samples

if TYPE_CHECKING:
    from archcalc.analyses.receptive_field import AxisField, Field


def field_of(spec: str, layer: str) -> "Field":
    """The only field of a layer."""
    (field,) = receptive_fields(trace(loads(spec))).layers[layer]
    return field


def numbers(axis: "AxisField") -> tuple[object, object, object]:
    """Size, stride and start."""
    return axis.size, axis.stride, axis.start


@given(network=networks(), units=st.tuples(st.integers(0, 40), st.integers(0, 40)))
@settings(max_examples=samples(1500), deadline=None, print_blob=True)
def test_fields_and_coverage_are_those_of_index_sets(network: Network, units: tuple[int, int]) -> None:
    traced = trace(load(network.spec))
    fields = receptive_fields(traced).layers
    for name in list(fields)[-3:]:
        (axis,) = fields[name][0].axes
        assert axis.exact
        for unit in units:
            counted = network.reads[name](unit)
            assert axis.spans is not None
            assert axis.spans.at(unit) == (min(counted), max(counted))
            reads = coverage(traced, name, 1, unit)["x", 1]
            assert reads is not None
            expected = [counted[position] for position in range(min(counted), max(counted) + 1)]
            assert (reads.start, list(reads.counts)) == (min(counted), expected)
        zero = network.reads[name](0)
        assert (axis.start, axis.size) == (min(zero), max(zero) - min(zero) + 1)


@given(network=networks())
@settings(max_examples=100, deadline=None)
def test_names_do_not_matter(network: Network) -> None:
    """Renaming every layer changes nothing but the names."""
    names = {name: f"other_{name}" for name in network.reads if name != "x"}

    def renamed(value: object) -> object:
        if isinstance(value, list):
            return [renamed(item) for item in cast("list[object]", value)]
        if isinstance(value, dict):
            return {key: renamed(item) for key, item in cast("dict[str, object]", value).items()}
        return names.get(value, value) if isinstance(value, str) else value

    other = renamed(network.spec)
    assert isinstance(other, dict)
    mine = receptive_fields(trace(load(network.spec))).layers
    theirs = receptive_fields(trace(load(other))).layers  # pyright: ignore[reportUnknownArgumentType]
    assert [mine[name] for name in mine] == [theirs[names[name]] for name in mine]


class Sliding(NamedTuple):
    """A random window on two axes."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]


PADDING = st.tuples(st.integers(0, 1), st.integers(0, 1))
PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(
    windows=st.lists(st.builds(Sliding, PAIR, PAIR, PADDING, PAIR), min_size=1, max_size=3),
    data=st.data(),
)
@settings(max_examples=150, deadline=None, print_blob=True)
def test_torch_gradients_reach_exactly_the_positions_read(
    windows: list[Sliding], data: st.DataObject
) -> None:
    """With weights of 1 the input's gradient of one output number counts the paths to every position.

    Near the border torch drops the paths through padding between two layers, so there it counts no more.
    """
    sizes = (109, 97)  # three windows of span 7 and stride 3 leave at least one unit
    rows = [
        {"type": "Conv2d", "name": f"c{index}", "out_channels": 1, "kernel_size": list(window.kernel)}
        | {"stride": list(window.stride), "padding": list(window.padding), "dilation": list(window.dilation)}
        for index, window in enumerate(windows)
    ]
    layers = [nn.Conv2d(1, 1, w.kernel, w.stride, w.padding, w.dilation, bias=False) for w in windows]
    network = nn.Sequential(*layers)
    for layer in layers:
        nn.init.ones_(layer.weight)
    image = torch.ones(1, 1, *sizes, requires_grad=True)
    output = network(image)
    unit = tuple(data.draw(st.one_of(st.just(n // 2), st.integers(0, n - 1))) for n in output.shape[2:])
    output[0, 0, unit[0], unit[1]].backward()
    assert image.grad is not None
    traced = trace(load({"inputs": {"x": [1, *sizes]}, "layers": rows}))
    last = traced.layers[-1]
    assert last.output.shape == tuple(output.shape[1:])
    counts, inside = torch.ones(1, 1), True
    for axis in (0, 1):
        reads = coverage(traced, last.name, axis + 1, unit[axis])["x", axis + 1]
        assert reads is not None
        inside &= reads.start >= 0 and reads.start + reads.span <= sizes[axis]
        line = torch.zeros(sizes[axis])
        for offset, count in enumerate(reads.counts):
            if 0 <= reads.start + offset < sizes[axis]:
                line[reads.start + offset] = count
        counts = counts * (line[:, None] if axis == 0 else line[None, :])
    found = image.grad[0, 0]
    assert torch.equal(found, counts) if inside else bool((found <= counts).all())


Window = tuple[int, int, int, int]


def chain(*windows: Window, size: int = 4000) -> str:
    """A stack of 1-D convolutions (kernel, stride, padding, dilation)."""
    rows = "".join(
        f"  - {{type: Conv1d, out_channels: 1, kernel_size: {k}, stride: {s}, padding: {p}, dilation: {d}}}\n"
        for k, s, p, d in windows
    )
    return f"inputs: {{x: [1, {size}]}}\nlayers:\n{rows}"


PATCH = (4, 2, 1, 1)
TAIL = ((4, 1, 1, 1), (4, 1, 1, 1))
WAVENET = tuple((2, 1, 0, 2**level) for level in range(10))


def tcn(kernel: int, levels: int) -> tuple[Window, ...]:
    """Two convolutions per level with dilation 2^level."""
    return tuple((kernel, 1, 0, 2**level) for level in range(levels) for _ in range(2))


@pytest.mark.parametrize(
    ("windows", "size", "stride", "start"),
    [
        (((1, 1, 0, 1),) * 3, 1, 1, 0),  # PixelGAN
        ((PATCH, *TAIL), 16, 2, -5),  # PatchGAN, n_layers = 1
        ((PATCH, PATCH, *TAIL), 34, 4, -11),
        ((PATCH, PATCH, PATCH, *TAIL), 70, 8, -23),
        (WAVENET, 1024, 1, 0),
        (WAVENET * 2, 2047, 1, 0),
        (WAVENET * 3, 3070, 1, 0),
        (tcn(2, 4), 31, 1, 0),
        (tcn(3, 4), 61, 1, 0),
        (tcn(3, 8), 1021, 1, 0),
        (((9, 1, 0, 1), (1, 1, 0, 1), (5, 1, 0, 1)), 13, 1, 0),  # SRCNN 9-1-5
        (((9, 1, 0, 1), (5, 1, 0, 1), (5, 1, 0, 1)), 17, 1, 0),
        (((3, 1, 1, 1),) * 20, 41, 1, -20),  # VDSR
        (((3, 1, 1, 1),) * 2, 5, 1, -2),  # two 3-tap windows read as one of 5
        (((5, 1, 2, 1),), 5, 1, -2),
    ],
)
def test_published_stacks(windows: tuple[Window, ...], size: int, stride: int, start: int) -> None:
    (axis,) = field_of(chain(*windows), f"conv1d_{len(windows) - 1}").axes
    assert numbers(axis) == (size, stride, start)


UNIT = """\
inputs: {{x: [1, {size}, {size}]}}
layers:
  - {{type: Conv2d, name: a, out_channels: 1, kernel_size: 1, stride: 4, from: x}}
  - {{type: {kind}, name: b, kernel_size: 3, stride: 2, padding: 1, from: x{more}}}
  - {{type: {kind}, name: c, kernel_size: 1, stride: 2, from: b{more}}}
  - {{type: Dropout, name: d}}
  - {{type: Add, name: out, from: [a, d]}}
"""


@pytest.mark.parametrize(("kind", "more"), [("Conv2d", ", out_channels: 1"), ("MaxPool2d", "")])
def test_branches_of_equal_stride_are_aligned_by_position(kind: str, more: str) -> None:
    """The receptive_field library's test graphs 1, 2, 4 and 6: size 3, stride 4, padding 1."""
    spec = UNIT.format(size=9, kind=kind, more=more)
    field = field_of(spec, "out")
    assert [numbers(axis) for axis in field.axes] == [(3, 4, -1)] * 2
    assert field.exact


def test_branches_of_unequal_stride_are_said_and_not_guessed() -> None:
    """Test graph 3: branch strides 2 and 1, which only meet because of the input's size."""
    spec = """\
inputs: {x: [1, 5]}
layers:
  - {type: Conv1d, name: a, out_channels: 1, kernel_size: 5, stride: 4, padding: 2, from: x}
  - {type: Conv1d, name: b, out_channels: 1, kernel_size: 4, from: x}
  - {type: Add, name: out, from: [a, b]}
  - {type: Conv1d, name: behind, out_channels: 1, kernel_size: 2}
"""
    for name in ("out", "behind"):
        field = field_of(spec, name)
        (axis,) = field.axes
        assert not axis.aligned
        assert not field.exact
        assert numbers(axis) == (None, None, None)


def test_axes_are_apart() -> None:
    """Test graph 5: height 5 with stride 4, width 7 with stride 4."""
    spec = """\
inputs: {x: [1, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 1, kernel_size: [3, 5], stride: 2}
  - {type: Conv2d, out_channels: 1, kernel_size: [3, 1], stride: 2}
"""
    height, width = field_of(spec, "conv2d_1").axes
    assert numbers(height) == (7, 4, 0)
    assert numbers(width) == (5, 4, 0)


EXCITED = """\
  - {type: AdaptiveAvgPool2d, name: pool, output_size: 1}
  - {type: Conv2d, name: squeeze, out_channels: 4, kernel_size: 1}
  - {type: Multiply, name: scaled, from: [stem, squeeze]}
"""
HEADS = """\
inputs: {{x: [2, 12, 12]}}
layers:
  - {{type: Conv2d, name: stem, out_channels: 4, kernel_size: 3, padding: 1}}
{rows}
"""


@pytest.mark.parametrize(
    ("rows", "layer", "whole"),
    [
        ("  - {type: AdaptiveAvgPool2d, name: pool, output_size: 1}", "pool", [True, True]),
        ("  - {type: AdaptiveAvgPool2d, name: pool, output_size: [1, null]}", "pool", [True, False]),
        ("  - {type: Flatten, name: flat}", "flat", [True, True]),
        ("  - Flatten\n  - {type: Linear, name: fc, out_features: 3}", "fc", [True, True]),
        ("  - {type: Linear, name: fc, out_features: 3}", "fc", [False, True]),
        ("  - {type: Softmax, name: s, dim: 1}", "s", [False, False]),
        ("  - {type: Softmax, name: s, dim: -1}", "s", [False, True]),
        (
            EXCITED,
            "scaled",
            [True, True],
        ),
    ],
)
def test_whole_axes(rows: str, layer: str, whole: list[bool]) -> None:
    axes = field_of(HEADS.format(rows=rows), layer).axes
    assert [axis.whole for axis in axes] == whole
    assert [axis.size for axis in axes] == [12 if each else 3 for each in whole]


def test_squeeze_and_excitation_keeps_the_local_field_beside_the_whole_one() -> None:
    axes = field_of(HEADS.format(rows=EXCITED), "scaled").axes
    assert [axis.spans and axis.spans.sizes for axis in axes] == [(3,), (3,)]


def test_adaptive_pools_that_do_not_divide_have_phases() -> None:
    """10 positions to 4: windows 0-2, 2-4, 5-7, 7-9 (torch: floor(i n / m) to ceil((i + 1) n / m) - 1)."""
    spec = "inputs: {x: [1, 10]}\nlayers:\n  - {type: AdaptiveAvgPool1d, name: p, output_size: 4}\n"
    (axis,) = field_of(spec, "p").axes
    assert axis.spans is not None
    assert [axis.spans.at(unit) for unit in range(4)] == [(0, 2), (2, 4), (5, 7), (7, 9)]
    assert axis.stride == Fraction(5, 2)


def test_each_input_has_its_own_field() -> None:
    spec = """\
inputs: {left: [1, 20], right: [1, 20]}
layers:
  - {type: Conv1d, name: a, out_channels: 1, kernel_size: 3, padding: 1, from: left}
  - {type: Conv1d, name: b, out_channels: 1, kernel_size: 5, padding: 2, from: right}
  - {type: Concat, name: both, from: [a, b]}
"""
    fields = receptive_fields(trace(loads(spec))).layers["both"]
    assert [(field.input, field.axes[0].size) for field in fields] == [("left", 3), ("right", 5)]
