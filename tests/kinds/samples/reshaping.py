"""Flatten, Identity."""

from hypothesis import strategies as st

from tests.kinds.drawing import pointwise

SAMPLES = {
    "Flatten": pointwise(start_dim=st.integers(-6, 6), end_dim=st.integers(-6, 6)),
    "Identity": pointwise(),
}
