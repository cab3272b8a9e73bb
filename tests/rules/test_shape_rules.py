"""Rules about shape and dilation against brute force: sets of indices on small grids, sizes traced anew."""

import re
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc import zoo
from archcalc.analyses.smallest_field import smallest_fields
from archcalc.errors import SpecError
from archcalc.facts import Window
from archcalc.loading import loads
from archcalc.rules.context import Context
from archcalc.rules.engine.checking import Checked, check_text
from archcalc.rules.questions.taps import PaddedAxis, data_axes
from archcalc.rules.selection import Selection
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIVE = Selection().active() | {"AC202", "AC206"}
SIZES = re.compile(r"give 'x' (?:([\d,]+) or )?([\d,]+) positions")


def _checked(text: str) -> Checked:
    return check_text(text, "spec.yaml", ACTIVE)


def _found(text: str) -> list[str]:
    return [found.code for found in _checked(text).findings]


def _sequence(length: int, *layers: str, end: str = "") -> str:
    return f"inputs: {{x: [1, {length}]}}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers) + end


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, Window]:
    """Positions of an axis, and a window that fits."""
    kernel, dilation, padding = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(0, 9))
    span = dilation * (kernel - 1) + 1
    least = max(1, span - 2 * padding)
    length = draw(st.integers(least, least + 12))
    return length, Window(kernel, draw(st.integers(1, 5)), padding, dilation)


def _outputs(length: int, window: Window) -> int:
    span = window.dilation * (window.kernel - 1) + 1
    return (length + 2 * window.padding - span) // window.stride + 1


def _reads(length: int, window: Window) -> "Iterator[tuple[int, int, int]]":
    """Output, tap and position of every read that is inside."""
    for unit, tap in product(range(_outputs(length, window)), range(window.kernel)):
        position = unit * window.stride - window.padding + tap * window.dilation
        if 0 <= position < length:
            yield unit, tap, position


@settings(deadline=None, print_blob=True)
@given(windows().filter(lambda drawn: _outputs(*drawn) > 0))
def test_taps_and_outputs_are_counted_as_reading_one_by_one_counts_them(drawn: tuple[int, Window]) -> None:
    length, window = drawn
    units = _outputs(length, window)
    axis, reads = PaddedAxis(1, window, length, units), list(_reads(length, window))
    assert axis.used_taps == len({tap for _, tap, _ in reads})
    assert axis.empty_units == units - len({unit for unit, _, _ in reads})
    middles = [Fraction(axis.span - 1, 2) + unit * window.stride - window.padding for unit in range(units)]
    assert axis.rim == sum(not 0 <= middle <= length - 1 for middle in middles)


@st.composite
def pads(draw: st.DrawFn) -> tuple[int, tuple[tuple[int, int], ...], Window]:
    """Positions of an axis, pads in front of a convolution (negative: cut off), and its window."""
    length = draw(st.integers(1, 8))
    sides = draw(st.lists(st.tuples(st.integers(-2, 6), st.integers(-2, 6)), max_size=2))
    window = Window(draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(0, 2)))
    return length, tuple(sides), replace(window, dilation=draw(st.integers(1, 3)))


@settings(deadline=None, print_blob=True, max_examples=60)
@given(pads())
def test_taps_behind_pads_of_their_own_are_counted_by_their_gradients(
    drawn: tuple[int, tuple[tuple[int, int], ...], Window],
) -> None:
    length, sides, window = drawn
    size = length
    for before, behind in sides:
        assume(size + before + behind > 0 and -min(before, 0) - min(behind, 0) <= size)
        size += before + behind
    assume(_outputs(size, window) > 0)
    pad = [f"{{type: ZeroPad1d, padding: [{before}, {behind}]}}" for before, behind in sides]
    conv = _conv(window).replace("from: x, ", "")
    model = loads(_sequence(length, *pad, conv))
    context = Context(model, trace(model))
    (axis,) = data_axes(context, context.layers[-1])
    values = torch.rand(1, 1, length) + 1
    for side in sides:
        values = torch.nn.functional.pad(values, side)
    module = torch.nn.Conv1d(1, 1, window.kernel, window.stride, window.padding, window.dilation)
    module(values).sum().backward()
    gradient = module.weight.grad
    assert gradient is not None
    assert axis.used_taps == int((gradient != 0).sum())


def _conv(window: Window, name: str = "conv", source: str = "x") -> str:
    return (
        f"{{type: Conv1d, name: {name}, from: {source}, out_channels: 1, kernel_size: {window.kernel},"
        f" stride: {window.stride}, padding: {window.padding}, dilation: {window.dilation}}}"
    )


@settings(deadline=None, print_blob=True)
@given(st.lists(windows(), min_size=1, max_size=3), st.integers(8, 40))
def test_the_end_that_all_readers_leave_is_found_with_its_number(
    drawn: list[tuple[int, Window]], length: int
) -> None:
    readers = [window for _, window in drawn if _outputs(length, window) > 0]
    layers = [_conv(window, f"c{index}") for index, window in enumerate(readers)]
    if not readers:
        return
    text = _sequence(length, *layers, end=f"outputs: [{', '.join(f'c{i}' for i in range(len(readers)))}]\n")
    last = [max((at for *_, at in _reads(length, window)), default=-1) for window in readers]
    # A window may end in the padding and still leave out the last position between its taps: a hole.
    ends = [
        (_outputs(length, w) - 1) * w.stride - w.padding + (w.kernel - 1) * w.dilation
        for w in readers
        if w.kernel >= w.stride > 1
    ]
    stops = any(end < length - 1 for end in ends)
    found = [finding for finding in _checked(text).findings if finding.code == "AC103"]
    assert bool(found) == (stops and -1 < max(last) < length - 1)
    for finding in found:
        assert f"reads {max(last) + 1} of {length} positions of x" in finding.message


@settings(deadline=None, print_blob=True)
@given(st.lists(windows(), min_size=1, max_size=3), st.integers(8, 40))
def test_positions_between_windows_are_counted_over_all_readers(
    drawn: list[tuple[int, Window]], length: int
) -> None:
    readers = [window for _, window in drawn if _outputs(length, window) > 0]
    layers = [_conv(window, f"c{index}") for index, window in enumerate(readers)]
    if not readers:
        return
    text = _sequence(length, *layers, end=f"outputs: [{', '.join(f'c{i}' for i in range(len(readers)))}]\n")
    read = {position for window in readers for *_, position in _reads(length, window)}
    skips = any(window.kernel < window.stride for window in readers)
    found = [finding for finding in _checked(text).findings if finding.code == "AC203"]
    assert bool(found) == (skips and 0 < len(read) < length)
    for finding in found:
        assert f"reads {len(read)} of {length} positions of x" in finding.message


@settings(deadline=None, print_blob=True)
@given(windows(), windows(), st.integers(10, 40))
def test_the_sizes_that_a_finding_offers_leave_nothing(
    first: tuple[int, Window], second: tuple[int, Window], length: int
) -> None:
    layers = (_conv(first[1], "one"), _conv(second[1], "two", "one"))
    if first[1].kernel < first[1].stride or second[1].kernel < second[1].stride:
        return
    for finding in _checked(_sequence(length, *layers)).findings:
        offered = SIZES.search(finding.hint) if finding.code == "AC103" else None
        for size in offered.groups() if offered else ():
            text = _sequence(int(size), *layers) if size else ""
            assert not text or "AC103" not in _found(text)


@settings(deadline=None, print_blob=True)
@given(st.integers(1, 3), st.integers(2, 3), st.integers(9, 60), st.booleans())
def test_sizes_for_a_skip_are_those_that_can_be_traced(
    depth: int,
    factor: int,
    length: int,
    padded: bool,  # noqa: FBT001  drawn
) -> None:
    down = [
        f"{{type: Conv1d, name: down, out_channels: 1, kernel_size: 3, stride: {factor}, padding: 1, "
        f"repeat: {depth}}}"
        if padded
        else f"{{type: MaxPool1d, name: down, kernel_size: {factor}, repeat: {depth}}}"
    ]
    layers = (
        *down,
        f"{{type: Upsample, name: up, scale_factor: {factor**depth}}}",
        "{type: Add, from: [x, up]}",
    )
    if length < factor**depth:
        return
    findings = _checked(_sequence(length, *layers)).findings
    assert "AC001" not in {finding.code for finding in findings}
    assert ("AC108" in {f.code for f in findings}) != _traced(_sequence(length, *layers))
    for finding in findings:
        if finding.code == "AC108":
            offered = SIZES.search(finding.hint)
            assert offered is not None
            sizes = [int(size) for size in offered.groups() if size]
            assert all(_traced(_sequence(size, *layers)) for size in sizes)


def _traced(text: str) -> bool:
    try:
        trace(loads(text))
    except SpecError:
        return False
    return True


@pytest.mark.parametrize("size", [60, 64, 65])
def test_a_pyramid_of_pools_brought_back_to_one_size_is_aligned(size: int) -> None:
    assert not _found(f"""\
inputs: {{image: [8, {size}, {size}]}}
layers:
  - {{type: Conv2d, name: x, out_channels: 8, kernel_size: 3, padding: 1}}
  - {{type: AdaptiveAvgPool2d, name: p6, output_size: 6, from: x}}
  - {{type: Upsample, name: u6, size: {size}, mode: bilinear}}
  - {{type: AdaptiveAvgPool2d, name: p3, output_size: 3, from: x}}
  - {{type: Upsample, name: u3, size: {size}, mode: bilinear, align_corners: true}}
  - {{type: Concat, from: [x, u6, u3]}}
""")


def test_a_feature_pyramid_is_silent() -> None:
    assert not _found("""\
inputs: {image: [3, 256, 256]}
layers:
  - {type: Conv2d, name: c1, out_channels: 16, kernel_size: 7, stride: 4, padding: 3}
  - {type: Conv2d, name: c2, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
  - {type: Conv2d, name: c3, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
  - ReLU
  - {type: Conv2d, name: l3, out_channels: 16, kernel_size: 1}
  - {type: Upsample, name: u3, scale_factor: 2}
  - {type: Conv2d, name: l2, out_channels: 16, kernel_size: 1, from: c2}
  - {type: Add, name: p2, from: [l2, u3]}
  - {type: Upsample, name: u2, scale_factor: 2, mode: bilinear}
  - {type: Conv2d, name: l1, out_channels: 16, kernel_size: 1, from: c1}
  - {type: Add, name: p1, from: [l1, u2]}
outputs: [l3, p2, p1]
""")


def test_queries_and_strided_keys_lie_along_different_axes() -> None:
    assert not _found("""\
inputs: {x: [32, 64]}
layers:
  - {type: Conv1d, name: k, out_channels: 32, kernel_size: 4, stride: 4}
  - {type: Transpose, name: q, from: x, dim0: 0, dim1: 1}
  - {type: MatMul, from: [q, k]}
""")


def test_slices_that_read_everything_together_are_silent_and_alone_too() -> None:
    halves = [f"{{type: Slice, name: s{at}, dim: 1, start: {at}, step: 2, from: x}}" for at in (0, 1)]
    assert not _found(_sequence(65, *halves, end="outputs: [s0, s1]\n"))
    assert not _found(_sequence(65, halves[0]))


def test_a_strided_layer_is_found_through_thousands_of_activations() -> None:
    text = _sequence(99, "{type: ReLU, repeat: 3000}", "{type: MaxPool1d, kernel_size: 2}")
    assert _found(text) == ["AC103"]


def test_every_axis_of_a_volume_is_named() -> None:
    (found,) = _checked("""\
inputs: {clip: [3, 15, 33, 32]}
layers:
  - {type: MaxPool3d, kernel_size: 2}
""").findings
    assert "14 of 15 slices and 32 of 33 rows of clip: slice 14 and row 32 are never read" in found.message


def test_giant_sizes_are_judged_quickly() -> None:
    assert _found("""\
inputs: {x: [1, 1000000000]}
layers:
  - {type: Conv1d, out_channels: 1, kernel_size: 3, padding: 100000000, stride: 2}
  - {type: MaxPool1d, kernel_size: 2}
""") in ([], ["AC106"])


def test_a_repeat_of_a_mistake_is_one_finding() -> None:
    even = "{type: Conv1d, out_channels: 1, kernel_size: 4, padding: same}"
    text = _sequence(64, f"{{type: Sequential, repeat: 5, layers: [{even}, ReLU]}}")
    checked = _checked(text)
    assert [(found.code, found.also) for found in checked.findings] == [("AC105", 4)]


def test_a_part_that_is_left_out_reads_nothing() -> None:
    layer = "{type: Conv1d, name: c, out_channels: 1, kernel_size: 3, padding: 1}"
    shortcut = "{type: ReLU, name: r, when: false, from: c}"
    assert _found(_sequence(65, layer, shortcut, "{type: MaxPool1d, kernel_size: 2, from: c}")) == ["AC103"]


def test_the_smallest_field_takes_the_path_that_sees_least() -> None:
    text = _sequence(
        64,
        "{type: Residual, body: [{type: Conv1d, out_channels: 1, kernel_size: 9, padding: 4}]}",
        "{type: Conv1d, out_channels: 1, kernel_size: 4, stride: 2, padding: 1}",
        "{type: Branches, branches: [[{type: Conv1d, out_channels: 1, kernel_size: 3, padding: 1}],"
        " [{type: Conv1d, out_channels: 1, kernel_size: 5, padding: 2}]], merge: {type: Concat}}",
    )
    fields = smallest_fields(trace(loads(text)))
    last = list(fields)[-1]
    assert fields[last]["x", 1].size == 4 + 2 * 2


def test_min_receptive_field_is_a_positive_number_of_positions() -> None:
    (found,) = _checked("min_receptive_field: 0\n" + _sequence(9, "ReLU")).findings
    assert (found.code, found.place.line) == ("AC001", 1)


def test_the_sizes_that_are_offered_suit_the_strides_behind_a_layer_too() -> None:
    pools = "".join(f"  - {{type: MaxPool1d, name: p{index}, kernel_size: 2}}\n" for index in range(4))
    (finding,) = _checked(f"inputs: {{x: [1, 100]}}\nlayers:\n{pools}").findings
    assert finding.subject == "p2 (MaxPool1d)"
    assert "give 'x' 96 or 112 positions (multiples of 16)" in finding.hint


def test_the_rate_that_is_offered_leaves_no_hole() -> None:
    def text(rate: int) -> str:
        stem = "{type: Conv1d, out_channels: 8, kernel_size: 7, stride: 2, padding: 3}"
        dilated = f"{{type: Conv1d, out_channels: 8, kernel_size: 3, padding: {rate}, dilation: {rate}}}"
        return f"inputs: {{x: [1, 256]}}\nlayers:\n  - {stem}\n  - {dilated}\n"

    (finding,) = _checked(text(4)).findings
    assert finding.hint.startswith("write dilation: 3, or ")
    assert not _found(text(3))


@settings(deadline=None, print_blob=True)
@given(windows(), windows(), st.integers(12, 40))
def test_a_shift_is_the_distance_of_the_middles_of_what_units_read(
    first: tuple[int, Window], second: tuple[int, Window], length: int
) -> None:
    one, other = first[1], second[1]
    other = Window(other.kernel, one.stride, other.padding, other.dilation)
    units = min(_outputs(length, one), _outputs(length, other))
    if units < 1:
        return
    cut = [f"{{type: Slice, name: cut{name}, dim: 1, stop: {units}, from: {name}}}" for name in "ab"]
    text = _sequence(length, _conv(one, "a"), _conv(other, "b"), *cut, "{type: Add, from: [cuta, cutb]}")
    middles = [Fraction((window.kernel - 1) * window.dilation, 2) - window.padding for window in (one, other)]
    distance = abs(middles[0] - middles[1])
    found = check_text(text, "spec.yaml", frozenset({"AC104", "AC109"})).findings
    assert [each.code for each in found] == ["AC109"] * (one.stride > 1 and distance % one.stride != 0)
    for each in found:
        plural = "s" if distance > 1 else ""
        shown = f"{distance} position{plural} of 'x' ({distance / one.stride} of the stride {one.stride})"
        assert each.message == f"x -> a -> cuta and x -> b -> cutb look at places {shown} apart"


PYRAMID = """\
inputs: {{image: [3, 64, 64]}}
layers:
  - {{type: {fine}, name: fine}}
  - {{type: {fine}, name: coarse}}
  - {{type: Upsample, name: up, scale_factor: 2}}
  - {{type: Add, from: [fine, up]}}
"""


@pytest.mark.parametrize(
    ("fine", "shift"),
    [
        ("MaxPool2d, kernel_size: 2", None),  # rows 0 1 and 0-3: both around 0.5
        ("Conv2d, out_channels: 3, kernel_size: 3, stride: 2, padding: 1", "1 row of 'image' (1/2 of"),
    ],
)
def test_a_pyramid_on_strided_odd_windows_is_shifted_and_one_on_pools_is_not(
    fine: str, shift: str | None
) -> None:
    found = check_text(PYRAMID.format(fine=fine), "a.yaml", ACTIVE | {"AC109"}).findings
    assert [each.code for each in found] == ["AC109"] * (shift is not None)
    assert all(shift is not None and shift in each.message for each in found)


def test_a_merge_of_unequal_strides_along_one_axis_is_never_shifted_too() -> None:
    text = """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: a, out_channels: 3, kernel_size: [3, 3], stride: [1, 2], padding: 1, from: image}
  - {type: MaxPool2d, name: b, kernel_size: 2, from: image}
  - {type: Slice, name: c, dim: 1, stop: 32, from: a}
  - {type: Add, from: [c, b]}
"""
    found = check_text(text, "a.yaml", frozenset({"AC104", "AC109"})).findings
    assert [each.code for each in found] == ["AC104"]


def test_long_ways_are_told_by_their_ends_and_the_pair_that_is_furthest_off_is_told() -> None:
    ways = [
        "[{type: Conv2d, out_channels: 3, kernel_size: 3, stride: 8, padding: 1}]",
        "[{type: Conv2d, out_channels: 3, kernel_size: 4, stride: 8, padding: 1}]",
        "[{type: Conv2d, out_channels: 3, kernel_size: 9, stride: 8, padding: 1}, {type: ReLU, repeat: 9}]",
    ]
    text = f"""\
inputs: {{image: [3, 64, 64]}}
layers:
  - type: Branches
    branches: [{", ".join(ways)}]
    merge: {{type: Add, name: sum}}
"""
    (found,) = check_text(text, "a.yaml", frozenset({"AC001", "AC109"})).findings
    assert found.message == (
        "image -> conv2d_0 and image -> ... -> relu_0.7 -> relu_0.8 look at places 3 rows of 'image' (3/8 of"
        " the stride 8) and 3 columns of 'image' (3/8 of the stride 8) apart"
    )


def test_keys_and_queries_do_not_meet_place_by_place() -> None:
    text = _sequence(
        64,
        "{type: Conv1d, name: q, out_channels: 8, kernel_size: 3, stride: 2, padding: 1, from: x}",
        "{type: MaxPool1d, name: k, kernel_size: 2, from: x}",
        "{type: Transpose, name: t, from: q, dim0: 0, dim1: 1}",
        "{type: Linear, name: l, out_features: 1}",
        "{type: MatMul, from: [l, k]}",
    )
    assert not check_text(text, "a.yaml", frozenset({"AC001", "AC109"})).findings


def test_windows_of_attention_have_no_middle() -> None:
    path = zoo.path_of("swin_t")
    assert path is not None
    checked = check_text(path.read_text(encoding="utf-8"), str(path), frozenset({"AC001", "AC109"}))
    assert checked.context is not None
    assert checked.context.fields.misaligned
    assert not checked.findings


def test_a_layer_that_nothing_reads_beside_an_input_that_leaves_the_network() -> None:
    text = """\
inputs: {x: [3, 8, 8]}
layers:
  - {type: Conv2d, name: c, out_channels: 3, kernel_size: 3}
  - {type: Conv2d, name: d, from: x, out_channels: 3, kernel_size: 1}
outputs: [x, d]
"""
    (found,) = check_text(text, "spec.yaml", frozenset({"AC101"}), helping=True).findings
    assert "outputs: [x, c, d]" in found.hint
