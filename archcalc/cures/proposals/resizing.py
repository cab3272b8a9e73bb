"""Inputs of another size, at which a layer reads what it wants."""

from bisect import bisect_left
from math import prod
from typing import TYPE_CHECKING

from archcalc.analyses.resizing import Source
from archcalc.cures.proposals.asking import arriving, takes
from archcalc.cures.proposals.inputs import misread
from archcalc.cures.sizing import resized
from archcalc.errors import SpecError
from archcalc.formulas.rounding import ceil_divided
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.cures.changes import Cure
    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused

MAX_FACTOR = 64
"""How many times larger an input is looked at, and how often it is doubled for the rest of the network."""
MAX_DOUBLINGS = 4
MAX_TRACED = 2_000
"""Layers of the whole network at other sizes, of all of them together: an eighth of a second."""
HIDDEN = 20
"""Layers that are gone through behind a mistake, on which they rest."""
MULTIPLES = (2, 3, 4, 5, 6, 7, 8, 14, 16, 28, 32, 64)
"""Whose multiples sizes are that survive strides, patches and windows."""
OF_FEATURES = (None, "from", "kernel_size", "num_heads", "num_kv_heads", "groups", "num_groups")
"""Keys of faults that no other number of positions mends, or that `larger_inputs` does."""
POSITIONS = {2: 1, 3: 1, 4: 1}
"""Axes of an input -> the first one that holds positions."""


class Growing(NamedTuple):
    """The input of the network whose positions a layer depends on, and how large they are now."""

    context: "Context"
    refused: "Refused"
    name: str
    shape: "Shape"

    @property
    def first(self) -> int:
        """The first axis of positions."""
        return POSITIONS[len(self.shape)]

    def at(self, size: int) -> "Shape":
        """The shape whose first axis of positions has a size, the others in the same proportion."""
        own = self.shape[self.first]
        return (*self.shape[: self.first], *(ceil_divided(n * size, own) for n in self.shape[self.first :]))

    def cure(self, shape: "Shape", because: str) -> "Iterator[Cure]":
        """The input in a shape, where it is another one."""
        axes = zip(range(len(shape)), self.shape, shape, strict=True)
        sizes = {Source(self.name, axis): new for axis, old, new in axes if old != new}
        if sizes:
            yield resized(self.context, sizes, because)


def growing(context: "Context", refused: "Refused") -> Growing | None:
    """The only input of the network that a layer depends on, where it has positions."""
    above = context.trace.above(refused.inputs)
    ports = [*refused.inputs, *(port for layer in above for port in layer.inputs)]
    names = {port.layer for port in ports} & context.trace.inputs.keys()
    if len(names) != 1:
        return None
    shape = context.trace.inputs[name := names.pop()].shape
    sequence = len(shape) == 2 and "kernel_size" not in dict(refused.arguments)  # noqa: PLR2004  features last
    return Growing(context, refused, name, shape) if len(shape) in POSITIONS and not sequence else None


def with_elements(context: "Context", refused: "Refused", wanted: int) -> "Iterator[Cure]":
    """The size of the input at which so many numbers arrive."""
    found = growing(context, refused)
    if found is None:
        return

    def elements(size: int) -> int:
        tensors = arriving(context, refused, {found.name: found.at(size)})
        return prod(tensors[0].shape) if tensors else 0

    own = found.shape[found.first]
    size = bisect_left(range(MAX_FACTOR * own), wanted, lo=1, key=elements)
    if size != own and elements(size) == wanted:
        yield from found.cure(found.at(size), f"{wanted:,} numbers arrive then")


def larger_inputs(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The smallest input that leaves a window as many positions as it spans, and every one behind it too."""
    found = growing(context, refused)
    if found is None or refused.fault.key != "kernel_size" or misread(context, refused):
        return

    def enough(size: int) -> bool:
        return takes(refused, arriving(context, refused, {found.name: found.at(size)}))

    own = found.shape[found.first]
    least = bisect_left(range(MAX_FACTOR * own), True, lo=own, key=enough)  # noqa: FBT003  the first that is
    if not enough(least):
        return
    size = _of_all(found, least)
    read = arriving(context, refused, {found.name: found.at(size)})
    yield from found.cure(found.at(size), f"{list(read[0].shape)} arrives then" if read else "")


def _of_all(found: Growing, least: int) -> int:
    """The smallest size from ``least`` on at which the whole network can be traced, where one is near.

    Where the network has many layers it is left at what is known by then.
    """
    from archcalc.tracing import trace

    traced = 0

    def whole(size: int) -> bool:
        nonlocal traced
        if traced + len(found.context.trace.layers) > MAX_TRACED:
            return False
        try:
            traced += len(trace(found.context.model, inputs={found.name: found.at(size)}).layers)
        except SpecError as error:
            traced += len(error.traced.layers) if error.traced else MAX_TRACED
            traced += HIDDEN * len(error.problems)
            return False
        return True

    sizes = [least << doubling for doubling in range(MAX_DOUBLINGS + 1)]
    high = next((size for size in sizes if whole(size)), None)
    if high is None or high == least:
        return least
    return bisect_left(range(high + 1), True, lo=high // 2 + 1, hi=high, key=whole)  # noqa: FBT003  the first that is


def fitting_inputs(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Inputs at which windows, patches and shuffles leave no rest: the nearest ones, smaller and larger."""
    found = growing(context, refused)
    if found is None or refused.fault.key in OF_FEATURES or refused.fault.unequal or refused.fault.axes:
        return
    for sign in (1, -1):  # the larger one first, which loses nothing
        shapes = {_rounded(found, multiple, sign) for multiple in MULTIPLES} - {found.shape}
        for shape in sorted(shapes, key=lambda shape: abs(prod(shape) - prod(found.shape))):
            tensors = arriving(context, refused, {found.name: shape}) if min(shape) else None
            if tensors and takes(refused, tensors):
                yield from found.cure(shape, f"{list(tensors[0].shape)} arrives then")
                break


def _rounded(found: Growing, multiple: int, sign: int) -> "Shape":
    """The shape with its positions rounded to multiples, up or (-1) down."""
    positions = found.shape[found.first :]
    return (*found.shape[: found.first], *(-sign * (-sign * n // multiple) * multiple for n in positions))
