"""Add, Multiply, Concat, Stack, MatMul."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import DTYPES, SHAPES, Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def merge(**chances: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """Two or three inputs, mostly alike."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        first = draw(SHAPES)
        others = st.tuples(*(st.one_of(st.just(n), st.just(n), st.just(1), st.integers(1, 4)) for n in first))
        count = draw(st.integers(2, 3))
        shapes = (first, *(draw(others) for _ in range(count - 1)))
        return Sample(some(draw, chances), shapes, tuple(draw(DTYPES) for _ in shapes))

    return draws()


@st.composite
def stacked(draw: "DrawFn") -> Sample:
    """Two or three inputs of one shape, seldom of several."""
    first = draw(SHAPES)
    others = st.sampled_from([first] * 6 + [(*first, 1), (1, *first[1:])])
    shapes = (first, *(draw(others) for _ in range(draw(st.integers(1, 2)))))
    arguments = some(draw, {"dim": st.integers(-5, 4)})
    return Sample(arguments, shapes, tuple(draw(DTYPES) for _ in shapes))


@st.composite
def products(draw: "DrawFn") -> Sample:
    """Two matrices, or stacks of them whose leading axes are mostly equal or 1."""
    size = st.integers(1, 4)
    rows, inner, columns = draw(size), draw(size), draw(size)
    lead = draw(st.lists(size, max_size=2))
    left, right = ([draw(st.sampled_from([n, n, 1])) for n in lead] for _ in range(2))
    right = draw(st.sampled_from([right] * 8 + [[2, *right], right[1:]]))
    height = draw(st.sampled_from([inner] * 8 + [inner + 1]))
    shapes = (*left, rows, inner), (*right, height, columns)
    dtype = draw(DTYPES)
    vector = draw(st.sampled_from([False] * 9 + [True]))
    return Sample(
        {},
        (shapes[0][-1:], shapes[1][-2:]) if vector else shapes,
        (dtype, draw(st.sampled_from([dtype] * 8 + ["float32"]))),
    )


SAMPLES = {
    "Add": merge(),
    "Multiply": merge(),
    "Concat": merge(dim=st.integers(-5, 5)),
    "Stack": stacked(),
    "MatMul": products(),
}
