"""Conv1d-3d, ConvTranspose1d-3d."""

from math import prod
from typing import TYPE_CHECKING, cast

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


@st.composite
def deformable(draw: "DrawFn") -> Sample:
    """DeformConv2d with offsets, and masks now and then, that mostly fit."""
    groups, channels, out_channels = grouped(draw)
    arguments: Arguments = {
        "groups": groups,
        "out_channels": out_channels,
        "kernel_size": draw(per_axis(2, st.integers(1, 3))),
    }
    arguments |= some(
        draw,
        {
            "stride": per_axis(2, numbers(1, 1, 2)),
            "padding": per_axis(2, st.integers(0, 1)),
            "dilation": per_axis(2, numbers(1, 1, 2)),
            "bias": st.booleans(),
        },
    )
    shape = image(draw, 2, st.just(channels))
    axes = zip(
        shape[1:],
        *(_pair(arguments.get(key, default)) for key, default in WINDOW.items()),
        strict=False,
    )
    positions = [max((n + 2 * p - d * (k - 1) - 1) // s + 1, 1) for n, k, s, p, d in axes]
    taps = prod(_pair(arguments["kernel_size"])) * draw(st.sampled_from([1] * 6 + [channels, 2]))
    more = draw(st.sampled_from([0] * 12 + [1]))
    moves = [(2 * taps + more, *positions), (taps, *positions), (taps, *positions)]
    count = draw(st.sampled_from([1] * 8 + [2] * 6 + [0, 3]))
    return Sample(arguments, (shape, *moves[:count]))


def _pair(value: object) -> tuple[int, int]:
    """A number for each axis; of a wrong number of them, which is refused, the first."""
    first, *others = cast("tuple[int, ...]", value) if isinstance(value, tuple) else (cast("int", value),)
    return first, others[0] if others else first


WINDOW = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1}
"""Arguments that say where taps are, and their defaults."""
SAMPLES = {
    "DeformConv2d": deformable(),
    **{f"Conv{rank}d": convolution(rank) for rank in (1, 2, 3)},
    **{f"ConvTranspose{rank}d": transposed(rank) for rank in (1, 2, 3)},
}
