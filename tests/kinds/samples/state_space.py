"""Mamba and the gated delta rule."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


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


@st.composite
def delta(draw: "DrawFn") -> Sample:
    """GatedDeltaNet, its value heads mostly whole multiples; seldom on an axis too many."""
    length, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    shape = draw(st.sampled_from([(length, width)] * 8 + [(1, length, width)]))
    heads = draw(st.integers(1, 2))
    arguments: dict[str, object] = {
        "num_k_heads": heads,
        "num_v_heads": draw(st.sampled_from([heads, 2 * heads] * 6 + [3])),
        "head_k_dim": draw(st.integers(2, 3)),
        "head_v_dim": draw(st.integers(2, 3)),
    }
    chances: dict[str, SearchStrategy[object]] = {
        "conv_kernel_size": st.integers(1, 4),
        "hidden_size": st.just(shape[-1]),
    }
    return Sample(arguments | some(draw, chances), (shape,))


SAMPLES = {"Mamba": mamba(), "GatedDeltaNet": delta()}
