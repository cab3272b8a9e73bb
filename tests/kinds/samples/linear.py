"""Linear."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


@st.composite
def linear(draw: "DrawFn") -> Sample:
    """Linear on one to four axes."""
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple))
    arguments = {"out_features": draw(st.integers(1, 6)), **some(draw, {"bias": st.booleans()})}
    return Sample(arguments, (shape,))


SAMPLES = {"Linear": linear()}
