"""Pads, 1d-3d."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import SMALL, Arguments, Sample, image

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def pad(rank: int, **required: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """A pad with one number or two per axis, now and then negative or too many."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        side = st.integers(0, 3) if draw(st.booleans()) else st.integers(-3, 4)
        count = draw(st.sampled_from([2 * rank] * 15 + [2 * rank - 1, 2 * rank + 2]))
        sides = st.lists(side, min_size=count, max_size=count).map(tuple)
        padding = draw(st.one_of(side, sides, sides))
        arguments: Arguments = {"padding": padding, **{key: draw(value) for key, value in required.items()}}
        return Sample(arguments, (image(draw, rank, st.integers(1, 2)),))

    return draws()


SAMPLES = {
    name: draws
    for rank in (1, 2, 3)
    for name, draws in {
        f"ZeroPad{rank}d": pad(rank),
        f"ConstantPad{rank}d": pad(rank, value=SMALL),
        f"ReflectionPad{rank}d": pad(rank),
        f"ReplicationPad{rank}d": pad(rank),
        f"CircularPad{rank}d": pad(rank),
    }.items()
}
