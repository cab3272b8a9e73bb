"""Mamba."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


@st.composite
def mamba(draw: "DrawFn") -> Sample:
    """A mixer on (L, d_model); seldom on an axis too many."""
    length, width = draw(st.integers(1, 5)), draw(st.sampled_from([1, 3, 16, 17]))
    shape = draw(st.sampled_from([(length, width)] * 8 + [(1, length, width)]))
    arguments = some(
        draw,
        {
            "d_state": st.integers(1, 4),
            "d_conv": st.integers(1, 4),
            "expand": st.integers(1, 3),
            "dt_rank": st.one_of(st.just("auto"), st.integers(1, 3)),
            "conv_bias": st.booleans(),
            "bias": st.booleans(),
            "d_model": st.just(shape[-1]),
        },
    )
    return Sample(arguments, (shape,))


SAMPLES = {"Mamba": mamba()}
