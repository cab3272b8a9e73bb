"""Unfold, Fold."""

from typing import TYPE_CHECKING, cast

from hypothesis import strategies as st

from tests.kinds.drawing import Arguments, Sample, image, numbers, per_axis, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


def blocks(draw: "DrawFn") -> Arguments:
    """How blocks slide."""
    return {
        "kernel_size": draw(per_axis(2, st.integers(1, 3))),
        **some(
            draw,
            {
                "dilation": per_axis(2, numbers(1, 1, 2)),
                "padding": per_axis(2, numbers(0, 0, 1, 2)),
                "stride": per_axis(2, st.integers(1, 3)),
            },
        ),
    }


@st.composite
def unfold(draw: "DrawFn") -> Sample:
    """Blocks of an image."""
    return Sample(blocks(draw), (image(draw, 2, st.integers(1, 2)),))


def pair(value: object) -> tuple[int, int]:
    """One number for both axes, or both."""
    return cast("tuple[int, int]", value if isinstance(value, tuple) else (value, value))


@st.composite
def fold(draw: "DrawFn") -> Sample:
    """As many columns as there are blocks, and rows that divide into them; now and then not."""
    arguments = blocks(draw)
    kernel, dilation, padding, stride = (
        pair(arguments.get(key, default))
        for key, default in (("kernel_size", 1), ("dilation", 1), ("padding", 0), ("stride", 1))
    )
    size = st.one_of(st.just(1), st.integers(1, 7))  # of one block a number is read from a known column
    output = draw(st.tuples(size, size))
    counts = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(output, kernel, dilation, padding, stride, strict=True)
    ]
    columns = max(1, counts[0] * counts[1]) + draw(st.sampled_from([0] * 9 + [1]))
    rows = draw(st.integers(1, 2)) * kernel[0] * kernel[1] + draw(st.sampled_from([0] * 9 + [1]))
    return Sample({"output_size": output, **arguments}, ((rows, columns),))


SAMPLES = {"Unfold": unfold(), "Fold": fold()}
