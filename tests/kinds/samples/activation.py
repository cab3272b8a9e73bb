"""Activations."""

from hypothesis import strategies as st

from tests.kinds.drawing import DIM, INPLACE, SMALL, pointwise

SAMPLES = {
    "ReLU": pointwise(**INPLACE),
    "ReLU6": pointwise(**INPLACE),
    "LeakyReLU": pointwise(negative_slope=SMALL, **INPLACE),
    "PReLU": pointwise(num_parameters=st.integers(1, 5), init=SMALL),
    "ELU": pointwise(alpha=SMALL, **INPLACE),
    "GELU": pointwise(approximate=st.sampled_from(["none", "tanh"])),
    "SiLU": pointwise(**INPLACE),
    "Mish": pointwise(**INPLACE),
    "Hardswish": pointwise(**INPLACE),
    "Hardsigmoid": pointwise(**INPLACE),
    "Sigmoid": pointwise(),
    "Tanh": pointwise(),
    "Softplus": pointwise(beta=SMALL, threshold=st.floats(1, 30)),
    "Softmax": pointwise(dim=DIM),
    "LogSoftmax": pointwise(dim=DIM),
}
