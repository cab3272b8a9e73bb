"""The kinds that turn, repeat, take and fill axes."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Arguments, Shape, some
from tests.kinds.samples.reshaping import AXIS, axes, rearranged

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

SEVERAL = st.integers(1, 3)


def an_axis(draw: "DrawFn", shape: Shape) -> int:
    """An axis; seldom one outside."""
    fitting = st.integers(-len(shape), len(shape) - 1)
    return draw(st.one_of(fitting, fitting, fitting, AXIS))


def rolled(draw: "DrawFn", shape: Shape) -> Arguments:
    """Axes and as many shifts; seldom another number of them."""
    dim = axes(draw, shape)
    count = len(dim) if isinstance(dim, tuple) else 1
    shift = st.integers(-7, 7)
    shifts = tuple(draw(shift) for _ in range(count + draw(st.sampled_from([0] * 9 + [1]))))
    return {"shifts": shifts if isinstance(dim, tuple) else draw(shift), "dim": dim}


def expanded(draw: "DrawFn", shape: Shape) -> Arguments:
    """Sizes that mostly fit, now and then with new axes in front, and seldom with too few."""
    sizes = [draw(st.sampled_from([-1, n, n, 3 if n == 1 else n])) for n in shape]
    front = draw(st.lists(SEVERAL, max_size=2))
    wrong = [*sizes[:-1], shape[-1] + 1], [-1, *sizes], sizes[1:] or [0]
    return {"size": tuple(draw(st.sampled_from([sizes] * 3 + [[*front, *sizes]] * 3 + [*wrong])))}


def repeated(draw: "DrawFn", shape: Shape) -> Arguments:
    """Numbers for all axes, now and then for new ones in front, and seldom too few."""
    front = draw(st.lists(SEVERAL, max_size=1))
    times = [draw(st.sampled_from([1, 1, 2, 3])) for _ in shape]
    wrong = times[1:] or [0], [0, *times]
    return {"repeats": tuple(draw(st.sampled_from([[*front, *times]] * 6 + [times] * 3 + [*wrong])))}


def selected(draw: "DrawFn", shape: Shape) -> Arguments:
    """An axis and a position of it; seldom one outside."""
    dim = an_axis(draw, shape)
    n = shape[dim % len(shape)]
    return {"dim": dim, "index": draw(st.sampled_from([*range(-n, n)] * 3 + [n, -n - 1]))}


def padded(draw: "DrawFn", shape: Shape) -> Arguments:
    """Sides of some of the last axes, in any mode; seldom too many, or an odd number of them."""
    side = st.integers(0, 2) if draw(st.booleans()) else st.integers(-2, 3)
    count = draw(st.sampled_from([2 * at for at in range(1, len(shape) + 1)] * 4 + [3, 2 * len(shape) + 2]))
    sides = tuple(draw(side) for _ in range(count))
    mode = draw(st.sampled_from(["constant", "constant", "reflect", "replicate", "circular"]))
    value = {"value": st.sampled_from([0.0, 1.0, 2.0])} if mode == "constant" else {}
    return {"pad": sides, "mode": mode, **some(draw, {**value})}


SAMPLES = {
    "Roll": rearranged(rolled),
    "Flip": rearranged(lambda draw, shape: {"dim": axes(draw, shape)}),
    "Expand": rearranged(expanded),
    "Repeat": rearranged(repeated),
    "RepeatInterleave": rearranged(
        lambda draw, shape: {"repeats": draw(st.integers(0, 4)), "dim": an_axis(draw, shape)}
    ),
    "Select": rearranged(selected),
    "Unbind": rearranged(lambda draw, shape: some(draw, {"dim": st.just(an_axis(draw, shape))})),
    "Pad": rearranged(padded),
}
