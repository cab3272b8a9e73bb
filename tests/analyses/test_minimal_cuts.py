"""Minimal cuts of small graphs against every set of nodes."""

from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.analyses.cuts import minimal_cut

SIZE = 7


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[int, int | None], dict[int, list[int]]]:
    """Weights and followers; ways begin with nodes 0 and 1 and end with the last two, which have weights."""
    weights: dict[int, int | None] = {
        node: draw(st.one_of(st.none(), st.integers(0, 9))) for node in range(SIZE - 2)
    }
    weights.update({node: draw(st.integers(1, 9)) for node in (SIZE - 2, SIZE - 1)})
    followers = {
        node: [other for other in range(node + 1, SIZE) if draw(st.booleans())] for node in range(SIZE)
    }
    return weights, followers


def reaches(followers: dict[int, list[int]], removed: set[int]) -> bool:
    """Whether some way is left."""
    found = {0, 1} - removed
    for node in range(SIZE):
        if node in found:
            found |= set(followers[node]) - removed
    return bool(found & {SIZE - 2, SIZE - 1})


@given(graphs())
@settings(max_examples=150, deadline=None, print_blob=True)
def test_no_lighter_set_of_nodes_cuts(graph: tuple[dict[int, int | None], dict[int, list[int]]]) -> None:
    weights, followers = graph
    cut = minimal_cut(weights, followers, (0, 1), (SIZE - 2, SIZE - 1))
    own = [weights[node] for node in cut]
    assert None not in own
    assert not reaches(followers, cut)
    free = [node for node, weight in weights.items() if weight is not None]
    every = chain.from_iterable(combinations(free, count) for count in range(len(free) + 1))
    cutting = [nodes for nodes in every if not reaches(followers, set(nodes))]
    assert sum(weight or 0 for weight in own) == min(
        sum(weights[node] or 0 for node in nodes) for nodes in cutting
    )


def test_of_equal_cuts_the_one_nearest_to_the_starts_counts() -> None:
    assert minimal_cut({0: 5, 1: 5, 2: 5}, {0: [1], 1: [2]}, [0], [2]) == {0}
    assert minimal_cut({0: 6, 1: 5, 2: 5}, {0: [1], 1: [2]}, [0], [2]) == {1}
