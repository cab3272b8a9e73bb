"""Two linear maps in a row as one: how many weights the one map has that calculates the same."""

from functools import reduce
from math import gcd, prod
from typing import TYPE_CHECKING, cast

from archcalc.facts import Shape, Window
from archcalc.formulas.counts import linear_params
from archcalc.formulas.windows import effective_kernel, positions_spanned
from archcalc.layers.arguments import per_axis
from archcalc.rules.language import TracedLayer
from archcalc.rules.questions.maps import has_kernels, hops, is_convolution, is_map, mixed_axis
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class One(NamedTuple):
    """The map that two are together: what it is, and its parameters, bias included."""

    what: str
    params: int


def composed(
    first: TracedLayer, second: TracedLayer, *, in_place: bool, axis: int | None = None
) -> One | None:
    """The one map that gives every function that ``first`` and then ``second`` can give.

    None where there is no such map of a kind known here: a padding of ``second`` puts zeros beside numbers of
    ``first`` that are none, and the kernels of a transposed convolution overlap. None too where the numbers
    between them are so few that they bound the rank of what both can give: that may be what they are for.

    Args:
        first: a linear map.
        second: another one, which reads the numbers of ``first`` and no others.
        in_place: whether it reads each of them where ``first`` has put it; else they are regrouped between.
        axis: where the axis that ``first`` makes lies in what ``second`` reads, if it is still one.
    """
    biased = "bias" in first.facts.weights or "bias" in second.facts.weights
    if hops(first) or hops(second):
        return _hopping(first, second, biased=biased) if in_place else None
    linear = is_map(first) and is_map(second)
    kept = mixed_axis(first) if in_place else axis
    if not linear or kept is None or mixed_axis(second) != kept:
        return _flattened(first, second, biased=biased) if linear and not in_place else None
    read, between, made = _widths(first, second)
    if between < min(read * taps_of(first), made * taps_of(second)):
        return None
    kernel = kernel_of_both(first, second, in_place=in_place)
    if kernel is None:
        return None
    # Behind axes that were moved no groups of channels meet.
    groups = gcd(groups_of(first), groups_of(second))
    what = f"one {named(first, kernel)} {read} -> {made}"
    return One(what, read * made // groups * prod(kernel) + made * biased)


def named(first: TracedLayer, kernel: Shape) -> str:
    """What a map with this kernel over positions is called; one without any is linear."""
    if not kernel:
        return "linear map"
    transposed = "transposed " if has_kernels(first) and first.arguments.transposed else ""
    size = "x".join(map(str, kernel)) if prod(kernel) > 1 else "1x1"
    return f"{transposed}{size} convolution"


def kernel_of_both(first: TracedLayer, second: TracedLayer, *, in_place: bool) -> Shape | None:
    """Taps per axis of the one map of the positions that both read; none of two that have no kernels.

    None where there is no such map: borders would differ, or both have kernels and the positions between them
    are regrouped.
    """
    if not (has_kernels(first) or has_kernels(second)):
        return ()
    if in_place:
        return _kernel(first, second)
    if _pointwise(second):
        return _taps_per_axis(first) or (1,)
    clean = not _padded(second) or "bias" not in first.facts.weights
    return _taps_per_axis(second) if _pointwise(first) and clean and _windows(second) is not None else None


def _hopping(first: TracedLayer, second: TracedLayer, *, biased: bool) -> One | None:
    """Means over neighbours and linear maps of features change places: both maps are one, behind all hops."""
    if not all(hops(layer) or (is_map(layer) and not has_kernels(layer)) for layer in (first, second)):
        return None
    read, between, made = (size[-1] for size in _shapes(first, second))
    if between < min(read, made):
        return None
    count = hops(first) + hops(second)
    over = "one hop" if count == 1 else f"{count} hops"
    return One(f"one linear map {read} -> {made} of {over}", linear_params(read, made, bias=biased))


def stacked(first: TracedLayer, second: TracedLayer, pools: "Sequence[TracedLayer]" = ()) -> Shape | None:
    """The kernel of two dense convolutions in a row that both reach along the same axes, the border apart.

    None where the channels between them are fewer than those on either side, or kernels are dilated: dilated
    ones in a row make a wide kernel of few weights, as in the a-trous algorithm.

    Args:
        first: a convolution.
        second: another one.
        pools: sums over windows between the two, which are linear too.
    """
    if not all(groups_of(layer) == 1 for layer in (first, second)):
        return None
    scattered = [has_kernels(layer) and layer.arguments.transposed for layer in (first, second)]
    if all(scattered) and not pools:
        return _spread(first, second)
    if not (is_convolution(first) and is_convolution(second)):
        return None
    before, after = _windows(first) or (), _windows(second) or ()
    read, between, made = (size[0] for size in _shapes(first, second))
    if between < min(read, made) or any(window.dilation > 1 for window in (*before, *after)):
        return None
    reach = [tuple(window.kernel > 1 for window in windows) for windows in (before, after)]
    if reach[0] != reach[1] or not any(reach[0]):
        return None
    ways = zip(before, *map(_pooled, pools), after, strict=True)
    return tuple(reduce(_through, windows).kernel for windows in ways)


def _spread(first: TracedLayer, second: TracedLayer) -> Shape | None:
    """The kernel of two transposed convolutions in a row: the first one's taps lie a stride apart.

    None where kernels do not overlap: 2x2 of stride 2 in a row enlarge step by step, of few weights.
    """
    read, between, made = (size[0] for size in _shapes(first, second))
    kernels = [layer.facts.weights["weight"][2:] for layer in (first, second)]
    strides = [_per_axis(layer, "stride") for layer in (first, second)]
    dilated = any(set(_per_axis(layer, "dilation")) != {1} for layer in (first, second))
    taps = zip((*kernels[0], *kernels[1]), (*strides[0], *strides[1]), strict=True)
    if dilated or between < min(read, made) or not all(tap > stride for tap, stride in taps):
        return None
    sizes = zip(*kernels, strides[1], strict=True)
    return tuple(positions_spanned(before, stride, after) for before, after, stride in sizes)


def _per_axis(layer: TracedLayer, name: str) -> Shape:
    """An argument of a convolution that may be one number for all axes."""
    value = cast("int | tuple[int, ...]", getattr(layer.arguments, name))
    return per_axis(value, len(layer.output.shape) - layer.mapped - 1, name)


def _pooled(pool: TracedLayer) -> "Sequence[Window]":
    """The windows of a pool along the positions."""
    reads = pool.facts.first_reads[pool.mapped + 1 :]
    return [read.reach for read in reads if isinstance(read.reach, Window)]


def _through(first: Window, second: Window) -> Window:
    """The window that reads through both, which are not dilated."""
    return Window(kernel=_taps(first, second), stride=first.stride * second.stride)


def _flattened(first: TracedLayer, second: TracedLayer, *, biased: bool) -> One | None:
    """A map, and a Linear of all that it gives: one Linear of all that it reads."""
    features, made = second.inputs[0].tensor.shape, second.output.shape
    if len(features) != 1 or features[0] != prod(first.output.shape):
        return None
    read = prod(first.inputs[0].tensor.shape)
    if features[0] < min(read, made[0]):
        return None
    return One(f"one linear map {read} -> {made[0]}", linear_params(read, made[0], bias=biased))


def _widths(first: TracedLayer, second: TracedLayer) -> tuple[int, int, int]:
    """Features or channels that the first reads, those between, and those that the second makes."""
    read, between, made = _shapes(first, second)
    one, other = cast("int", mixed_axis(first)), cast("int", mixed_axis(second))
    return read[one], between[one], made[other]


def _shapes(first: TracedLayer, second: TracedLayer) -> tuple[Shape, Shape, Shape]:
    """Of what the first reads, of what stands between, of what the second gives."""
    return first.inputs[0].tensor.shape, first.output.shape, second.output.shape


def taps_of(layer: TracedLayer) -> int:
    """Taps of its kernel; 1 of a Linear."""
    return prod(_taps_per_axis(layer))


def _taps_per_axis(layer: TracedLayer) -> Shape:
    return tuple(layer.facts.weights["weight"][2:])


def groups_of(layer: TracedLayer) -> int:
    """Groups of channels that do not meet; 1 of a Linear."""
    return cast("int", getattr(layer.arguments, "groups", 1))


def _windows(layer: TracedLayer) -> "Sequence[Window] | None":
    """Its windows along the positions, where it has plain ones on zeros; a Linear reads its own place."""
    reads = layer.facts.first_reads
    mixed = mixed_axis(layer)
    windows = [read.reach for axis, read in enumerate(reads) if axis >= layer.mapped and axis != mixed]
    borders = {read.border for read in reads}
    plain = all(isinstance(window, Window) for window in windows) and borders == {"padding"}
    return cast("Sequence[Window]", windows) if plain else None


def _kernel(first: TracedLayer, second: TracedLayer) -> Shape | None:
    """Taps per axis of the convolution that reads what both read; None where borders would differ."""
    if _pointwise(second) and first.arguments.transposed:
        weight = first.facts.weights.get("weight", ())
        return tuple(weight[2:]) or None
    before, after = _windows(first), _windows(second)
    if before is None or after is None:
        return None
    if _padded(second) and not (_pointwise(first) and "bias" not in first.facts.weights):
        return None
    return tuple(_taps(one, other) for one, other in zip(before, after, strict=True))


def _padded(layer: TracedLayer) -> bool:
    """Whether it reads zeros beside its input."""
    own = layer.mapped + 1
    sizes, made = layer.inputs[0].tensor.shape[own:], layer.output.shape[own:]
    windows = _windows(layer)
    return windows is not None and any(
        window.padding > 0
        or positions_spanned(end, window.stride, effective_kernel(window.kernel, window.dilation)) > size
        for window, size, end in zip(windows, sizes, made, strict=True)
    )


def _pointwise(layer: TracedLayer) -> bool:
    """Whether every output reads its own place alone."""
    windows = _windows(layer)
    return windows is not None and all(window == Window() for window in windows)


def _taps(first: Window, second: Window) -> int:
    """Taps of the window that reads through both: their positions lie a common step apart."""
    steps = (first.dilation if first.kernel > 1 else 0, first.stride * second.dilation)
    apart = gcd(steps[0], steps[1] if second.kernel > 1 else 0)
    reach = (first.kernel - 1) * steps[0] + (second.kernel - 1) * steps[1] * (second.kernel > 1)
    return reach // apart + 1 if apart else 1
