"""Linear, Bilinear."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import PARAMETRIZATION, Sample, seldom_two, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn


@st.composite
def linear(draw: "DrawFn") -> Sample:
    """Linear on one to four axes."""
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple))
    arguments = {
        "out_features": draw(st.integers(1, 6)),
        **some(draw, {"bias": st.booleans(), "parametrization": PARAMETRIZATION}),
    }
    return Sample(arguments, seldom_two(draw, shape))


@st.composite
def bilinear(draw: "DrawFn") -> Sample:
    """Two inputs that mostly differ in their last axis alone."""
    size = st.integers(1, 4)
    lead = draw(st.lists(size, max_size=3).map(tuple))
    other = draw(st.sampled_from([lead] * 8 + [(*lead, 1), (*lead[:-1], 5)]))
    shapes = ((*lead, draw(size)), (*other, draw(size)))
    features = draw(st.sampled_from([shapes[1][-1]] * 8 + [5]))
    arguments = {"in2_features": features, "out_features": draw(st.integers(1, 4))}
    options = some(draw, {"bias": st.booleans(), "parametrization": PARAMETRIZATION})
    return Sample({**arguments, **options}, shapes)


def without_options(sample: Sample) -> Sample:
    """The sample with the features alone, which is all that transformers' Conv1D takes."""
    return sample._replace(arguments={"out_features": sample.arguments["out_features"]})


SAMPLES = {"Linear": linear(), "TransposedLinear": linear().map(without_options), "Bilinear": bilinear()}
