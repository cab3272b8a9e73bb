"""Parameter, Buffer, Constant."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import DTYPES, Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def source(**chances: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """A tensor of up to four axes, or a number; seldom with an input, which is refused."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shape = draw(st.lists(st.integers(1, 5), max_size=4).map(tuple))
        arguments = {"shape": shape, **some(draw, {"dtype": DTYPES, **chances})}
        return Sample(arguments, draw(st.sampled_from([()] * 9 + [((2,),)])))

    return draws()


FORMS = st.sampled_from(["range", "causal", "window", "cosines", "sines", "other"])
SAMPLES = {
    "Parameter": source(),
    "Buffer": source(persistent=st.booleans()),
    "Constant": source(form=FORMS, value=st.sampled_from([None, -1.5, 0.0, 2.0])),
}
