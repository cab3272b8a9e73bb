"""Maps whose weights arrive, sums of products by letters, casts, lengths and spreads."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import DTYPES, SHAPES, Sample, some
from tests.kinds.samples.reshaping import FLOATS, folded, rearranged

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

SIZE = st.integers(1, 4)


def seldom(draw: "DrawFn", usual: int) -> int:
    """Mostly one number, now and then the next one, which does not fit."""
    return draw(st.sampled_from([usual] * 14 + [usual + 1]))


@st.composite
def linear(draw: "DrawFn") -> Sample:
    """X, a weight, and maybe a bias."""
    shape, features = draw(st.lists(SIZE, min_size=1, max_size=3)), draw(SIZE)
    shapes = [tuple(shape), (features, seldom(draw, shape[-1]))]
    shapes += [(seldom(draw, features),)] * draw(st.integers(0, 1))
    dtype = draw(st.sampled_from(["float32", "float32", "float32", "float64"]))
    return Sample({}, tuple(shapes), (dtype,) * len(shapes))


def convolution(rank: int) -> "SearchStrategy[Sample]":
    """X, kernels, and maybe a bias."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        groups, each, made = (
            draw(st.sampled_from([1, 1, 2])),
            draw(st.integers(1, 2)),
            draw(st.integers(1, 2)),
        )
        image = (groups * each, *(draw(st.integers(2, 5)) for _ in range(rank)))
        kernel = tuple(draw(st.integers(1, 3)) for _ in range(rank))
        shapes = [image, (groups * made, seldom(draw, each), *kernel)]
        shapes += [(seldom(draw, groups * made),)] * draw(st.integers(0, 1))
        given = {"stride": st.integers(1, 2), "padding": st.sampled_from([0, 1, "same"])}
        arguments = some(draw, {**given, "dilation": st.integers(1, 2)})
        if groups > 1 or draw(st.booleans()):
            arguments["groups"] = groups
        return Sample(arguments, tuple(shapes))

    return draws()


PRODUCTS = "ij,jk->ik hij,hjk->hik ij,ij->i hid,hjd->hij ijk,k->ij ij,k->i ab,a->b i,i->i ij,jk,kl->il"
EQUATIONS = (*PRODUCTS.split(), "ij,ij->ij", "i,j->ij", "ij->ji", "ij->j")


@st.composite
def letters(draw: "DrawFn") -> Sample:
    """An equation, sizes of its letters, and inputs that mostly fit; seldom an axis of size 1."""
    equation = draw(st.sampled_from([*EQUATIONS * 4, "ij,jk", "ii->i", "ij->k"]))
    sizes = {letter: draw(st.integers(2, 4)) for letter in "abdhijkl"}
    terms = equation.partition("->")[0].split(",")
    shapes = tuple(tuple(draw(st.sampled_from([sizes[each]] * 9 + [1])) for each in term) for term in terms)
    dtype = draw(st.sampled_from(["float32", "float32", "float64"]))
    return Sample({"equation": equation}, shapes, (dtype,) * len(shapes))


def length(draw: "DrawFn", shape: "tuple[int, ...]") -> "dict[str, object]":
    """Axes to fold, and a power."""
    return {**folded(draw, shape), **some(draw, {"p": st.sampled_from([1, 2, 3, float("inf"), 0.5])})}


def spread(draw: "DrawFn", shape: "tuple[int, ...]") -> "dict[str, object]":
    """Axes to fold, and what is taken off their number."""
    return {**folded(draw, shape), **some(draw, {"correction": st.integers(0, 1)})}


@st.composite
def cast(draw: "DrawFn") -> Sample:
    """Any dtype from any other."""
    shapes = (draw(SHAPES),) * draw(st.sampled_from([1] * 4 + [2]))
    return Sample({"dtype": draw(DTYPES)}, shapes, (draw(DTYPES),) * len(shapes))


AXIS = st.integers(-4, 3)
REAL = st.one_of(FLOATS, FLOATS, DTYPES)
SAMPLES = {
    "FunctionalLinear": linear(),
    **{f"FunctionalConv{rank}d": convolution(rank) for rank in (1, 2, 3)},
    "Einsum": letters(),
    "Norm": rearranged(length, REAL),
    "Normalize": rearranged(
        lambda draw, _: some(draw, {"dim": AXIS, "p": st.sampled_from([1, 2]), "eps": st.floats(0.001, 0.5)}),
        REAL,
    ),
    "Var": rearranged(spread, REAL),
    "Std": rearranged(spread, REAL),
    "Min": rearranged(lambda draw, _: {"dim": draw(AXIS), **some(draw, {"keepdim": st.booleans()})}),
    "Cast": cast(),
}
