"""Upsample and its two short forms."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Arguments, Sample, image, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

SCALES = (2.0, 2, 3.0, 1.5, 0.5, 0.75, 1.1, 1.05, 0.3, 2.05, 4 / 3, 0.1, 2.718281828459045)
MODES = ("nearest", "linear", "bilinear", "bicubic", "trilinear", "nearest-exact", "area", "lanczos")
RANKS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


def to_size_or_scale(draw: "DrawFn", rank: int) -> Arguments:
    """Mostly one of the two; seldom both, neither, or a wrong number of them."""
    count = draw(st.sampled_from([rank] * 15 + [rank + 1]))

    def one_or_more(values: "SearchStrategy[object]") -> object:
        return draw(st.one_of(values, st.lists(values, min_size=count, max_size=count).map(tuple)))

    way = draw(st.sampled_from(["size"] * 5 + ["scale"] * 5 + ["both", "neither"]))
    arguments: Arguments = {}
    if way in ("size", "both"):
        arguments["size"] = one_or_more(st.integers(1, 9))
    if way in ("scale", "both"):
        arguments["scale_factor"] = one_or_more(st.sampled_from(SCALES))
    return arguments


@st.composite
def upsample(draw: "DrawFn") -> Sample:
    """Mode and axes mostly fit."""
    mode = draw(st.sampled_from(MODES))
    rank = RANKS.get(mode) or draw(st.integers(1, 3))
    options = some(
        draw,
        {
            "align_corners": st.one_of(st.none(), st.booleans()) if mode in RANKS else st.none(),
            "recompute_scale_factor": st.one_of(st.none(), st.booleans()),
        },
    )
    if draw(st.integers(0, 15)) == 0:
        options["align_corners"] = True
    arguments = {**to_size_or_scale(draw, rank), "mode": mode, **options}
    return Sample(arguments, (image(draw, rank, st.integers(1, 2)),))


@st.composite
def fixed(draw: "DrawFn") -> Sample:
    """UpsamplingNearest2d, UpsamplingBilinear2d."""
    return Sample(to_size_or_scale(draw, 2), (image(draw, 2, st.integers(1, 2)),))


SAMPLES = {"Upsample": upsample(), "UpsamplingNearest2d": fixed(), "UpsamplingBilinear2d": fixed()}
