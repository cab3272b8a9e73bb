"""Activations."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import DIM, INPLACE, SHAPES, SMALL, Sample, image, pointwise, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

SIGNED = st.sampled_from([-1.5, 0.0, 0.25, 1.0, 2.0])


@st.composite
def gated(draw: "DrawFn") -> Sample:
    """GLU on axes that are mostly even."""
    shape = tuple(2 * n if draw(st.sampled_from([True, True, True, False])) else n for n in draw(SHAPES))
    return Sample(some(draw, {"dim": st.integers(-5, 5)}), (shape,))


@st.composite
def images(draw: "DrawFn") -> Sample:
    """Softmax2d on (C, H, W)."""
    return Sample({}, (image(draw, 2, st.integers(1, 4)),))


SAMPLES = {
    "ReLU": pointwise(**INPLACE),
    "ReLU6": pointwise(**INPLACE),
    "LeakyReLU": pointwise(negative_slope=SMALL, **INPLACE),
    "PReLU": pointwise(num_parameters=st.integers(1, 5), init=SMALL),
    "ELU": pointwise(alpha=SMALL, **INPLACE),
    "CELU": pointwise(alpha=SIGNED, **INPLACE),
    "SELU": pointwise(**INPLACE),
    "RReLU": pointwise(lower=SIGNED, upper=SIGNED, **INPLACE),
    "GELU": pointwise(approximate=st.sampled_from(["none", "tanh"])),
    "QuickGELU": pointwise(),
    "SiLU": pointwise(**INPLACE),
    "Mish": pointwise(**INPLACE),
    "Hardswish": pointwise(**INPLACE),
    "Hardsigmoid": pointwise(**INPLACE),
    "Hardtanh": pointwise(min_val=SIGNED, max_val=SIGNED, **INPLACE),
    "Hardshrink": pointwise(lambd=SIGNED),
    "Softshrink": pointwise(lambd=SIGNED),
    "Sigmoid": pointwise(),
    "LogSigmoid": pointwise(),
    "Tanh": pointwise(),
    "Tanhshrink": pointwise(),
    "Softsign": pointwise(),
    "Softplus": pointwise(beta=SMALL, threshold=st.floats(1, 30)),
    "Threshold": pointwise(**INPLACE).map(
        lambda sample: sample._replace(arguments={"threshold": 0.1, "value": 20, **sample.arguments})
    ),
    "Softmax": pointwise(dim=DIM),
    "LogSoftmax": pointwise(dim=DIM),
    "Softmin": pointwise(dim=DIM),
    "Softmax2d": images(),
    "GLU": gated(),
}
