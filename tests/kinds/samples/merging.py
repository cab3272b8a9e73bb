"""Add, Multiply, Concat."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def merge(**chances: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """Two or three inputs, mostly alike."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        first = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
        others = st.tuples(*(st.one_of(st.just(n), st.just(n), st.just(1), st.integers(1, 4)) for n in first))
        count = draw(st.integers(2, 3))
        return Sample(some(draw, chances), (first, *(draw(others) for _ in range(count - 1))))

    return draws()


SAMPLES = {
    "Add": merge(),
    "Multiply": merge(),
    "Concat": merge(dim=st.integers(-5, 5)),
}
