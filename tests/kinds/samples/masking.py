"""RandomMasking, MaskTokens."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from tests.kinds.drawing import Shape


def sequence(draw: "DrawFn") -> "tuple[Shape, str]":
    """(T, D), seldom with an axis more or fewer or of whole numbers."""
    shape = draw(st.tuples(st.integers(1, 8), st.integers(1, 4)))
    drawn = draw(st.sampled_from([shape] * 12 + [(1, *shape), shape[:1]]))
    return drawn, draw(st.sampled_from(["float32"] * 8 + ["float64", "int64"]))


@st.composite
def masked(draw: "DrawFn") -> Sample:
    """A share of the positions, now and then so large that none stays."""
    shape, dtype = sequence(draw)
    return Sample(some(draw, {"mask_ratio": st.floats(0, 1)}), (shape,), (dtype,))


@st.composite
def restored(draw: "DrawFn") -> Sample:
    """Places for what arrives, seldom too few."""
    shape, dtype = sequence(draw)
    arguments = {"positions": draw(st.integers(max(1, shape[0] - 2), shape[0] + 3))}
    return Sample(arguments | some(draw, {"first_tokens": st.integers(0, 2)}), (shape,), (dtype,))


SAMPLES = {"RandomMasking": masked(), "MaskTokens": restored()}
