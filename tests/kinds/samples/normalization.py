"""Normalisations, and the factors of Scale and LayerScale."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import INPLACE, SHAPES, SMALL, Sample, image, pointwise, seldom_two, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

EPS = st.floats(1e-8, 1)


def running(rank: int) -> "SearchStrategy[Sample]":
    """BatchNorm and InstanceNorm 1d, 2d, 3d."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        arguments = some(
            draw,
            {
                "eps": EPS,
                "momentum": st.one_of(st.none(), st.floats(0, 1)),
                "affine": st.booleans(),
                "track_running_stats": st.booleans(),
                "bias": st.booleans(),
            },
        )
        return Sample(arguments, (image(draw, rank, st.integers(1, 5)),))

    return draws()


@st.composite
def frozen(draw: "DrawFn") -> Sample:
    """FrozenBatchNorm2d."""
    shape = image(draw, 2, st.integers(1, 5))
    chances: dict[str, SearchStrategy[object]] = {"eps": EPS, "num_features": st.just(shape[0])}
    return Sample(some(draw, chances), (shape,))


@st.composite
def grouped(draw: "DrawFn") -> Sample:
    """GroupNorm on a number of channels that mostly divides."""
    groups = draw(st.integers(1, 4))
    channels = draw(st.sampled_from([groups, 2 * groups, 3 * groups, groups + 1]))
    shape = (channels, *draw(SHAPES)[1:])
    chances: dict[str, SearchStrategy[object]] = {
        "num_channels": st.sampled_from([channels] * 4 + [channels + 1]),
        "eps": EPS,
        "affine": st.booleans(),
        "bias": st.booleans(),
    }
    return Sample({"num_groups": groups, **some(draw, chances)}, (shape,))


def trailing(**chances: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """LayerNorm and RMSNorm over the last axes; seldom with other sizes or more of them."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shape = draw(SHAPES)
        ends = [shape[at:] for at in range(len(shape))]
        sizes = st.sampled_from([shape[-1], *ends, *ends, shape[-1] + 1, (shape[-1] + 1,), (2, *shape)])
        more = {"normalized_shape": sizes, "eps": EPS, "elementwise_affine": st.booleans(), **chances}
        return Sample(some(draw, more), (shape,))

    return draws()


@st.composite
def scaled(draw: "DrawFn") -> Sample:
    """LayerScale2d on images."""
    return Sample(some(draw, {"init_values": SMALL, **INPLACE}), (image(draw, 2, st.integers(1, 4)),))


@st.composite
def multiplied(draw: "DrawFn") -> Sample:
    """Scale by a factor that is not 0."""
    return Sample({"factor": draw(SMALL)}, seldom_two(draw, draw(SHAPES)))


@st.composite
def responses(draw: "DrawFn") -> Sample:
    """LocalResponseNorm over fewer or more channels than there are."""
    arguments = {"size": draw(st.integers(0, 8)), **some(draw, {"alpha": SMALL, "beta": SMALL, "k": SMALL})}
    return Sample(arguments, (draw(SHAPES),))


SAMPLES = {
    **{f"{kind}Norm{rank}d": running(rank) for kind in ("Batch", "Instance") for rank in (1, 2, 3)},
    "FrozenBatchNorm2d": frozen(),
    "GroupNorm": grouped(),
    "LocalResponseNorm": responses(),
    "LayerNorm": trailing(bias=st.booleans()),
    "RMSNorm": trailing(),
    "Scale": multiplied(),
    "LayerScale": pointwise(init_values=SMALL, **INPLACE),
    "LayerScale2d": scaled(),
}
