"""Conv1d-3d, ConvTranspose1d-3d."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import PARAMETRIZATION, Arguments, Sample, image, numbers, per_axis, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def grouped(draw: "DrawFn") -> tuple[int, int, int]:
    """Groups, and input and output channels, which mostly divide into them."""
    groups = draw(numbers(1, 1, 2, 3))
    channels = st.sampled_from([groups, groups, 2 * groups, 2 * groups, 3 * groups, groups + 1])
    return groups, draw(channels), draw(channels)


def convolution(rank: int) -> "SearchStrategy[Sample]":
    """Conv1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        groups, channels, out_channels = grouped(draw)
        arguments: Arguments = {
            "groups": groups,
            "out_channels": out_channels,
            "kernel_size": draw(per_axis(rank, st.integers(1, 4))),
        }
        padding = st.one_of(per_axis(rank, st.integers(0, 4)), st.sampled_from(["same", "valid"]))
        arguments |= some(
            draw,
            {
                "stride": per_axis(rank, numbers(1, 1, 2, 3)),
                "padding": padding,
                "dilation": per_axis(rank, numbers(1, 1, 2, 3)),
                "bias": st.booleans(),
                "parametrization": PARAMETRIZATION,
                "padding_mode": st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
            },
        )
        return Sample(arguments, (image(draw, rank, st.just(channels)),))

    return draws()


def transposed(rank: int) -> "SearchStrategy[Sample]":
    """ConvTranspose1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        groups, channels, out_channels = grouped(draw)
        arguments: Arguments = {
            "groups": groups,
            "out_channels": out_channels,
            "kernel_size": draw(per_axis(rank, st.integers(1, 4))),
            "stride": draw(per_axis(rank, numbers(1, 2, 3, 4))),
            "dilation": draw(per_axis(rank, numbers(1, 1, 2, 3))),
            "output_padding": draw(per_axis(rank, numbers(0, 0, 1, 2))),
        }
        arguments |= some(
            draw,
            {
                "padding": per_axis(rank, numbers(0, 0, 1, 2, 5)),
                "bias": st.booleans(),
                "parametrization": PARAMETRIZATION,
                "padding_mode": st.sampled_from(["zeros", "zeros", "zeros", "reflect"]),
            },
        )
        return Sample(arguments, (image(draw, rank, st.just(channels)),))

    return draws()


SAMPLES = {
    **{f"Conv{rank}d": convolution(rank) for rank in (1, 2, 3)},
    **{f"ConvTranspose{rank}d": transposed(rank) for rank in (1, 2, 3)},
}
