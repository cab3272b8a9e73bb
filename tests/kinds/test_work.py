"""Work by operation: what every kind must state, numbers by hand, and masks counted pair by pair."""

import warnings
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import loads, trace
from archcalc.facts import Facts, Tensor
from archcalc.formulas.attention import hidden_pairs, window_start, windowed_pairs
from archcalc.layers.registry import KINDS, kind
from archcalc.work import Sort, operations_of
from tests.kinds.drawing import Sample
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred

UNUSED = {"Parameter"}
"""Kinds whose weights others use."""


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_states_its_work(name: str) -> None:
    @given(sample=SAMPLES[name])
    @settings(max_examples=3, deadline=None, print_blob=True)
    def look(sample: Sample) -> None:
        facts = inferred(name, sample)
        if isinstance(facts, str):
            return
        used = {weight for each in facts.work for weight in each.weights}
        assert used <= set(facts.weights), "work uses weights that there are"
        assert name in UNUSED or used == set(facts.weights), "every weight is used by some operation"
        for each in facts.work:
            if each.count is not None:
                assert 0 <= each.masked <= each.count
                assert each.arriving is None or 0 <= each.arriving <= each.count
                assert isinstance(each.count, int)

    with warnings.catch_warnings(action="ignore"):
        look()


class Row(NamedTuple):
    """A layer, what arrives, and its operations by sort: product, element-wise, reduction, gather, move."""

    name: str
    arguments: dict[str, object]
    shapes: tuple[tuple[int, ...], ...]
    work: tuple[int, int, int, int, int]


ROWS = (
    Row("ReLU", {}, ((3, 5),), (0, 15, 0, 0, 0)),
    Row("Identity", {}, ((3, 5),), (0, 0, 0, 0, 0)),
    Row("Detach", {}, ((3, 5),), (0, 0, 0, 0, 0)),
    Row("Dropout", {}, ((3, 5),), (0, 0, 0, 0, 0)),
    Row("Flatten", {}, ((3, 5),), (0, 0, 0, 0, 0)),
    Row("Linear", {"out_features": 4}, ((3, 5),), (60, 12, 0, 0, 0)),
    Row(
        "Conv1d", {"out_channels": 4, "kernel_size": 3, "bias": False}, ((3, 5),), (4 * 3 * 3 * 3, 0, 0, 0, 0)
    ),
    Row("Add", {}, ((3, 5), (3, 5), (3, 1)), (0, 30, 0, 0, 0)),
    Row("Concat", {}, ((3, 5), (2, 5)), (0, 0, 0, 0, 25)),
    Row("MaxPool1d", {"kernel_size": 2}, ((3, 8),), (0, 0, 3 * 8, 0, 0)),
    Row("AvgPool1d", {"kernel_size": 2}, ((3, 8),), (0, 3 * 4, 3 * 8, 0, 0)),
    # Windows of 5 positions to 3: 0..1, 1..3, 3..4, so that 7 are taken in.
    Row("AdaptiveAvgPool1d", {"output_size": 3}, ((2, 5),), (0, 2 * 3, 2 * 7, 0, 0)),
    Row("Softmax", {"dim": -1}, ((3, 5),), (0, 45, 30, 0, 0)),
    Row("BatchNorm1d", {}, ((3, 5),), (0, 4 * 15, 0, 0, 0)),
    Row("LayerNorm", {}, ((3, 5),), (0, 5 * 15, 2 * 15, 0, 0)),
    Row("RMSNorm", {}, ((3, 5),), (0, 3 * 15, 15, 0, 0)),
    Row("Mean", {"dim": 1}, ((3, 5),), (0, 3, 15, 0, 0)),
    Row("Upsample", {"scale_factor": 2}, ((2, 3, 3),), (0, 0, 0, 72, 0)),
    Row("Upsample", {"scale_factor": 2, "mode": "bilinear"}, ((2, 3, 3),), (0, 7 * 72, 0, 4 * 72, 0)),
    Row("MatMul", {}, ((3, 5), (5, 2)), (30, 0, 0, 0, 0)),
    # Four gates of (sum, two biases, a function), then f c + i g, tanh, o: 21 per unit and step.
    Row("LSTM", {"hidden_size": 4}, ((7, 5),), (7 * 4 * 4 * 9, 7 * 4 * 21, 0, 0, 0)),
    # Scaled, and less the largest, exp, quotient: 4 per pair; taken in by maximum and sum: 2.
    Row(
        "MultiheadAttention",
        {"num_heads": 2, "bias": False},
        ((3, 8),),
        (4 * 3 * 64 + 2 * 9 * 8, 4 * 2 * 9, 2 * 2 * 9, 0, 0),
    ),
)
SORTS: tuple[Sort, ...] = ("product", "elementwise", "reduction", "gather", "move")


def of(row: Row) -> Facts:
    """Facts of a row's layer."""
    return kind(row.name)(**row.arguments).infer(tuple(Tensor(shape) for shape in row.shapes))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} {row.arguments}")
def test_numbers_by_hand(row: Row) -> None:
    assert tuple(operations_of(of(row).work, sort) for sort in SORTS) == row.work


@given(st.integers(1, 12), st.none() | st.integers(1, 15), st.booleans())
@settings(max_examples=60, print_blob=True)
def test_hidden_pairs_are_those_that_the_mask_hides(positions: int, window: int | None, causal: bool) -> None:  # noqa: FBT001  drawn
    if window is not None and not causal and window % 2 == 0:
        window += 1
    reach = positions if window is None else window if causal else window // 2 + 1

    def seen(query: int, key: int) -> bool:
        distance = query - key
        return (distance >= 0 or not causal) and abs(distance) < reach

    hidden = sum(not seen(*pair) for pair in product(range(positions), repeat=2))
    assert hidden_pairs(positions, window, causal=causal) == hidden


@given(st.integers(1, 5), st.integers(1, 5), st.data())
@settings(max_examples=40, print_blob=True)
def test_windowed_pairs_share_a_window(count: int, window: int, data: st.DataObject) -> None:
    shift, positions = data.draw(st.integers(0, window - 1)), count * window
    places = [window_start(position, window, shift) for position in range(positions)]
    assert windowed_pairs(positions, window, shift) == sum(a == b for a, b in product(places, repeat=2))


def test_a_recurrence_over_layers_repeats_their_work() -> None:
    body = "[{type: Concat, from: [p, h]}, {type: Linear, out_features: 4}, {type: Tanh, name: o}]"
    scan = f"{{type: Scan, inputs: [p], states: {{h: {{shape: [4], next: o}}}}, layers: {body}}}"
    found = trace(loads(f"inputs: {{x: [7, 5]}}\nlayers: [{scan}]")).layers[-1]
    assert found.facts.macs == 7 * 4 * 9
    assert operations_of(found.facts.work, "elementwise") == 7 * (4 + 4)
    assert operations_of(found.facts.work, "move") == 7 * 9


def test_what_is_not_known_stays_so() -> None:
    found = trace(loads("inputs: {x: [3]}\nlayers: [{type: Opaque, operator: f, outputs: {y: [2]}}]"))
    assert found.layers[0].facts.macs is None
