"""What a layer or a scope is for the class that holds it."""

from functools import cached_property
from typing import TYPE_CHECKING, cast

from archcalc.exporting.nodes import CallArgument, CallNode, Hole, Literal, Own, Text, call
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.exporting.nodes import Node
    from archcalc.facts import Shape
    from archcalc.tracing import TracedLayer

SIZES = (
    "in_channels out_channels in_features out_features in1_features in2_features num_features "
    "num_embeddings embedding_dim normalized_shape num_groups num_channels input_size hidden_size "
    "embed_dim num_heads output_size p size padding value num_experts intermediate_size top_k dim groups "
    "upscale_factor downscale_factor unflattened_size num_parameters d_model in_channels"
)
PLACED = frozenset(SIZES.split())
"""Arguments that are written without their names where they come first."""
MOST_PLACED = 2


@dataclass(frozen=True, slots=True)
class MemberForm:
    """A member of a class: how it is made, and how it is called.

    Args:
        init: what is stored under its name; None: nothing has to be.
        call: what it makes of the tensors that it reads.
        modular: a module that does all of it, as an item of a Sequential; None: there is none.
        targets: how the outputs are taken: ``one``, ``many``, or ``first`` of a pair.
        wraps: it is written around the value that it reads, as an activation around a convolution.
        closes: nothing further is written around it.
        tensor: type checkers know that it gives a tensor.
    """

    init: "Node | None"
    call: "Node"
    modular: "Node | None" = None
    targets: str = "one"
    wraps: bool = False
    closes: bool = False
    tensor: bool = False


@dataclass(frozen=True)  # without slots, for what is kept: each argument asks for it
class LayerReading:
    """A layer as the tables of kinds see it.

    Args:
        layer: the layer.
        read: names of the outputs that something reads.
    """

    layer: "TracedLayer"
    read: frozenset[str]

    @cached_property
    def values(self) -> "Mapping[str, object]":
        """Every argument with its value."""
        return self.layer.resolved

    @property
    def shapes(self) -> "tuple[Shape, ...]":
        """What it reads, without the batch."""
        return tuple(port.tensor.shape for port in self.layer.inputs)

    @property
    def rank(self) -> int:
        """Axes of what it reads first, without the batch."""
        return len(self.shapes[0])

    @property
    def holes(self) -> "tuple[Hole, ...]":
        """The tensors that it reads."""
        return tuple(map(Hole, range(len(self.shapes))))

    @property
    def width(self) -> int:
        """Size of the last axis of what it reads first."""
        return self.shapes[0][-1]

    def literal(self, key: str, value: object = ...) -> Literal:
        """An argument as code."""
        written = self.layer.origin.written(key)
        found = written.strip().removeprefix("=").strip() if isinstance(written, str) else ""
        expression = found if isinstance(written, str) and written.strip().startswith("=") else ""
        return Literal(self._short(key) if value is ... else value, key, expression)

    def _short(self, key: str) -> object:
        """An argument; one number for all axes where the spec has one."""
        value, written = self.values[key], cast("object", getattr(self.layer.arguments, key))
        if not isinstance(value, tuple):
            return value
        sizes = cast("tuple[object, ...]", value)
        if key == "normalized_shape" and len(sizes) == 1:
            return sizes[0]
        return written if sizes == (written,) * len(sizes) else sizes

    def default(self, key: str) -> object:
        """What torch takes where an argument is left out; ``...``: it cannot be."""
        field = type(self.layer.arguments).model_fields[key]
        inferred = key in self.layer.facts.inferred
        if key == "stride" and field.default is None:
            return self._short("kernel_size")  # of pools: windows side by side
        needed = field.is_required() or (inferred and field.default is None)
        return ... if needed else cast("object", field.default)

    def named(self, *keys: str) -> list[CallArgument]:
        """Arguments by their names, left out where they have their defaults."""
        return [CallArgument(self.literal(key), key, self.default(key)) for key in keys]


def arguments_of(reading: LayerReading, *without: str) -> list[CallArgument]:
    """All arguments of a layer; the sizes at their places, the others by name."""
    found: list[CallArgument] = []
    placed = 0
    for key in reading.values:
        if key in without:
            continue
        default = reading.default(key)
        first = placed == len(found) and placed < MOST_PLACED
        at_place = first and (key == "p" or (default is ... and key in PLACED))
        placed += at_place
        found.append(CallArgument(reading.literal(key), None if at_place else key, default))
    return found


def module(head: str, arguments: "list[CallArgument]", reading: LayerReading, **more: object) -> MemberForm:
    """A module that is called on what it reads."""
    init = CallNode(Text(head), tuple(arguments))
    many = len(reading.layer.facts.outputs) > 1
    alone = len(reading.shapes) == 1 and not many
    part = MemberForm(init, call(Own(), *reading.holes), init if alone else None, "many" if many else "one")
    from dataclasses import replace

    return replace(part, **more)  # type: ignore[arg-type]  # fields of a part
