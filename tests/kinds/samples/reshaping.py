"""Flatten, Unflatten, Reshape, Identity, and the kinds that move or cut axes."""

from math import prod
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import DTYPES, SHAPES, Arguments, Sample, Shape, seldom_two, some

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

AXIS = st.integers(-5, 4)


FLOATS = st.sampled_from(["float32", "float64", "float16"])


def rearranged(
    arguments: "Callable[[DrawFn, Shape], Arguments]", dtypes: "SearchStrategy[str]" = DTYPES
) -> "SearchStrategy[Sample]":
    """A layer that moves numbers of any dtype; its arguments follow from the shape that arrives."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shape = draw(SHAPES)
        shapes = seldom_two(draw, shape)
        return Sample(arguments(draw, shape), shapes, (draw(dtypes),) * len(shapes))

    return draws()


def factors(draw: "DrawFn", elements: int) -> Shape:
    """Sizes with this product, one of them now and then written as -1; seldom with another product."""
    sizes: list[int] = []
    while elements > 1 and len(sizes) < 5:
        size = draw(st.sampled_from([n for n in range(1, elements + 1) if elements % n == 0]))
        sizes.append(size)
        elements //= size
    sizes.append(elements * draw(st.sampled_from([1] * 12 + [2])))
    for place in draw(st.sampled_from([(), (), (), (0,), (-1,), (0, -1)])):
        sizes[place] = -1
    return tuple(sizes)


def regroupings(draw: "DrawFn", shape: Shape) -> Shape:
    """A shape as a reshape in networks has it, neighbours joined or one axis split; or any shape at all."""
    at = draw(st.integers(0, len(shape) - 1))
    joined = (*shape[:at], prod(shape[at : at + 2]), *shape[at + 2 :])
    parted = (*shape[:at], *factors(draw, shape[at]), *shape[at + 1 :])
    return draw(st.sampled_from([joined, parted, factors(draw, prod(shape))]))


def unflattened(draw: "DrawFn", shape: Shape) -> Arguments:
    """An axis and sizes that mostly fit it."""
    dim = draw(st.one_of(st.integers(1, len(shape)), st.integers(-5, 5)))
    size = shape[(dim - 1) % len(shape) if dim > 0 else dim % len(shape)]
    return {"dim": dim, "unflattened_size": factors(draw, size)}


def permuted(draw: "DrawFn", shape: Shape) -> Arguments:
    """All axes in some order, some counted from the last; seldom a wrong list."""
    order = draw(st.permutations(range(len(shape))))
    order = [axis - len(shape) if draw(st.booleans()) else axis for axis in order]
    wrong = [draw(AXIS), *order[1:]], [*order, 0], order[:-1] or [1]
    return {"dims": tuple(draw(st.sampled_from([order] * 8 + [*wrong])))}


def axes(draw: "DrawFn", shape: Shape) -> "int | tuple[int, ...]":
    """An axis, or some; seldom one twice or outside."""
    order = draw(st.permutations(range(len(shape))))
    fitting = tuple(axis - len(shape) if draw(st.booleans()) else axis for axis in order)
    some_of_them = fitting[: draw(st.integers(1, max(1, len(shape) - 1)))]
    wrong = (*fitting[:1], draw(AXIS))
    choices: list[int | tuple[int, ...]] = [fitting[0], some_of_them, some_of_them, fitting, wrong]
    return draw(st.sampled_from(choices))


def sliced(draw: "DrawFn", shape: Shape) -> Arguments:
    """Bounds that mostly hold something, within and outside of the axis."""
    dim = draw(st.one_of(st.integers(-len(shape), len(shape) - 1), AXIS))
    size = shape[dim % len(shape)]
    start = st.one_of(st.integers(0, size - 1), st.integers(-7, 7), st.none())
    stop = st.one_of(st.none(), st.integers(-7, 7))
    return {"dim": dim, **some(draw, {"start": start, "stop": stop, "step": st.integers(-1, 4)})}


def sections(draw: "DrawFn", shape: Shape) -> Arguments:
    """Sizes of parts that mostly add up to the axis, or one size."""
    dim = draw(st.one_of(st.integers(-len(shape), len(shape) - 1), AXIS))
    size = shape[dim % len(shape)]
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=3)))
    parts = tuple(end - start for start, end in zip((0, *cuts), (*cuts, size), strict=True))
    wrong = (*parts, 1)
    return {
        "split_size_or_sections": draw(st.sampled_from([size, 1, 2, 3, 0, parts, parts, wrong])),
        "dim": dim,
    }


def folded(draw: "DrawFn", shape: Shape) -> Arguments:
    """Axes to fold."""
    dim = draw(st.sampled_from([axes(draw, shape)] * 4 + [None, draw(AXIS)]))
    keepdim = draw(st.sampled_from([True, True, False] if len(shape) == 1 else [True, False]))
    return {"dim": dim, **({"keepdim": keepdim} if keepdim or draw(st.booleans()) else {})}


SAMPLES = {
    "Flatten": rearranged(
        lambda draw, _: some(draw, {"start_dim": st.integers(-6, 6), "end_dim": st.integers(-6, 6)})
    ),
    "Unflatten": rearranged(unflattened),
    "Reshape": rearranged(lambda draw, shape: {"shape": regroupings(draw, shape)}),
    "Identity": rearranged(lambda _, __: {}),
    "Detach": rearranged(lambda _, __: {}),
    "Permute": rearranged(permuted),
    "Transpose": rearranged(lambda draw, _: {"dim0": draw(AXIS), "dim1": draw(AXIS)}),
    "Squeeze": rearranged(lambda draw, shape: some(draw, {"dim": st.just(axes(draw, shape))})),
    "Unsqueeze": rearranged(lambda draw, _: {"dim": draw(AXIS)}),
    "Slice": rearranged(sliced),
    "Chunk": rearranged(lambda draw, _: {"chunks": draw(st.integers(0, 6)), **some(draw, {"dim": AXIS})}),
    "Split": rearranged(sections),
    "Mean": rearranged(folded, st.one_of(FLOATS, FLOATS, DTYPES)),
    "Sum": rearranged(folded),
    "Max": rearranged(lambda draw, _: {"dim": draw(AXIS), **some(draw, {"keepdim": st.booleans()})}),
}
