"""BatchNorm1d-3d."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, image, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def normalization(rank: int) -> "SearchStrategy[Sample]":
    """BatchNorm1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        arguments = some(
            draw,
            {
                "eps": st.floats(1e-8, 1),
                "momentum": st.one_of(st.none(), st.floats(0, 1)),
                "affine": st.booleans(),
                "track_running_stats": st.booleans(),
            },
        )
        return Sample(arguments, (image(draw, rank, st.integers(1, 5)),))

    return draws()


SAMPLES = {f"BatchNorm{rank}d": normalization(rank) for rank in (1, 2, 3)}
