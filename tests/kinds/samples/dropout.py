"""Dropouts and stochastic depth."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import INPLACE, SHAPES, Sample, image, pointwise, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

CHANCE = st.one_of(st.floats(0, 1), st.floats(-0.5, 1.5))


@st.composite
def sequences(draw: "DrawFn") -> Sample:
    """Dropout1d on (C, L)."""
    return Sample(some(draw, {"p": CHANCE, **INPLACE}), (image(draw, 1, st.integers(1, 4)),))


@st.composite
def depths(draw: "DrawFn") -> Sample:
    """StochasticDepth, with a mode it does not know now and then."""
    mode = draw(st.sampled_from(["batch", "row"] * 4 + ["column"]))
    return Sample({"p": draw(CHANCE), "mode": mode}, (draw(SHAPES),))


SAMPLES = {
    "Dropout": pointwise(p=CHANCE, **INPLACE),
    "Dropout1d": sequences(),
    "Dropout2d": pointwise(p=CHANCE, **INPLACE),
    "Dropout3d": pointwise(p=CHANCE, **INPLACE),
    "AlphaDropout": pointwise(p=CHANCE, **INPLACE),
    "FeatureAlphaDropout": pointwise(p=CHANCE, **INPLACE),
    "StochasticDepth": depths(),
}
