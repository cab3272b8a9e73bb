"""The kinds that take positions, rank, put in and add up."""

from typing import TYPE_CHECKING, cast

from hypothesis import strategies as st

from tests.kinds.drawing import DTYPES, SHAPES, Arguments, Sample, Shape, some
from tests.kinds.samples.repeating import an_axis
from tests.kinds.samples.reshaping import rearranged

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

PLACES = st.sampled_from(["int64", "int64", "int64", "int32", "uint8"])

SMALL_SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=2).map(tuple)


def unfolded(draw: "DrawFn", shape: Shape) -> Arguments:
    """Windows that mostly fit."""
    dim = an_axis(draw, shape)
    sizes = st.sampled_from([*range(1, shape[dim % len(shape)] + 1)] * 3 + [0, 6])
    return {"dimension": dim, "size": draw(sizes), "step": draw(st.integers(1, 3))}


@st.composite
def scattered(draw: "DrawFn") -> Sample:
    """A part that mostly is as long as the positions that it replaces."""
    shape = draw(SMALL_SHAPES)
    axis = draw(st.integers(0, len(shape) - 1))
    size = draw(st.integers(1, 9))
    shape = (*shape[:axis], size, *shape[axis + 1 :])
    begin, end = draw(st.integers(0, size)), draw(st.integers(0, size))
    bounds = {"start": st.sampled_from([begin, begin - size]), "stop": st.sampled_from([end, end - size, 12])}
    step = draw(st.integers(1, 3))
    arguments = {"dim": axis - draw(st.sampled_from([0, len(shape)])), **some(draw, {**bounds}), "step": step}
    taken = slice(*(cast("int | None", arguments.get(key)) for key in ("start", "stop", "step")))
    length = len(range(size)[taken]) or 1
    part = (*shape[:axis], length + draw(st.sampled_from([0] * 9 + [1])), *shape[axis + 1 :])
    dtype = draw(DTYPES)
    return Sample(arguments, (shape, part), (dtype, draw(st.sampled_from([dtype] * 4 + ["float32"]))))


@st.composite
def selected(draw: "DrawFn") -> Sample:
    """A list of positions; seldom of several axes."""
    shape = draw(SHAPES)
    places = draw(st.sampled_from([(1,), (2,), (3,), (6,)] * 2 + [(2, 1)]))
    arguments = {"dim": an_axis(draw, shape)}
    return Sample(
        some(draw, {"dim": st.just(arguments["dim"])}), (shape, places), (draw(DTYPES), draw(PLACES))
    )


@st.composite
def gathered(draw: "DrawFn") -> Sample:
    """Positions of at most the sizes of what they are asked of; seldom of more."""
    shape = draw(SMALL_SHAPES)
    dim = an_axis(draw, shape)
    more = draw(st.sampled_from([0] * 9 + [1]))
    sizes = (draw(st.integers(1, 6 if at == dim % len(shape) else n + more)) for at, n in enumerate(shape))
    places = (*sizes, *draw(st.sampled_from([()] * 9 + [(1,)])))
    return Sample({"dim": dim}, (shape, places), (draw(DTYPES), draw(PLACES)))


def ranked(draw: "DrawFn", shape: Shape) -> Arguments:
    """Mostly at most as many as there are."""
    dim = an_axis(draw, shape)
    k = draw(st.sampled_from([*range(1, shape[dim % len(shape)] + 1)] * 3 + [0, 6]))
    return {"k": k, "dim": dim, **some(draw, {"largest": st.booleans()})}


def placed(draw: "DrawFn", shape: Shape) -> Arguments:
    """An axis, which is kept where it is the only one."""
    keepdim = draw(st.sampled_from([True, True, False] if len(shape) == 1 else [True, False]))
    return {"dim": an_axis(draw, shape), "keepdim": keepdim}


SAMPLES = {
    "UnfoldAxis": rearranged(unfolded),
    "SliceScatter": scattered(),
    **{
        kind: rearranged(lambda draw, _: some(draw, {"diagonal": st.integers(-4, 4)}))
        for kind in ("Tril", "Triu")
    },
    "IndexSelect": selected(),
    "Gather": gathered(),
    "TopK": rearranged(ranked),
    "Argmax": rearranged(placed),
    "Argmin": rearranged(placed),
    "Cumsum": rearranged(lambda draw, shape: {"dim": an_axis(draw, shape)}),
}
