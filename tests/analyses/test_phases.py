"""Layers whose units read by phase, followed through the analyses."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc import coverage, loads, receptive_fields, trace
from archcalc.analyses import positions, units_behind
from archcalc.analyses.pieces import MAX_GROUPED, narrowed
from archcalc.analyses.positions import Positions, interval, read_by
from archcalc.analyses.units_behind import MAX_UNITS, where_behind
from archcalc.errors import Fault
from archcalc.facts import FEATURES, AxisRead, Groups, Phased, Window

HOLED = """\
inputs: {x: [1, 9]}
layers:
  - {type: Conv1d, out_channels: 1, kernel_size: 3}
  - {type: ConvTranspose1d, name: up, out_channels: 1, kernel_size: 1, stride: 3}
"""


def test_units_between_the_taps_of_a_transposed_convolution_read_nothing() -> None:
    """Stride 3 and 1 tap: of three units only the first meets an input, which reads three positions."""
    traced = trace(loads(HOLED))
    for unit, span in ((0, (0, 3)), (1, (0, 0)), (2, (0, 0)), (3, (1, 3))):
        reads = coverage(traced, "up", 1, unit)["x", 1]
        assert reads is not None
        assert (reads.start, reads.span) == span
    (field,) = receptive_fields(traced).layers["up"]
    assert field.axes[0].spans is not None
    assert [field.axes[0].spans.at(unit) for unit in range(4)] == [(0, 2), None, None, (1, 3)]


@pytest.mark.parametrize(("n", "size"), [(8, 12), (10, 15), (9, 12), (10, 4), (12, 8)])
def test_counts_behind_phases_that_move_by_several_positions(n: int, size: int) -> None:
    """Copies of floor(o n / size), behind which a window of 3 adds up what its units read."""
    traced = trace(
        loads(
            f"inputs: {{x: [1, {n}]}}\nlayers:\n  - {{type: Upsample, size: {size}}}\n"
            "  - {type: Conv1d, name: end, out_channels: 1, kernel_size: 3}\n"
        )
    )
    for unit in range(size - 2):
        reads = coverage(traced, "end", 1, unit)["x", 1]
        assert reads is not None
        wanted = Counter(place * n // size for place in range(unit, unit + 3))
        counted = {reads.start + at: count for at, count in enumerate(reads.counts) if count}
        assert counted == dict(wanted), unit


WINDOWS = st.lists(st.builds(range, st.integers(-3, 9), st.integers(-3, 12), st.sampled_from((1, 1, 1, 2))))


@given(WINDOWS.filter(bool), st.integers(0, 9), st.integers(1, 9), st.integers(-2, 6))
def test_units_of_phases_read_what_their_windows_hold(
    windows: list[range], first: int, count: int, shift: int
) -> None:
    """Also the units of one turn, all of which are looked at together where no window leaves a gap."""
    reads: set[int] = set()
    for unit in range(first, first + count):
        turn, phase = divmod(unit, len(windows))
        reads |= {turn * abs(shift) + place for place in windows[phase]}
    found = read_by(interval(first, first + count - 1), Phased(abs(shift), tuple(windows)))
    assert {place for place in range(-9, 200) if place in found} == reads


def test_all_units_of_an_adaptive_pool_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "_of_phase", None)
    pool = trace(loads("inputs: {x: [1, 90]}\nlayers: [{type: AdaptiveAvgPool1d, output_size: 67}]\n"))
    reach = pool.layers[0].facts.first_reads[1].reach
    assert isinstance(reach, Phased)
    assert read_by(interval(0, 66), reach) == interval(0, 89)
    assert read_by(interval(5, 9), reach) == interval(5 * 90 // 67, -(-10 * 90 // 67) - 1)


def test_units_of_many_phases_that_are_more_than_a_turn_are_looked_at_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Padding in front of a pool of 65,536 outputs: all positions for each phase took 10 s."""
    monkeypatch.setattr(positions, "_of_phase", None)
    pool = trace(loads("inputs: {x: [1, 90]}\nlayers: [{type: AdaptiveAvgPool1d, output_size: 67}]\n"))
    reach = pool.layers[0].facts.first_reads[1].reach
    assert isinstance(reach, Phased)
    assert read_by(interval(-3, 70), reach) == interval(-5, 95)
    assert read_by(Positions(66, 0b101), reach) == Positions(88, 0b11011)


def test_a_single_unit_costs_nothing_however_far_the_next_one_would_be() -> None:
    assert read_by(Positions(0, 1), Window(kernel=3, stride=2**62)) == Positions(0, 0b111)


def test_groups_of_too_many_features_are_refused_before_each_has_a_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = AxisRead(0, FEATURES, group=Groups(2))
    assert narrowed(read, 8, 24) == Phased(12, (range(12),) * 4)
    with pytest.raises(Fault, match=f"at most {MAX_GROUPED:,} features"):
        narrowed(read, 10**12, 24)
    asked: list[int] = []

    def counted(read: AxisRead, outputs: int, length: int) -> object:
        asked.append(outputs)
        return narrowed(read, outputs, length)

    monkeypatch.setattr(units_behind, "narrowed", counted)
    few, many = MAX_UNITS, MAX_UNITS + 2
    assert where_behind((interval(0, 3),), (read,), (few,), (24,)) is not None
    assert where_behind((interval(0, 3),), (read,), (many,), (24,)) is None
    assert asked == [few]
