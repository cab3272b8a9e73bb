"""PixelShuffle, PixelUnshuffle, ChannelShuffle."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, image, numbers

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


@st.composite
def pixel_shuffle(draw: "DrawFn") -> Sample:
    """Channels that mostly divide by the square of the factor."""
    factor = draw(st.integers(1, 3))
    channels = st.one_of(st.integers(1, 3).map(lambda count: count * factor * factor), st.integers(1, 9))
    return Sample({"upscale_factor": factor}, (image(draw, 2, channels),))


@st.composite
def pixel_unshuffle(draw: "DrawFn") -> Sample:
    """Positions that mostly divide by the factor."""
    factor = draw(st.integers(1, 3))
    channels, *sizes = image(draw, 2, st.integers(1, 3))
    exact = draw(st.integers(0, 5)) > 0
    return Sample({"downscale_factor": factor}, ((channels, *(n * factor if exact else n for n in sizes)),))


@st.composite
def channel_shuffle(draw: "DrawFn") -> Sample:
    """Any number of position axes; none is refused."""
    sizes = draw(st.lists(st.integers(1, 4), max_size=3))
    return Sample({"groups": draw(numbers(1, 2, 3, 4))}, ((draw(numbers(2, 4, 6, 12)), *sizes),))


SAMPLES = {
    "PixelShuffle": pixel_shuffle(),
    "PixelUnshuffle": pixel_unshuffle(),
    "ChannelShuffle": channel_shuffle(),
}
