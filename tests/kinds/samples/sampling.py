"""Reparameterize."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import SHAPES, Sample

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


@st.composite
def reparameterized(draw: "DrawFn") -> Sample:
    """A mean and a log variance, seldom of another shape or dtype."""
    shape = draw(SHAPES)
    other = draw(st.sampled_from([shape] * 6 + [(*shape[:-1], shape[-1] + 1)]))
    dtypes = draw(
        st.sampled_from([("float32", "float32")] * 6 + [("float64", "float64"), ("int64", "int64")])
    )
    inputs = draw(st.sampled_from([2] * 9 + [1]))
    return Sample({}, (shape, other)[:inputs], dtypes[:inputs])


SAMPLES = {"Reparameterize": reparameterized()}
