"""What can be asked of a network by its name: one number each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.comparing.measuring import Measured


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a network.

    Args:
        name: as people write it.
        title: as a table heads it.
        of: the number; None where it is not known.
        larger_is_better: of two networks, the one that has more of it is better.
        bytes: it counts bytes.
    """

    name: str
    title: str
    of: "Callable[[Measured], int | None]"
    larger_is_better: bool = False
    bytes: bool = False


def receptive_field(found: "Measured") -> int | None:
    """Positions of an input that a unit of an output reads: along the axis, and of the output, with fewest.

    Where a whole axis is read, its length. None where it has no size, or no output depends on an input
    that has positions.
    """
    fields = found.summary.fields.outputs
    sizes = [
        axis.size
        for port in found.trace.outputs
        for field in fields.get((port.layer, port.output), ())
        for axis in field.axes
    ]
    known = [size for size in sizes if size is not None]
    return min(known) if known and len(known) == len(sizes) else None


def depth(found: "Measured") -> int:
    """Layers with weights on the longest way through the network."""
    trace = found.trace
    longest = dict.fromkeys(trace.inputs, 0)
    for layer in trace.layers:
        before = max((longest[port.layer] for port in layer.inputs), default=0)
        longest[layer.name] = before + bool(layer.facts.weights)
    return max(longest.values(), default=0)


def macs(found: "Measured") -> int:
    """Multiply-accumulates of the layers that state them."""
    return found.summary.macs.macs


_ALL = (
    Quantity("layers", "Layers", lambda found: len(found.trace.layers)),
    Quantity("depth", "Depth", depth),
    Quantity("params", "Params", lambda found: found.summary.params.params),
    Quantity("trainable_params", "Trainable params", lambda found: found.summary.params.trainable),
    Quantity("buffers", "Buffers", lambda found: found.summary.params.buffers),
    Quantity("macs", "MACs", macs),
    Quantity("flops", "FLOPs", lambda found: found.summary.macs.flops),
    Quantity("receptive_field", "Field", receptive_field, larger_is_better=True),
    Quantity(
        "activations",
        "Activations",
        lambda found: sum(each.activations for each in found.numbers.values()),
        bytes=True,
    ),
    Quantity("memory", "Memory", lambda found: found.memory, bytes=True),
)
QUANTITIES = {quantity.name: quantity for quantity in _ALL}
"""By name, in the order in which they are shown."""


def quantity_named(name: str) -> Quantity:
    """The quantity of this name.

    Raises:
        Fault: there is none.
    """
    if name not in QUANTITIES:
        raise Fault(f"no quantity {name!r}", hint=nearest(name, QUANTITIES))
    return QUANTITIES[name]
