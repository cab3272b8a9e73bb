"""Functions of single numbers, arithmetic with numbers and of two tensors, comparisons, masks."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import DTYPES, SHAPES, Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from tests.kinds.drawing import Arguments, Shape

NUMBERS = st.sampled_from([-2, 0, 1, 3, -0.5, 0.25])
NOTHING = st.just(dict[str, object]())
EXPONENTS = st.sampled_from([-1, -2, -3, 0, 1, 2, 3, 0.5, -0.5])
COMPARISONS = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])


def of_one(given: "SearchStrategy[Arguments]" = NOTHING) -> "SearchStrategy[Sample]":
    """A function of one tensor of any dtype."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shapes = (draw(SHAPES),) * draw(st.sampled_from([1] * 4 + [2]))
        return Sample(draw(given), shapes, (draw(DTYPES),) * len(shapes))

    return draws()


def meeting(draw: "DrawFn", count: int) -> "tuple[Shape, ...]":
    """Shapes of some tensors, mostly alike; seldom one too many."""
    first = draw(SHAPES)
    others = st.tuples(*(st.sampled_from([n, n, n, n, 1, 3]) for n in first))
    return (first, *(draw(others) for _ in range(count - draw(st.sampled_from([1] * 9 + [0])))))


def of_two(given: "SearchStrategy[Arguments]" = NOTHING) -> "SearchStrategy[Sample]":
    """A function of two tensors."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shapes = meeting(draw, 2)
        return Sample(draw(given), shapes, tuple(draw(DTYPES) for _ in shapes))

    return draws()


@st.composite
def compared(draw: "DrawFn") -> Sample:
    """Two tensors, or one and a number."""
    two = draw(of_two(st.fixed_dictionaries({"op": COMPARISONS})))
    if draw(st.booleans()):
        return two
    return Sample({**two.arguments, "other": draw(NUMBERS)}, two.shapes[:1], two.dtypes[:1])


@st.composite
def chosen(draw: "DrawFn") -> Sample:
    """Truths and two tensors."""
    shapes = meeting(draw, 3)
    truth = draw(st.sampled_from(["bool"] * 9 + ["float32"]))
    return Sample({}, shapes, (truth, *(draw(DTYPES) for _ in shapes[1:])))


@st.composite
def filled(draw: "DrawFn") -> Sample:
    """Numbers and truths."""
    shapes = meeting(draw, 2)
    value = draw(st.sampled_from([0.0, -1.5, 1, float("-inf")]))
    mask = draw(st.sampled_from(["bool"] * 12 + ["float32"]))
    return Sample({"value": value}, shapes, (draw(DTYPES), *(mask for _ in shapes[1:])))


@st.composite
def clamped(draw: "DrawFn") -> Sample:
    """A lower limit, an upper one, or both."""
    one = draw(of_one())
    return one._replace(arguments=some(draw, {"min": NUMBERS, "max": NUMBERS}))


ONE = "Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal Sin Cos Erf Abs Floor Ceil Round Sign Neg LogicalNot"
TWO = "Subtract Divide Power Maximum Minimum LogicalAnd LogicalOr"
SAMPLES = {
    **{name: of_one() for name in ONE.split()},
    **{name: of_two() for name in TWO.split()},
    "Offset": of_one(st.fixed_dictionaries({"value": NUMBERS})),
    "Pow": of_one(st.fixed_dictionaries({"exponent": EXPONENTS})),
    "Clamp": clamped(),
    "Compare": compared(),
    "Where": chosen(),
    "MaskedFill": filled(),
}
