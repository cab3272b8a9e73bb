"""Dropouts."""

from hypothesis import strategies as st

from tests.kinds.drawing import INPLACE, pointwise

SAMPLES = {
    "Dropout": pointwise(p=st.floats(-0.5, 1.5), **INPLACE),
    "Dropout2d": pointwise(p=st.floats(0, 1), **INPLACE),
}
