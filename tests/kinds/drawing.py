"""Tools that draw random arguments and inputs: valid and invalid mixed, small, because borders matter."""

from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st

from archcalc.layers.registry import KINDS
from tests.samples import samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

Arguments = dict[str, object]
Shape = tuple[int, ...]
PLAIN = (
    *("sources", "elementary", "arithmetic", "comparing", "opaque", "norms", "casting", "functional"),
    *("turning", "repeating", "selecting", "axis_windows", "triangles", "ranking", "accumulating"),
)
"""Families whose kinds have an argument at most, or share what they infer: few samples see all of it."""


class Sample(NamedTuple):
    """A layer's arguments as YAML would give them, and the shapes and dtypes that arrive."""

    arguments: Arguments
    shapes: tuple[Shape, ...]
    dtypes: tuple[str, ...] = ()
    """torch's names, one an input; empty: all float32."""

    @property
    def arriving(self) -> "tuple[tuple[Shape, str], ...]":
        """Shape and dtype of every input."""
        return tuple(zip(self.shapes, self.dtypes or ("float32",) * len(self.shapes), strict=True))

    def with_dtypes(self, dtypes: "Sequence[str]") -> "Sample":
        """The same shapes of other dtypes."""
        return self._replace(dtypes=tuple(dtypes))


def needed(name: str, usual: int, part: int = 6) -> int:
    """How many samples show all of a kind, where ``usual`` ones do of a kind with many arguments."""
    return usual // part if KINDS[name] in PLAIN else usual


def share_of(name: str, usual: int, part: int = 6) -> int:
    """How many of them a run looks at."""
    return samples(needed(name, usual, part))


def per_axis(rank: int, values: "SearchStrategy[int]") -> "SearchStrategy[object]":
    """One number, or one per axis; now and then a wrong number of them, which is refused."""
    return st.one_of(values, st.tuples(*[values] * rank))


def some(draw: "DrawFn", chances: "dict[str, SearchStrategy[object]]") -> Arguments:
    """Some of the optional arguments."""
    return {name: draw(values) for name, values in chances.items() if draw(st.booleans())}


def image(draw: "DrawFn", rank: int, channels: "SearchStrategy[int]") -> Shape:
    """(C, *positions); seldom with an axis too many or too few."""
    largest = {1: 12, 2: 9, 3: 6}[rank]
    axes = draw(st.sampled_from([rank] * 18 + [rank - 1, rank + 1]))
    return (draw(channels), *(draw(st.integers(1, largest)) for _ in range(axes)))


def numbers(*values: int) -> "SearchStrategy[int]":
    """One of a few numbers."""
    return st.sampled_from(values)


def seldom_two(draw: "DrawFn", shape: Shape) -> tuple[Shape, ...]:
    """One input of this shape; seldom another one beside it, which is one too many."""
    return (shape,) * draw(st.sampled_from([1] * 7 + [2]))


def pointwise(**chances: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """A layer that keeps any shape."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        return Sample(some(draw, chances), seldom_two(draw, draw(SHAPES)))

    return draws()


DTYPES = st.sampled_from(["float32", "float32", "float64", "float16", "int64", "uint8", "bool"])
SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)
INPLACE = {"inplace": st.booleans()}
PARAMETRIZATION = st.sampled_from([None, "weight_norm", "spectral_norm"])
SMALL = st.floats(0.01, 2)
DIM = st.one_of(st.none(), st.integers(-6, 6))
