"""Pools, adaptive ones too, 1d-3d, and over regions."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Arguments, Sample, image, numbers, per_axis, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def pool(rank: int, *, average: bool) -> "SearchStrategy[Sample]":
    """MaxPool and AvgPool 1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        arguments: Arguments = {"kernel_size": draw(per_axis(rank, st.integers(1, 5)))}
        chances: dict[str, SearchStrategy[object]] = {
            "stride": st.one_of(st.none(), per_axis(rank, st.integers(1, 4))),
            "padding": per_axis(rank, numbers(0, 0, 1, 2, 3)),
            "ceil_mode": st.booleans(),
        }
        if average:
            chances["count_include_pad"] = st.booleans()
            if rank > 1:
                chances["divisor_override"] = st.one_of(st.none(), st.integers(-1, 3))
        else:
            chances |= {"dilation": per_axis(rank, numbers(1, 1, 2, 3)), "return_indices": st.booleans()}
        return Sample(arguments | some(draw, chances), (image(draw, rank, st.integers(1, 3)),))

    return draws()


def adaptive_pool(rank: int, *, average: bool) -> "SearchStrategy[Sample]":
    """AdaptiveAvgPool and AdaptiveMaxPool 1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        size = st.one_of(st.integers(1, 7), st.none())
        arguments: Arguments = {"output_size": draw(st.one_of(size, st.tuples(*[size] * rank)))}
        chances: dict[str, SearchStrategy[object]] = {} if average else {"return_indices": st.booleans()}
        return Sample(arguments | some(draw, chances), (image(draw, rank, st.integers(1, 3)),))

    return draws()


def power(rank: int) -> "SearchStrategy[Sample]":
    """LPPool 1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        arguments: Arguments = {
            "norm_type": draw(st.sampled_from([1, 2, 2.5, -1.0, float("inf"), 2, 3, 0])),
            "kernel_size": draw(st.one_of(st.integers(1, 4), per_axis(rank, st.integers(1, 4)))),
        }
        arguments |= some(
            draw,
            {
                "stride": st.one_of(st.none(), per_axis(rank, st.integers(1, 4))),
                "ceil_mode": st.booleans(),
            },
        )
        return Sample(arguments, (image(draw, rank, st.integers(1, 3)),))

    return draws()


@st.composite
def regions(draw: "DrawFn") -> Sample:
    """RoIAlign on a map and boxes of 4 or 5 numbers; seldom of others."""
    arguments: Arguments = {"output_size": draw(per_axis(2, st.integers(1, 3)))}
    arguments |= some(
        draw,
        {
            "spatial_scale": st.sampled_from([0.5, 1.0, 2.0]),
            "sampling_ratio": numbers(-1, 0, 1, 2),
            "aligned": st.booleans(),
        },
    )
    shape, count = image(draw, 2, st.integers(1, 3)), draw(st.integers(1, 3))
    boxes = draw(st.sampled_from([(count, 4)] * 8 + [(count, 5)] * 4 + [(count, 3), (4,)]))
    dtype = draw(st.sampled_from(["float32"] * 12 + ["int64"]))
    shapes = draw(st.sampled_from([(shape, boxes)] * 12 + [(shape,)]))
    return Sample(arguments, shapes, ("float32", dtype)[: len(shapes)])


SAMPLES = {
    "RoIAlign": regions(),
} | {
    name: draws
    for rank in (1, 2, 3)
    for name, draws in {
        f"MaxPool{rank}d": pool(rank, average=False),
        f"AvgPool{rank}d": pool(rank, average=True),
        f"LPPool{rank}d": power(rank),
        f"AdaptiveAvgPool{rank}d": adaptive_pool(rank, average=True),
        f"AdaptiveMaxPool{rank}d": adaptive_pool(rank, average=False),
    }.items()
}
