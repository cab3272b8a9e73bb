"""Dilated convolutions on one axis: the HDC recursion of the paper, and the exact coverage.

Layers are stacked; ``rates`` r_i, ``kernels`` K_i (taps) and ``steps`` a_i are listed from the input on, all
at least 1. A step is a rate in positions of the group's input: a_i = r_i times the jump (input positions
between two neighbouring units) in front of layer i.

One output unit reads the offsets sum_i k_i a_i with 0 <= k_i < K_i. The paper is Wang et al., WACV 2018
(arXiv 1702.08502): its M_2 looks at the order of the rates and never at r_1, so it passes groups with holes
(2,2,2) and fails full ones (1,4,2). ``has_no_holes`` is exact.
"""

from collections import Counter
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Picks = list[tuple[int, int]]
"""(kernel, rate) of each layer, in an order in which every step is within the reach of those before it."""

SEARCH_WORK = 300_000
"""Picks that the search for mixed kernels may write down: about a tenth of a second."""


def paper_m(rates: "Sequence[int]") -> tuple[int, ...]:
    """M_1 .. M_n of the paper: M_n = r_n, M_i = max(M_{i+1} - 2 r_i, M_{i+1} - 2 (M_{i+1} - r_i), r_i).

    The paper calls M_i the largest distance between two nonzero weights at layer i.
    """
    distances: list[int] = []
    for rate in reversed(rates):
        after = distances[-1] if distances else rate
        distances.append(max(after - 2 * rate, after - 2 * (after - rate), rate))
    return tuple(reversed(distances))


def paper_verdict(rates: "Sequence[int]", kernels: "Sequence[int]") -> bool | None:
    """The paper's condition: M_2 <= K.

    None where the paper defines nothing: fewer than two layers, kernels that differ, an even kernel, and a
    kernel of 1, where a rate has no meaning.
    """
    if len(rates) < 2 or len(set(kernels)) > 1 or kernels[0] % 2 == 0 or kernels[0] == 1:  # noqa: PLR2004  M_2
        return None
    return paper_m(rates)[1] <= kernels[0]


def stack_span(kernels: "Sequence[int]", steps: "Sequence[int]") -> int:
    """Span of the positions read, unread ones included: 1 + sum_i (K_i - 1) a_i."""
    return 1 + sum((kernel - 1) * step for kernel, step in zip(kernels, steps, strict=True))


def coverage_counts(kernels: "Sequence[int]", steps: "Sequence[int]") -> tuple[int, ...]:
    """How many tap paths read each position of the span; 0: a hole.

    They are the coefficients of prod_i sum_{k < K_i} x^(k a_i) and sum to prod_i K_i. Time and memory grow as
    layers times span, whatever the kernels.
    """
    counts = [1]
    for kernel, step in zip(kernels, steps, strict=True):
        # A window of K taps is the difference of two running sums, both taken every ``step`` positions.
        sums = counts + [0] * ((kernel - 1) * step)
        for position in range(step, len(sums)):
            sums[position] += sums[position - step]
        width = kernel * step
        counts = sums[:width] + [upper - lower for upper, lower in zip(sums[width:], sums, strict=False)]
    return tuple(counts)


def has_no_holes(kernels: "Sequence[int]", steps: "Sequence[int]", start: int = 1) -> bool:
    """Whether every position of the span is read: sorted ascending, a_t <= start + sum_{s<t} (K_s - 1) a_s.

    Necessary: else the position at that right-hand side is out of reach. Sufficient: by induction the first
    t layers read an interval. The order of the layers does not matter; kernels of 1 read nothing more.

    Args:
        kernels: K_i; they may be even and may differ.
        steps: a_i.
        start: contiguous input positions that one unit of the group's own input reads already. They are the
            reach of one more layer with step 1 and kernel ``start``, so the criterion stays exact.
    """
    reach = start
    for step, kernel in sorted(zip(steps, kernels, strict=True)):
        if kernel > 1 and step > reach:
            return False
        reach += (kernel - 1) * step
    return True


def nearest_full_rates(
    rates: "Sequence[int]", kernels: "Sequence[int]", start: int = 1, jump: int = 1
) -> tuple[int, ...] | None:
    """Rates r' without holes, in the layers' order, at the smallest distance sum_i |r'_i - r_i|.

    Among the nearest, those of the largest span; layers of equal kernels keep the order of their rates, and
    raises go to the smallest rates first. Layers with a kernel of 1 keep their rate. None where no rates
    will do, because already a rate of 1 jumps past the ``start`` positions.

    Exact for equal kernels. Exact for mixed kernels as long as the search stays within ``SEARCH_WORK``;
    beyond that the result has no holes, but nearer rates may exist.

    Args:
        rates: r_i.
        kernels: K_i; they may be even and may differ.
        start: contiguous input positions that one unit of the group's own input reads already.
        jump: input positions between two neighbouring units, the same for all layers: a_i = jump r_i.
    """
    layers = ((kernel, rate) for kernel, rate in zip(kernels, rates, strict=True) if kernel > 1)
    # Of equal rates the larger kernel first, which adds more reach: a closer start for the search.
    wanted = sorted(layers, key=lambda layer: (layer[1], -layer[0]))
    # Steps are multiples of the jump, so only whole jumps of the start count.
    first = start // jump
    if not wanted:
        return tuple(rates)
    if first == 0:
        return None
    picks = _best_spent(wanted, first)
    if len(set(kernels) - {1}) > 1:
        picks = _searched(wanted, first, _distance(wanted, picks)) or picks
    return _placed(rates, kernels, picks)


def _spent(wanted: Picks, first: int, budget: int) -> Picks:
    """Cut every rate to the reach so far, and spend ``budget`` on raising rates as early as possible."""
    picks: Picks = []
    reach = first
    for kernel, rate in wanted:
        pick = min(reach, rate + budget)
        budget -= max(0, pick - rate)
        reach += (kernel - 1) * pick
        picks.append((kernel, pick))
    return picks


def _best_spent(wanted: Picks, first: int) -> Picks:
    """The nearest picks for equal kernels, by bisection for the largest best budget.

    Of all picks that raise by B in sum, spending B as early as possible keeps every prefix sum P_t largest
    and so cuts least. With m = K - 1, P_t = min((1 + m) P_{t-1} + first, sum_{s<=t} r_s - cuts_{t-1} + B) is
    concave in B by induction, and each cut max(0, r_t - first - m P_{t-1}) is convex, hence B + cuts too. The
    span grows with B where B + cuts stays.
    """

    def charge(budget: int) -> int:
        picks = _spent(wanted, first, budget)
        return budget + sum(max(0, rate - pick) for (_, rate), (_, pick) in zip(wanted, picks, strict=True))

    low, high = 0, charge(0)
    while low < high:
        middle = (low + high) // 2
        if charge(middle + 1) <= charge(middle):
            low = middle + 1
        else:
            high = middle
    return _spent(wanted, first, low)


def _distance(wanted: Picks, picks: Picks) -> int:
    return sum(abs(rate - pick) for (_, rate), (_, pick) in zip(wanted, picks, strict=True))


def _searched(wanted: Picks, first: int, limit: int) -> Picks | None:
    """The nearest picks for mixed kernels, cheapest first; None when that takes too long.

    Layers of one kernel are taken in the order of their rates, so a state is how many of each kernel are
    taken; at one state more reach for no more cost is never worse. ``limit`` is a cost that some picks have.
    """
    lanes = _by_kernel(wanted)
    # Cost, then layers taken: a complete choice comes behind all others of its cost, the largest span first.
    queue: list[tuple[int, int, int, Picks]] = [(0, 0, -first, [])]
    furthest: dict[tuple[int, ...], int] = {}
    work = 0
    while True:
        cost, depth, below, picks = heappop(queue)
        if depth == len(wanted):
            return picks
        taken = Counter(kernel for kernel, _ in picks)
        state = tuple(taken[kernel] for kernel in lanes)
        if -below <= furthest.get(state, 0):
            continue
        furthest[state] = -below
        free = [(kernel, lane[taken[kernel]]) for kernel, lane in lanes.items() if taken[kernel] < len(lane)]
        for kernel, pick, added in _choices(free, -below, limit - cost):
            heappush(queue, (cost + added, depth + 1, below - (kernel - 1) * pick, [*picks, (kernel, pick)]))
            work += depth + 1
            if work > SEARCH_WORK:
                return None


def _choices(free: Picks, reach: int, spare: int) -> "Iterator[tuple[int, int, int]]":
    """What may come next as (kernel, pick, cost): a rate cut to the reach, or kept or raised within it."""
    for kernel, rate in free:
        if rate - reach <= spare:
            for pick in range(min(rate, reach), min(reach, rate + spare) + 1):
                yield kernel, pick, abs(rate - pick)


def _placed(rates: "Sequence[int]", kernels: "Sequence[int]", picks: Picks) -> tuple[int, ...]:
    """Give each kernel's picks to its layers, both in ascending order: no other way is nearer."""
    lanes = {kernel: iter(lane) for kernel, lane in _by_kernel(picks).items()}
    placed = list(rates)
    for layer in sorted(range(len(placed)), key=rates.__getitem__):
        if kernels[layer] > 1:
            placed[layer] = next(lanes[kernels[layer]])
    return tuple(placed)


def _by_kernel(picks: Picks) -> dict[int, list[int]]:
    """The rates of each kernel, ascending."""
    lanes: dict[int, list[int]] = {}
    for kernel, rate in sorted(picks):
        lanes.setdefault(kernel, []).append(rate)
    return lanes
