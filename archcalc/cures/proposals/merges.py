"""Merges whose inputs do not fit each other: which of them changes, and how."""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, SetKey
from archcalc.cures.proposals.inputs import COLOURS, MAP_AXES, input_behind, reordered
from archcalc.cures.proposals.sizes import turning
from archcalc.cures.proposals.wiring import led_through
from archcalc.cures.sizing import resized
from archcalc.layers.mathematics import Merge
from archcalc.rules.questions.odd_sizes import odd_axes
from archcalc.tuples import NamedTuple
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.resizing import Source
    from archcalc.cures.changes import Entry
    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Port, Refused


MAX_LAYERS = 12
"""Layers of one way that are looked at, the nearest ones."""


class Unlike(NamedTuple):
    """An input of a merge that does not fit the others.

    Args:
        context: what could be traced.
        refused: the merge.
        position: of the input.
        wanted: the shape that would fit; of the axis that is joined its own size.
    """

    context: "Context"
    refused: "Refused"
    position: int
    wanted: "Shape"

    @property
    def port(self) -> "Port":
        """The input."""
        return self.refused.inputs[self.position]

    @property
    def shape(self) -> "Shape":
        """Its shape."""
        return self.port.tensor.shape

    @property
    def others(self) -> "tuple[Port, ...]":
        """The other inputs."""
        return tuple(port for port in self.refused.inputs if port != self.port)

    @property
    def axes(self) -> list[int]:
        """The axes whose size is another one than is wanted."""
        return [axis for axis, (n, m) in enumerate(zip(self.shape, self.wanted, strict=True)) if n != m]

    def cure(self, because: str, *entries: "Entry", name: str) -> "Iterator[Cure]":
        """The input led through other layers."""
        changes = led_through(self.refused, *entries, position=self.position, name=name)
        if changes:
            yield Cure(changes, because)


def unlike_inputs(context: "Context", refused: "Refused") -> "list[Unlike]":
    """Every input of a merge that could be the one to change, the one that most others are unlike first."""
    merge, shapes = refused.arguments.merges, [port.tensor.shape for port in refused.inputs]
    if merge is None or len({len(shape) for shape in shapes}) != 1:
        return []
    joined = joined_axis(refused)
    bare = [_without(shape, joined) for shape in shapes]
    counts = Counter(bare)
    found: list[Unlike] = []
    for position, own in enumerate(bare):
        others = [each for each in counts if each != own]
        if counts[own] == 1 and len(others) == 1:
            wanted = others[0] if joined is None else _with(others[0], joined, shapes[position][joined])
            found.append(Unlike(context, refused, position, wanted))
    return found


def joined_axis(refused: "Refused") -> int | None:
    """The axis along which a merge puts its inputs one behind the other."""
    if refused.arguments.merges is not Merge.CONCATENATION or not refused.inputs:
        return None
    shape = refused.inputs[0].tensor.shape
    if not shape:
        return None
    return int(dict(refused.arguments).get("dim", 0)) % len(shape)


def _without(shape: "Shape", axis: int | None) -> "Shape":
    return shape if axis is None else (*shape[:axis], *shape[axis + 1 :])


def _with(shape: "Shape", axis: int, size: int) -> "Shape":
    return (*shape[:axis], size, *shape[axis:])


def even_inputs(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Sizes of the network's inputs at which no stride leaves what a merge then lacks: smaller, larger."""
    odd = odd_axes(context, refused)
    if not odd:
        return
    unequal = [found for found in odd if not found.chance]
    for some in (unequal, odd) if len(odd) > len(unequal) else (odd,):
        for side in ("below", "over"):
            sizes: dict[Source, int | None] = {each.source: getattr(each.fits, side) for each in some}
            multiples = {each.fits.multiple for each in some}
            known = {source: size for source, size in sizes.items() if size is not None}
            if len(known) == len(sizes):
                multiple = multiples.pop() if len(multiples) == 1 else None
                because = _dividing(sorted(set(known.values())), multiple) if multiple else ""
                yield resized(context, known, because)


def _dividing(sizes: "Sequence[int]", multiple: int) -> str:
    words = " and ".join(f"{size:,}" for size in sizes)
    return f"{words} divide{'s' if len(sizes) == 1 else ''} by {multiple}"


def other_axis(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The only axis along which the inputs differ, in the place of the one along which they are joined."""
    shapes = [port.tensor.shape for port in refused.inputs]
    if joined_axis(refused) is None or len({len(shape) for shape in shapes}) != 1:
        return
    axes = [axis for axis, sizes in enumerate(zip(*shapes, strict=True)) if len(set(sizes)) > 1]
    if len(axes) != 1 or (axes[0] and len(shapes[0]) > 2):  # noqa: PLR2004  the positions of a map are never joined
        return
    (axis,) = axes
    joined = [
        sum(sizes) if each == axis else sizes[0] for each, sizes in enumerate(zip(*shapes, strict=True))
    ]
    because = f"it gives {joined}; dim counts the axes of a sample, without the batch"
    yield Cure((SetKey(refused.origin, "dim", str(axis)),), because)


def other_ranks(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Features spread over positions, or put beside them as one more, or a map flattened."""
    shapes = [port.tensor.shape for port in refused.inputs]
    if refused.arguments.merges is None or len({len(shape) for shape in shapes}) == 1:
        return
    largest = max(shapes, key=len)
    for position, shape in enumerate(shapes):
        if len(shape) == 1 and shape[0] in (1, largest[0]):
            view = {"type": "Reshape", "shape": [shape[0], *(1,) * (len(largest) - 1)]}
            changes = led_through(refused, view, position=position, name="spread")
            yield Cure(changes, f"each of {shape[0]:,} channels is one number")
    for position, shape in enumerate(shapes):
        if shape == largest[1:] and len(shape) == 1:
            changes = led_through(refused, {"type": "Unsqueeze", "dim": 0}, position=position, name="token")
            joined = joined_axis(refused) is not None
            because = (
                f"one more position of {shape[0]:,} features" if joined else "the same at every position"
            )
            yield Cure(changes, because)
    for position, shape in enumerate(shapes):
        if len(shape) > 1 and len(min(shapes, key=len)) == 1:
            changes = led_through(refused, "Flatten", position=position, name="flat")
            yield Cure(changes, "features are joined")


def misread_inputs(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The channels of an image put first, where its rows and columns are those of the other inputs."""
    shapes = [port.tensor.shape for port in refused.inputs]
    if refused.arguments.merges is None or len({len(shape) for shape in shapes}) != 1 or not shapes[0]:
        return
    for port in refused.inputs:
        *sides, channels = port.tensor.shape
        others = {other.tensor.shape[1:] for other in refused.inputs if other != port}
        name = input_behind(context, port) if others == {tuple(sides)} and channels in COLOURS else None
        if name and len(port.tensor.shape) in MAP_AXES:
            axes = len(port.tensor.shape)
            changes = reordered(context, name, [axes - 1, *range(axes - 1)])
            yield Cure(changes, "the channels come first")


def turned_inputs(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """An input whose axes are those of the others in another order."""
    for unlike in unlike_inputs(context, refused):
        shape, wanted = unlike.shape, unlike.wanted
        axes = list(range(len(shape)))
        for order in ([*axes[1:], 0], [axes[-1], *axes[:-1]]) if len(axes) > 1 else ():
            if tuple(shape[axis] for axis in order) == wanted:
                in_container = refused.origin.path[-1] == "merge"  # where a shortcut is more likely
                for cure in unlike.cure(f"{list(wanted)} arrives then", turning(order), name="turned"):
                    yield replace(cure, fallback=in_container)
                break


def cut_inputs(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The larger map cut to the smaller one."""
    for unlike in unlike_inputs(context, refused):
        margins = [unlike.shape[axis] - unlike.wanted[axis] for axis in unlike.axes]
        if _is_map(unlike) and all(0 < margin < unlike.wanted[1] for margin in margins):
            sides = " and ".join(_margins(each) for each in sorted(set(margins)))
            crop = {"type": "Crop", "size": _alike(unlike.wanted[1:])}
            yield from unlike.cure(f"it cuts off {sides}", crop, name="cropped")


def _margins(number: int) -> str:
    """How many positions a centre crop takes off each side."""
    before, behind = number // 2, number - number // 2
    return f"{before} on each side" if before == behind else f"{before} in front and {behind} behind"


def resampled_inputs(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The smaller map resampled to the size of the larger one."""
    for unlike in unlike_inputs(context, refused):
        if _is_map(unlike) and all(unlike.shape[axis] < unlike.wanted[axis] for axis in unlike.axes):
            shape, wanted = unlike.shape[1:], unlike.wanted[1:]
            times = {m // n if m % n == 0 else 0 for n, m in zip(shape, wanted, strict=True)}
            scale = times.pop() if len(times) == 1 else 0
            how = {"scale_factor": scale} if scale else {"size": _alike(wanted)}
            because = f"{list(unlike.wanted)} arrives then"
            yield from unlike.cure(because, {"type": "Upsample", **how}, name="resampled")


def _is_map(unlike: Unlike) -> bool:
    """Whether inputs differ along positions behind channels, which come first."""
    first = len(unlike.shape) in MAP_AXES or has_windows(unlike.context, unlike.refused)
    return len(unlike.shape) > 1 and 0 not in unlike.axes and first


def has_windows(context: "Context", refused: "Refused") -> bool:
    """Whether one of the nearest layers moves a window over positions, before which channels stand then."""
    nearest = context.trace.above(refused.inputs)[-MAX_LAYERS:]
    return any("kernel_size" in dict(layer.arguments) for layer in nearest)


def _alike(sizes: "Shape") -> "int | list[int]":
    return sizes[0] if len(set(sizes)) == 1 else list(sizes)


def turned_factors(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """A factor of a matrix product transposed, or both in the other order."""
    unequal = refused.fault.unequal
    if unequal is None or unequal.key != "from" or len(refused.inputs) != 2:  # noqa: PLR2004  left and right
        return
    shapes = [port.tensor.shape for port in refused.inputs]
    for position, size in ((1, shapes[0][-1]), (0, shapes[1][-2])):
        shape = shapes[position]
        order = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
        if shape[position - 2 if position else -2] == size or size in shape[-2:]:
            turn: Entry = {"type": "Transpose", "dim0": -2, "dim1": -1}
            changes = led_through(refused, turn, position=position, name="turned")
            yield Cure(changes, f"{[shape[axis] for axis in order]} arrives then")
    written = refused.origin.written("from")
    if isinstance(written, list):
        turned = list(reversed(cast("list[object]", written)))
        yield Cure((SetKey(refused.origin, "from", flow_text(turned)),))
