"""How the numbers of a tensor lie in its storage: steps from one position of an axis to the next (strides).

Views change them without a copy; what reads them in the order of the axes copies where they lie otherwise.
"""

from typing import TYPE_CHECKING

from archcalc.facts import Window

if TYPE_CHECKING:
    from archcalc.facts import Reads, Shape

Strides = tuple[int, ...]
IMAGE_AXES = 3
"""More axes than these has a batch of images."""


def dense(shape: "Shape") -> Strides:
    """Strides of a tensor whose numbers lie in the order of its axes, the last one fastest."""
    found, step = [1] * len(shape), 1
    for axis in range(len(shape) - 1, -1, -1):
        found[axis] = step
        step *= shape[axis]
    return tuple(found)


def is_dense(shape: "Shape", strides: Strides) -> bool:
    """Whether the numbers lie in the order of the axes; an axis of size 1 lies anyhow."""
    return all(
        n == 1 or stride == wanted for n, stride, wanted in zip(shape, strides, dense(shape), strict=True)
    )


def axes_strides(reads: "Reads", shape: "Shape", strides: Strides, made: "Shape") -> Strides:
    """Strides of a view whose axes are those of a tensor: moved, cut, taken out, repeated or new.

    Args:
        reads: what is read along each axis of the tensor.
        shape: its sizes.
        strides: its strides.
        made: sizes of the view.
    """
    found = [0] * len(made)
    for read, n, stride in zip(reads, shape, strides, strict=True):
        if read.to is None:
            continue
        window = read.reach if isinstance(read.reach, Window) else Window()
        repeated = n == 1 < made[read.to]
        found[read.to] = 0 if repeated else stride * window.stride
        for axis in read.divided:
            found[axis] = stride
    return tuple(found)


def joined_strides(shape: "Shape", strides: Strides, made: "Shape") -> Strides | None:
    """Strides of a view of the same numbers in their order as another shape; None: there is no such view.

    Axes are joined where they lie one in the other: the stride of the outer one is size times stride of the
    inner one.
    """
    runs = _runs(shape, strides)
    found: list[int] = []
    sizes = list(reversed(made))
    for count, stride in reversed(runs):
        left = count
        while sizes and (left > 1 or sizes[0] == 1):
            if left % sizes[0]:
                return None
            size = sizes.pop(0)
            found.append(stride * (count // left))
            left //= size
        if left > 1:
            return None
    return tuple(reversed([*found, *([1] * len(sizes))]))


def _runs(shape: "Shape", strides: Strides) -> list[tuple[int, int]]:
    """Runs of axes that lie one in the other: how many numbers, and the stride of the innermost axis."""
    runs: list[tuple[int, int]] = []
    for n, stride in zip(shape, strides, strict=True):
        if n == 1:
            continue
        if runs and runs[-1][1] == n * stride:
            runs[-1] = (runs[-1][0] * n, stride)
        else:
            runs.append((n, stride))
    return runs or [(1, 1)]


def strides_like(strides: Strides, shape: "Shape") -> Strides:
    """Strides of a new tensor whose axes lie in the order in which those of another one do."""
    order = sorted(range(len(shape)), key=lambda axis: (-strides[axis], axis))
    found = [0] * len(shape)
    step = 1
    for axis in reversed(order):
        found[axis] = step
        step *= shape[axis]
    return tuple(found)


def channels_last(shape: "Shape", strides: Strides) -> bool:
    """Whether the channels of (N, C, *n) lie innermost, as torch's kernels of images keep it."""
    moved_last = (shape[0], *shape[2:], shape[1])
    return (
        len(shape) > IMAGE_AXES
        and not is_dense(shape, strides)
        and is_dense(moved_last, (strides[0], *strides[2:], strides[1]))
    )
