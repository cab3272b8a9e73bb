"""Crop."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Arguments, Sample

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


@st.composite
def crop(draw: "DrawFn") -> Sample:
    """To a size, or to a second input; seldom to both, to neither, or to more than there is."""
    rank = draw(st.integers(1, 3))
    sizes = st.lists(st.integers(1, 5), min_size=rank, max_size=rank).map(tuple)
    big = tuple(n + draw(st.integers(-1, 4)) for n in draw(sizes))
    shapes = [(draw(st.integers(1, 3)), *(max(n, 1) for n in big))]
    way = draw(st.sampled_from(["size"] * 4 + ["like"] * 4 + ["both", "neither"]))
    arguments: Arguments = {}
    if way in ("size", "both"):
        arguments["size"] = draw(st.one_of(st.integers(1, 5), sizes))
    if way in ("like", "both"):
        shapes.append((draw(st.integers(1, 3)), *draw(sizes)))
    return Sample(arguments, tuple(shapes))


SAMPLES = {"Crop": crop()}
