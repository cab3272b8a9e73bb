"""Opaque."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import DTYPES, SHAPES, Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

SIZES = st.lists(st.integers(1, 4), max_size=3)


@st.composite
def unknown(draw: "DrawFn") -> Sample:
    """One to three inputs of any dtype; seldom no output."""
    shapes = tuple(draw(SHAPES) for _ in range(draw(st.integers(1, 3))))
    given = st.one_of(SIZES, st.fixed_dictionaries({"shape": SIZES, "dtype": DTYPES}))
    count = draw(st.sampled_from([0, 1, 1, 1, 2]))
    outputs = {name: draw(given) for name in ("output", "state")[:count]}
    held = st.dictionaries(st.sampled_from(["weight", "inner.bias", "inner.weight"]), SIZES)
    arguments = {"operator": "torch.ops.mine.op", "outputs": outputs, **some(draw, {"weights": held})}
    return Sample(arguments, shapes, tuple(draw(DTYPES) for _ in shapes))


SAMPLES = {"Opaque": unknown()}
