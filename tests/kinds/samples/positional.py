"""Encodings of positions, terms by distance, class tokens; routers and experts."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import DTYPES, Sample, Shape, numbers, some
from tests.kinds.samples.attention import seldom, seldom_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

    from tests.kinds.drawing import Arguments

SEQUENCES = st.one_of(
    st.tuples(st.integers(1, 6), numbers(2, 4, 6, 8, 8, 12, 3)),
    st.tuples(st.integers(1, 6), numbers(2, 4, 6, 8, 8, 12, 3)),
    st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
)
"""(T, D), and now and then an axis too few or more before."""


def on_sequence(arguments: "Callable[[DrawFn, Shape], Arguments]") -> "SearchStrategy[Sample]":
    """A layer on one sequence, whose arguments follow from its shape."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shape = draw(SEQUENCES)
        dtype = draw(st.sampled_from(["float32"] * 6 + ["float64", "float16", "int64"]))
        return Sample(arguments(draw, shape), (shape,), (dtype,))

    return draws()


def learned(draw: "DrawFn", shape: Shape) -> "Arguments":
    """A table that is mostly long enough."""
    chances: dict[str, SearchStrategy[object]] = {
        "max_len": st.integers(max(*shape[-2:-1], 3, 3) - 2, 12),
        "offset": st.integers(0, 2),
        "bare": st.booleans(),
        "embedding_dim": st.just(seldom(draw, shape[-1], shape[-1] + 1)),
    }
    return some(draw, chances)


def rotary(draw: "DrawFn", shape: Shape) -> "Arguments":
    """Heads that mostly divide the features."""
    divisors = [n for n in range(1, shape[-1] + 1) if shape[-1] % n == 0]
    chances: dict[str, SearchStrategy[object]] = {
        "num_heads": st.just(seldom(draw, draw(st.sampled_from(divisors)), 3, 0)),
        "fraction": st.sampled_from([1.0, 0.5, 0.5, 0.25]),
        "base": st.floats(2, 1e6),
    }
    return some(draw, chances)


def bias(*chances: str) -> "SearchStrategy[Sample]":
    """Terms for one or two sequences, of features or of tokens."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        axes = st.lists(st.integers(1, 5), min_size=1, max_size=2).map(tuple)
        axes = st.one_of(axes, axes, axes, st.just((2, 3, 4)))
        shapes = tuple(draw(axes) for _ in range(draw(numbers(1, 1, 2, 2, 2, 3))))
        drawn = {
            "num_buckets": numbers(2, 4, 8, 32),
            "max_distance": numbers(1, 4, 16, 128),
            "bidirectional": st.booleans(),
        }
        given = some(draw, {name: drawn[name] for name in chances})
        return Sample(
            {"num_heads": draw(numbers(1, 2, 4)), **given}, shapes, tuple(draw(DTYPES) for _ in shapes)
        )

    return draws()


@st.composite
def router(draw: "DrawFn") -> Sample:
    """A router, seldom with too few experts."""
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple))
    experts = draw(st.integers(1, 5))
    top_k = seldom(draw, draw(st.integers(1, experts)), experts + 1, 0)
    given = {"num_experts": experts, "top_k": top_k, **some(draw, {"bias": st.booleans()})}
    return Sample(given, (shape,), (seldom_whole(draw),))


@st.composite
def experts(draw: "DrawFn") -> Sample:
    """Positions with indices and scores that mostly fit."""
    *positions, features = draw(st.lists(st.integers(1, 4), min_size=2, max_size=3))
    count = draw(st.integers(1, 4))
    top_k = seldom(draw, draw(st.integers(1, count)), count + 1)
    other = seldom(draw, top_k, top_k + 1)
    indices, scores = (*positions, top_k), (*positions, other)
    given: Arguments = {"num_experts": count, "intermediate_size": draw(st.integers(1, 4))}
    dtypes = (seldom_whole(draw), draw(st.sampled_from(["int64"] * 9 + ["float32"])), seldom_whole(draw))
    return Sample(given, ((*positions, features), indices, scores), dtypes)


SAMPLES = {
    "SinusoidalPositionalEncoding": on_sequence(lambda draw, _: some(draw, {"base": st.floats(2, 1e6)})),
    "LearnedPositionalEncoding": on_sequence(learned),
    "RotaryEmbedding": on_sequence(rotary),
    "ClassToken": on_sequence(lambda draw, _: some(draw, {"num_tokens": st.integers(1, 4)})),
    "RelativePositionBias": bias("num_buckets", "max_distance", "bidirectional"),
    "ALiBi": bias(),
    "TopKRouter": router(),
    "Experts": experts(),
}
