"""Groups of dilated layers in networks: how they are found, and what their verdict is worth."""

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import check_rates, dilation_groups, load, loads, trace, zoo
from archcalc.analyses.coverage import Coverage
from archcalc.analyses.dilation import DilationGroup
from tests.analyses.random_networks import Network, networks
from tests.test_dilation_formulas import WORKED


def stack(rates: "tuple[int, ...]", kernel: int, stem: str = "", size: int = 600) -> str:
    """Convolutions with these rates behind a stem."""
    shared = f"type: Conv1d, out_channels: 1, kernel_size: {kernel}"
    rows = "".join(f"  - {{{shared}, dilation: {rate}, padding: {rate}}}\n  - ReLU\n" for rate in rates)
    return f"inputs: {{x: [1, {size}]}}\nlayers:\n{stem}{rows}"


@pytest.mark.parametrize(("rates", "kernel", "distances", "passes", "field"), WORKED)
def test_worked_rows_as_networks(
    *, rates: tuple[int, ...], kernel: int, distances: tuple[int, int], passes: bool, field: tuple[int, int]
) -> None:
    (group,) = dilation_groups(trace(loads(stack(rates, kernel))))
    assert group.alone.rates == rates
    assert (group.alone.m[1], group.alone.m[0]) == distances
    assert group.alone.paper is passes
    assert group.reads is not None
    assert (group.reads.span, group.reads.read) == field
    assert group.full is (field[0] == field[1])
    assert (group.nearest is None) is group.full


@given(
    rates=st.lists(st.integers(1, 12), min_size=1, max_size=5).map(tuple),
    kernel=st.integers(2, 5),
    first=st.integers(1, 7),
    stride=st.integers(1, 4),
)
@settings(max_examples=300, deadline=None, print_blob=True)
def test_proposed_rates_leave_no_hole_behind_a_strided_stem(
    rates: tuple[int, ...], kernel: int, first: int, stride: int
) -> None:
    def stem_with(rate: int) -> str:
        shared = "type: Conv1d, out_channels: 1"
        return f"  - {{{shared}, kernel_size: {first}, stride: {stride}, dilation: {rate}}}\n"

    stem = stem_with(1)
    for group in dilation_groups(trace(loads(stack(rates, kernel, stem, 3000)))):
        positions = {0}
        for rate in rates:
            positions = {position + tap * rate for position in positions for tap in range(kernel)}
        through_stem = {position * stride + tap for position in positions for tap in range(first)}
        assert group.reads is not None
        if stride > 1:
            assert group.reads.read == len(through_stem)
            assert group.full is (len(through_stem) == max(through_stem) + 1)
        if group.nearest is not None:
            in_group = stride == 1 and first > 1
            mended = group.nearest[1:] if in_group else group.nearest
            stem = stem_with(group.nearest[0] if in_group else 1)
            again = dilation_groups(trace(loads(stack(mended, kernel, stem, 3000))))
            assert all(other.full for other in again)
        elif not group.full:
            assert first < stride, "only a stem that jumps leaves nothing to propose"


def test_alone_and_in_the_network_may_differ() -> None:
    """5, 9, 17 has holes alone, and none behind 1, 2, 5, 9 (and the other way round behind a stride)."""
    assert not check_rates((5, 9, 17), (3, 3, 3)).coverage.full
    (group,) = dilation_groups(trace(loads(stack((1, 2, 5, 9, 5, 9, 17), 3))))
    assert group.full
    stem = "  - {type: MaxPool1d, kernel_size: 1, stride: 2}\n"
    (group,) = dilation_groups(trace(loads(stack((1, 2, 5), 3, stem))))
    assert group.alone.coverage.full
    assert not group.full
    assert group.nearest is None
    assert group.jump == 2


def test_a_stride_ends_a_group() -> None:
    spec = """\
inputs: {x: [1, 200]}
layers:
  - {type: Conv1d, name: a, out_channels: 1, kernel_size: 3, dilation: 2}
  - {type: Conv1d, name: b, out_channels: 1, kernel_size: 3, stride: 2}
  - {type: Conv1d, name: c, out_channels: 1, kernel_size: 3, dilation: 2}
"""
    groups = dilation_groups(trace(loads(spec)))
    assert [group.layers for group in groups] == [("a", "b"), ("c",)]
    assert [group.jump for group in groups] == [1, 2]


def test_residual_blocks_and_parallel_branches() -> None:
    """A shortcut adds no dilation; parallel rates are judged each by its own path, as the file has them."""
    spec = """\
inputs: {x: [4, 64, 64]}
layers:
  - type: Residual
    name: block
    body:
      - {type: Conv2d, name: a, out_channels: 4, kernel_size: 3, dilation: 2, padding: same}
      - {type: Conv2d, name: b, out_channels: 4, kernel_size: 3, dilation: 1, padding: same}
  - type: Branches
    name: aspp
    branches:
      six: [{type: Conv2d, name: c, out_channels: 4, kernel_size: 3, dilation: 6, padding: same}]
      twelve: [{type: Conv2d, name: c, out_channels: 4, kernel_size: 3, dilation: 12, padding: same}]
"""
    groups = dilation_groups(trace(loads(spec)))
    assert [group.layers for group in groups] == [
        ("block.a", "block.b", "aspp.six.c"),
        ("block.a", "block.b", "aspp.twelve.c"),
    ]
    assert [group.full for group in groups] == [True, False]
    assert all(group.axes == (1, 2) for group in groups)


def test_axes_with_different_rates_are_two_groups() -> None:
    spec = """\
inputs: {x: [1, 64, 64]}
layers:
  - {type: Conv2d, name: a, out_channels: 1, kernel_size: 3, dilation: [1, 2]}
  - {type: Conv2d, name: b, out_channels: 1, kernel_size: 3, dilation: [2, 2]}
"""
    groups = dilation_groups(trace(loads(spec)))
    assert [(group.axes, group.alone.rates, group.full) for group in groups] == [
        ((1,), (1, 2), True),
        ((2,), (2, 2), False),
    ]


def test_plain_networks_have_no_groups() -> None:
    assert dilation_groups(trace(load("resnet18"))) == ()
    assert dilation_groups(trace(load("vgg16"))) == ()


def test_kernels_of_one_position_are_left_out() -> None:
    spec = """\
inputs: {x: [1, 64]}
layers:
  - {type: Conv1d, name: a, out_channels: 1, kernel_size: 3}
  - {type: Conv1d, name: b, out_channels: 1, kernel_size: 1, dilation: 9}
  - {type: Conv1d, name: c, out_channels: 1, kernel_size: 3, dilation: 2}
"""
    (group,) = dilation_groups(trace(loads(spec)))
    assert group.layers == ("a", "c")
    assert group.full


Path = tuple[tuple[str, int, int], ...]
"""Name, taps and rate of windows one behind the other, none of which but the last one has a stride."""


def reached(path: Path) -> set[int]:
    """The positions that one unit behind a path reads."""
    found = {0}
    for _, kernel, rate in path:
        found = {position + tap * rate for position in found for tap in range(kernel)}
    return found


def dilated_paths(spec: dict[str, object]) -> set[tuple[str, ...]]:
    """Names of the windows of every dilated path that nothing carries on, the widest one where paths meet."""
    best: dict[str, Path] = {"x": ()}
    ended, carried = set[Path](), set[Path]()
    for layer in cast("list[dict[str, object]]", spec["layers"]):
        name, sources = cast("str", layer["name"]), layer["from"]
        if isinstance(sources, list):
            paths = [best[source] for source in cast("list[str]", sources)]
            best[name] = max(paths, key=lambda path: max(reached(path)))
            continue
        before = best[cast("str", sources)]
        kernel, rate = cast("int", layer["kernel_size"]), cast("int", layer["dilation"])
        path = (*before, (name, kernel, rate)) if kernel > 1 else before
        if path != before:
            carried.add(before)
            ended.add(path)
        best[name] = path if layer["stride"] == 1 else ()
    dilated = (path for path in ended - carried if any(rate > 1 for _, _, rate in path))
    return {tuple(name for name, _, _ in path) for path in dilated}


@given(network=networks())
@settings(max_examples=150, deadline=None, print_blob=True)
def test_groups_are_the_widest_paths_and_read_what_index_sets_say(network: Network) -> None:
    groups = dilation_groups(trace(load(network.spec)))
    assert {group.layers for group in groups} == dilated_paths(network.spec)
    for group in groups:
        positions = network.reads[group.layers[-1]](0)
        assert group.reads is not None
        assert (group.reads.start, group.reads.span) == (min(positions), max(positions) - min(positions) + 1)
        assert group.reads.read == len(positions)
        assert group.full is (group.reads.read == group.reads.span)


def test_no_rates_are_proposed_behind_units_that_leave_positions_out() -> None:
    """Units that read the positions 0 and 3 alone: rates behind them need not fill what is between."""
    stem = "  - {type: Conv1d, out_channels: 1, kernel_size: 2, dilation: 3, stride: 2}\n"
    *_, group = dilation_groups(trace(loads(stack((4, 4), 2, stem))))
    assert group.alone.rates == (4, 4)
    assert not group.full
    assert group.nearest is None


@pytest.mark.parametrize(
    ("inputs", "first", "origin"),
    [
        (
            "{tokens: {shape: [32], dtype: int64}}",
            "{type: Embedding, name: table, num_embeddings: 10, embedding_dim: 8}",
            "table",
        ),
        ("{x: [8]}", "{type: Stack, name: pile, from: [x, x, x, x, x, x, x, x], dim: 1}", "pile"),
    ],
)
def test_an_axis_that_no_input_has_is_judged_on_its_own_grid(inputs: str, first: str, origin: str) -> None:
    """Features of an embedding and a new axis are no positions of an input: rate 2 reads 3 of 5."""
    conv = "{type: Conv1d, name: conv, out_channels: 4, kernel_size: 3, dilation: 2}"
    traced = trace(loads(f"inputs: {inputs}\nlayers:\n  - {first}\n  - {conv}\n"))
    (group,) = dilation_groups(traced)
    assert (group.layers, group.input, group.nearest) == (("conv",), origin, (1,))
    assert group.reads is not None
    assert (group.reads.read, group.reads.span, group.full) == (3, 5, False)


@given(network=networks())
@settings(max_examples=150, deadline=None, print_blob=True)
def test_marked_positions_are_those_that_are_counted(network: Network) -> None:
    """The same positions of the same inputs are read, and the same rates proposed, without their counts."""
    traced = trace(load(network.spec))
    assert_alike(dilation_groups(traced), dilation_groups(traced, counted=False))


@pytest.mark.parametrize("name", ["wavenet", "tcn", "dilated_context", "deeplabv3_resnet50"])
def test_marked_positions_of_shipped_networks(name: str) -> None:
    path = zoo.path_of(name)
    assert path is not None
    traced = trace(load(path))
    groups = dilation_groups(traced)
    assert groups
    assert_alike(groups, dilation_groups(traced, counted=False))


def assert_alike(counted: tuple[DilationGroup, ...], marked: tuple[DilationGroup, ...]) -> None:
    """All is the same but how often a position counts."""
    for one, other in zip(counted, marked, strict=True):
        assert replace(one, reads=None, alone=other.alone) == replace(other, reads=None)
        assert replace(one.alone, coverage=other.alone.coverage) == other.alone
        assert read_at(one.alone.coverage) == read_at(other.alone.coverage)
        if one.reads is None or other.reads is None:
            assert one.full
            assert other.full
        else:
            assert read_at(one.reads) == read_at(other.reads)


def read_at(found: Coverage) -> tuple[int, list[bool]]:
    """Where a span begins, and which of its positions are read."""
    return found.start, [count > 0 for count in found.counts]
