"""FractionalMaxPool2d, 3d and MaxUnpool1d-3d."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Arguments, Sample, Shape, image, numbers, per_axis, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def fractional(rank: int) -> "SearchStrategy[Sample]":
    """FractionalMaxPool 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        ratio = st.sampled_from([0.3, 0.5, 0.6, 0.75, 0.5, 1.0])
        way = draw(st.sampled_from(["size"] * 9 + ["ratio"] * 9 + ["both", "neither"]))
        arguments: Arguments = {"kernel_size": draw(per_axis(rank, numbers(1, 1, 2, 3)))}
        if way in ("size", "both"):
            arguments["output_size"] = draw(per_axis(rank, numbers(1, 1, 2, 2, 3, 4)))
        if way in ("ratio", "both"):
            arguments["output_ratio"] = draw(st.one_of(ratio, st.tuples(*[ratio] * rank)))
        arguments |= some(draw, {"return_indices": st.booleans()})
        return Sample(arguments, (long_image(draw, rank),))

    return draws()


def long_image(draw: "DrawFn", rank: int) -> Shape:
    """Mostly more positions than windows need."""
    channels, *sizes = image(draw, rank, st.integers(1, 2))
    return (channels, *(n + draw(numbers(0, 2, 3)) for n in sizes))


def unpool(rank: int) -> "SearchStrategy[Sample]":
    """MaxUnpool 1d, 2d, 3d; seldom with indices of another shape or dtype."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        size = st.tuples(*[st.integers(1, 12)] * rank)
        arguments: Arguments = {"kernel_size": draw(per_axis(rank, st.integers(1, 4)))}
        arguments |= some(
            draw,
            {
                "stride": st.one_of(st.none(), per_axis(rank, st.integers(1, 4))),
                "padding": per_axis(rank, numbers(0, 0, 1, 2)),
                "output_size": st.one_of(st.none(), st.none(), size),
            },
        )
        shape = image(draw, rank, st.integers(1, 2))
        other = draw(st.sampled_from([shape] * 15 + [(shape[0] + 1, *shape[1:])]))
        dtype = draw(st.sampled_from(["int64"] * 15 + ["int32"]))
        return Sample(arguments, (shape, other), ("float32", dtype))

    return draws()


SAMPLES = {
    **{f"FractionalMaxPool{rank}d": fractional(rank) for rank in (2, 3)},
    **{f"MaxUnpool{rank}d": unpool(rank) for rank in (1, 2, 3)},
}
