"""The HDC recursion and the exact coverage: worked rows, a census, and enumeration of small cases."""

from collections import Counter
from itertools import pairwise, product
from math import prod
from random import Random
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.formulas import dilation
from archcalc.formulas.dilation import (
    coverage_counts,
    has_no_holes,
    nearest_full_rates,
    paper_m,
    paper_verdict,
    stack_span,
)

Layers = list[tuple[int, int]]
"""(rate or step, kernel) per layer."""

# rates, kernel, (M_2, M_1), whether the paper passes, (span, positions read): no holes where these two agree.
WORKED = [
    ((1, 2, 5), 3, (2, 1), True, (17, 17)),
    ((1, 2, 9), 3, (5, 3), False, (25, 21)),
    ((2, 2, 2), 3, (2, 2), True, (13, 7)),
    ((4, 4, 4), 3, (4, 4), False, (25, 7)),
    ((2, 4, 8), 3, (4, 2), False, (29, 15)),
    ((2, 3, 5), 3, (3, 2), True, (21, 19)),
    ((3, 2), 3, (2, 4), True, (11, 9)),
    ((9, 1, 1), 3, (1, 17), True, (23, 15)),
    ((1, 2, 3), 3, (2, 1), True, (13, 13)),
    ((3, 4, 5), 3, (4, 3), False, (25, 21)),
    ((1, 2, 5, 9), 3, (2, 1), True, (35, 35)),
    ((5, 9, 17), 3, (9, 5), False, (63, 27)),
    ((2, 2, 5, 9), 3, (2, 2), True, (37, 33)),
    # stages 4 and 5 as TuSimple/TuSimple-DUC builds them, and as the paper describes them
    ((2, 2, 5, 9, *(1, 2, 5, 9) * 4, 1, 2, 5, 5, 9, 17), 3, (3, 2), True, (251, 251)),
    ((*(1, 2, 5, 9) * 5, 1, 2, 5, 5, 9, 17), 3, (3, 1), True, (249, 249)),
    ((*(2,) * 23, *(4,) * 3), 3, (2, 2), True, (117, 59)),
    ((*(1, 2, 3) * 7, 2, 2, 3, 4, 5), 3, (2, 1), True, (117, 117)),
    ((1, 2, 5, 1, 2, 5), 3, (5, 3), False, (33, 33)),
    ((1, 4, 2), 3, (6, 4), False, (15, 15)),
    ((2, 1), 3, (1, 3), True, (7, 7)),
    ((1, 3, 9), 3, (3, 1), True, (27, 27)),
    ((1, 3, 9, 27), 3, (3, 1), True, (81, 81)),
    ((1, 2, 4, 8, 16), 3, (2, 1), True, (63, 63)),
    ((6, 12, 18), 3, (12, 6), False, (73, 13)),
    ((1, 6, 12, 18), 3, (6, 4), False, (75, 39)),
    ((1, 2, 9), 5, (5, 3), True, (49, 49)),
    ((1, 2, 13), 5, (9, 7), False, (65, 65)),
    ((1, 2, 19), 7, (15, 13), False, (133, 133)),
]


@pytest.mark.parametrize(("rates", "kernel", "distances", "passes", "field"), WORKED)
def test_worked_rows(
    *, rates: tuple[int, ...], kernel: int, distances: tuple[int, int], passes: bool, field: tuple[int, int]
) -> None:
    kernels = [kernel] * len(rates)
    counts = coverage_counts(kernels, rates)
    assert paper_m(rates)[1::-1] == distances
    assert paper_verdict(rates, kernels) is passes
    assert stack_span(kernels, rates) == len(counts)
    assert (len(counts), sum(count > 0 for count in counts)) == field
    assert has_no_holes(kernels, rates) is (field[0] == field[1])


@pytest.mark.parametrize(
    ("rates", "expected"),
    [((), ()), ((7,), (7,)), ((1, 2, 9), (3, 5, 9)), ((1, 2, 5, 1, 2, 5), (3, 5, 9, 1, 2, 5))],
)
def test_paper_m_lists_every_layer(rates: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert paper_m(rates) == expected


@pytest.mark.parametrize(
    ("rates", "kernels"),
    [((), ()), ((1,), (3,)), ((1, 2), (3, 5)), ((1, 2), (2, 2)), ((1, 1), (1, 1)), ((1, 1), (3, 1))],
)
def test_the_paper_defines_nothing(rates: tuple[int, ...], kernels: tuple[int, ...]) -> None:
    assert paper_verdict(rates, kernels) is None


def positions_read(kernels: tuple[int, ...], steps: tuple[int, ...]) -> int:
    """The positions read as the bits of a number: every layer shifts the set by each of its taps."""
    bits = 1
    for kernel, step in zip(kernels, steps, strict=True):
        layer = bits
        for tap in range(1, kernel):
            bits |= layer << tap * step
    return bits


# kernel, layers: of all ordered rates 1..12, how many the paper passes and have no holes, fails and have
# holes, passes though they have holes, fails though they have none.
CENSUS = [
    (3, 2, (5, 108, 31, 0)),
    (3, 3, (47, 1462, 181, 38)),
    (3, 4, (721, 16768, 1571, 1676)),
    (5, 2, (9, 84, 51, 0)),
    (5, 3, (127, 1074, 413, 114)),
    (5, 4, (1749, 12368, 3699, 2920)),
    (7, 2, (13, 60, 71, 0)),
    (7, 3, (190, 780, 626, 132)),
    (7, 4, (2709, 8958, 6183, 2886)),
]


@pytest.mark.parametrize(("kernel", "layers", "expected"), CENSUS)
def test_census_of_small_rates(kernel: int, layers: int, expected: tuple[int, int, int, int]) -> None:
    seen: Counter[tuple[bool | None, bool]] = Counter()
    kernels = (kernel,) * layers
    for rates in product(range(1, 13), repeat=layers):
        full = positions_read(kernels, rates) == (1 << stack_span(kernels, rates)) - 1
        assert has_no_holes(kernels, rates) is full, rates
        seen[paper_verdict(rates, kernels), full] += 1
    verdicts = [(True, True), (False, False), (True, False), (False, True)]
    assert tuple(seen[verdict] for verdict in verdicts) == expected


def layers(most: int, step: int, kernel: int = 5) -> st.SearchStrategy[Layers]:
    return st.lists(st.tuples(st.integers(1, step), st.integers(1, kernel)), max_size=most)


def apart(layers: Layers) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(step for step, _ in layers), tuple(kernel for _, kernel in layers)


@given(layers(4, 30))
def test_counts_are_the_tap_paths(layers: Layers) -> None:
    steps, kernels = apart(layers)
    paths = Counter(
        sum(tap * step for tap, step in zip(taps, steps, strict=True))
        for taps in product(*(range(kernel) for kernel in kernels))
    )
    assert coverage_counts(kernels, steps) == tuple(paths[i] for i in range(stack_span(kernels, steps)))


@given(layers(5, 12), st.integers(1, 6))
def test_criterion_is_exact(layers: Layers, start: int) -> None:
    steps, kernels = apart(layers)
    read: set[int] = set()
    for taps in product(*(range(kernel) for kernel in kernels)):
        offset = sum(tap * step for tap, step in zip(taps, steps, strict=True))
        read.update(range(offset, offset + start))
    full = len(read) == stack_span(kernels, steps) + start - 1
    assert has_no_holes(kernels, steps, start) is full
    assert all(coverage_counts((start, *kernels), (1, *steps))) is full


@given(layers(5, 12), st.randoms())
def test_order_does_not_change_coverage(layers: Layers, random: Random) -> None:
    steps, kernels = apart(layers)
    random.shuffle(layers)
    other_steps, other_kernels = apart(layers)
    assert coverage_counts(kernels, steps) == coverage_counts(other_kernels, other_steps)
    assert has_no_holes(kernels, steps) is has_no_holes(other_kernels, other_steps)


def test_many_layers_and_a_long_span() -> None:
    kernels, steps = [3] * 30, range(1, 301, 10)
    counts = coverage_counts(kernels, steps)
    assert len(counts) == stack_span(kernels, steps) == 8761
    assert sum(counts) == prod(kernels)
    assert counts == counts[::-1]
    # a large kernel costs no more than a small one
    assert coverage_counts([50_000, 50_000], [1, 1])[49_999] == 50_000


@pytest.mark.parametrize(
    ("rates", "kernels", "start", "jump", "expected"),
    [
        ((1, 2, 5), (3, 3, 3), 1, 1, (1, 2, 5)),
        ((2, 2, 2), (3, 3, 3), 1, 1, (1, 2, 2)),
        ((1, 2, 9), (3, 3, 3), 1, 1, (1, 3, 9)),
        ((1, 2, 8), (3, 3, 3), 1, 1, (1, 3, 8)),  # as near as 1,2,7, and a larger span
        ((13, 2, 1, 2), (3, 3, 3, 3), 1, 1, (13, 2, 1, 3)),  # the later of the equal rates takes the raise
        ((3, 2), (3, 3), 1, 1, (3, 1)),
        ((9, 1, 1), (3, 3, 3), 1, 1, (9, 1, 3)),
        ((6, 12, 18), (3, 3, 3), 1, 1, (1, 3, 9)),
        ((5, 9, 17), (3, 3, 3), 5, 1, (5, 9, 17)),
        ((5, 9, 17), (3, 3, 3), 19, 4, (4, 9, 17)),  # 4 whole jumps fit into the 19 positions in front
        ((2, 7, 2), (3, 1, 3), 1, 1, (1, 7, 2)),  # the kernel of 1 keeps its rate
        ((2, 3), (2, 4), 1, 1, (1, 2)),
        ((8, 7, 1), (3, 2, 2), 1, 1, (2, 6, 1)),  # not reached in the order of the rates
        ((5, 4), (1, 1), 1, 2, (5, 4)),
        ((), (), 1, 1, ()),
        ((1, 1), (3, 3), 1, 2, None),  # units 2 apart that read one position each: nothing closes that
    ],
)
def test_nearest_full_rates(
    rates: tuple[int, ...], kernels: tuple[int, ...], start: int, jump: int, expected: tuple[int, ...] | None
) -> None:
    assert nearest_full_rates(rates, kernels, start, jump) == expected


def distance(rates: tuple[int, ...], others: tuple[int, ...]) -> int:
    return sum(abs(other - rate) for rate, other in zip(rates, others, strict=True))


def nearest_of(
    full: list[tuple[int, ...]], rates: tuple[int, ...], kernels: tuple[int, ...]
) -> set[tuple[int, ...]]:
    """Of rates without holes, the nearest, and of these the widest."""
    order = [(distance(rates, trial), -stack_span(kernels, trial)) for trial in full]
    best = min(order)
    return {trial for trial, key in zip(full, order, strict=True) if key == best}


@pytest.mark.parametrize(
    "kernels", [(3, 3), (2, 2, 2), (3, 3, 3), (5, 5, 5), (2, 3, 3), (3, 5, 3), (2, 7, 4)]
)
def test_nearest_is_nearest_for_all_small_rates(kernels: tuple[int, ...]) -> None:
    cases = list(product(range(1, 9), repeat=len(kernels)))
    full = [rates for rates in cases if has_no_holes(kernels, rates)]
    for rates in cases:
        assert nearest_full_rates(rates, kernels) in nearest_of(full, rates, kernels), rates


@settings(max_examples=200)
@given(layers(4, 6), st.one_of(st.none(), st.integers(2, 5)), st.integers(1, 7), st.integers(1, 3))
def test_nearest_is_nearest(layers: Layers, same_kernel: int | None, start: int, jump: int) -> None:
    rates, kernels = apart(layers)
    kernels = (same_kernel,) * len(rates) if same_kernel else kernels
    # Tried a little beyond the largest rate; a kernel of 1 keeps its own.
    tries = [
        range(1, max(rates) + 3) if kernel > 1 else (rate,)
        for rate, kernel in zip(rates, kernels, strict=True)
    ]
    full = [
        trial for trial in product(*tries) if has_no_holes(kernels, [jump * rate for rate in trial], start)
    ]
    nearest = nearest_full_rates(rates, kernels, start, jump)
    assert nearest in nearest_of(full, rates, kernels) if full else nearest is None


RATES = st.one_of(st.integers(1, 5), st.integers(1, 100), st.integers(1, 10**30))


@given(st.integers(2, 5), st.lists(RATES, max_size=30), st.integers(1, 4))
def test_nearest_keeps_the_order_of_the_rates(kernel: int, rates: list[int], start: int) -> None:
    kernels = [kernel] * len(rates)
    nearest = nearest_full_rates(rates, kernels, start)
    assert nearest is not None
    assert has_no_holes(kernels, nearest, start)
    ordered = [new for _, _, new in sorted(zip(rates, range(len(rates)), nearest, strict=True))]
    assert all(lower <= upper for lower, upper in pairwise(ordered))


def test_mixed_kernels_beyond_the_search_still_have_no_holes(monkeypatch: pytest.MonkeyPatch) -> None:
    rates, kernels = (8, 7, 1), (3, 2, 2)
    assert nearest_full_rates(rates, kernels) == (2, 6, 1)
    monkeypatch.setattr(dilation, "SEARCH_WORK", 0)
    near = nearest_full_rates(rates, kernels)
    assert near is not None
    assert has_no_holes(kernels, near)
    assert distance(rates, near) > distance(rates, (2, 6, 1))


@pytest.mark.parametrize("layers", [30, 2000])
def test_mixed_kernels_take_bounded_time(layers: int) -> None:
    rates, kernels = (1, 10**12) * (layers // 2), (3, 5, 7, 2) * (layers // 4) + (3,) * (layers % 4)
    began = perf_counter()
    near = nearest_full_rates(rates, kernels)
    assert perf_counter() - began < 2  # 0.1 s when nothing else runs
    assert near is not None
    assert has_no_holes(kernels, near)
