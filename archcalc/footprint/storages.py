"""Where every output of a network lies: storages, which views and layers in place share."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Literal

from archcalc.facts import unmoved
from archcalc.footprint.bytes import in_precision, width
from archcalc.footprint.layout import (
    Strides,
    axes_strides,
    channels_last,
    dense,
    joined_strides,
    strides_like,
)
from archcalc.keeping import Aliasing
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.facts import Facts, Shape, Tensor
    from archcalc.footprint.stated import Stated
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port

IMAGE = 2
"""Axes of positions from which on torch's kernels keep channels that lie last where they are."""
Purpose = Literal["input", "weights", "activation"]


@dataclass(frozen=True, slots=True)
class Setting:
    """How a network is run.

    Args:
        batch: samples at a time.
        dtype: precision of all real numbers; None: as the spec has them.
        training: layers that differ do what they do in training.
    """

    batch: int = 1
    dtype: str | None = None
    training: bool = False

    def tensor(self, tensor: "Tensor") -> "Tensor":
        """The tensor in this precision."""
        return tensor if self.dtype is None else in_precision(tensor, self.dtype)

    def bytes(self, tensor: "Tensor") -> int:
        """Bytes of a tensor of the batch in this precision."""
        dtype = self.dtype if self.dtype is not None and tensor.is_float else tensor.dtype
        return width(dtype) * prod(tensor.shape) * (self.batch if tensor.batched else 1)

    def shape(self, tensor: "Tensor") -> "Shape":
        """Sizes with the batch."""
        return (self.batch, *tensor.shape) if tensor.batched else tensor.shape

    def read(self, layer: "TracedLayer") -> "tuple[Tensor, ...]":
        """What a layer reads, in this precision."""
        if self.dtype is None:
            return tuple([port.tensor for port in layer.inputs])
        return tuple([in_precision(port.tensor, self.dtype) for port in layer.inputs])

    def facts(self, layer: "TracedLayer") -> "Facts":
        """What a layer states, its outputs in this precision."""
        if self.dtype is None:
            return layer.facts
        made = {name: self.tensor(tensor) for name, tensor in layer.facts.outputs.items()}
        return replace(layer.facts, outputs=made)


@dataclass(frozen=True, slots=True)
class Storages:
    """All storages of a run, by number, and the outputs that lie in them, by theirs.

    Args:
        setting: how the network is run.
        stated: what the layers state of it, and the numbers of their outputs.
        names: of each storage the tensor that it was made for.
        makers: of each the layer that has made it, or the input.
        bytes: of each its size.
        purposes: of each what it is for.
        lying: of each output the storage that it lies in.
        turned: the strides of outputs whose numbers do not lie in the order of their axes, as most do.
    """

    setting: Setting
    stated: "Stated"
    names: list[str]
    makers: list[str]
    bytes: list[int]
    purposes: list[Purpose]
    lying: list[int]
    turned: dict[int, Strides]

    def at(self, port: "Port") -> int:
        """Number of the storage of an output."""
        return self.lying[self.stated.wiring.number(port)]

    def strides(self, number: int, shape: "Shape") -> Strides:
        """Steps from one position of an axis of an output to the next; ``shape``: its sizes."""
        return self.turned.get(number) or dense(shape)

    def joins(self, port: "Port", ending: int) -> bool:
        """Whether a view of an output joins all of its axes but so many last ones."""
        strides = self.turned.get(self.stated.wiring.number(port))
        if strides is None:
            return True  # in the order of its axes any of them are joined
        lead = len(strides) - ending
        shape = self.setting.shape(port.tensor)[:lead]
        return lead <= 1 or joined_strides(shape, strides[:lead], (prod(shape),)) is not None

    def add(self, name: str, maker: str, size: int, purpose: Purpose) -> int:
        """A storage more: its number."""
        self.names.append(name)
        self.makers.append(maker)
        self.bytes.append(size)
        self.purposes.append(purpose)
        return len(self.names) - 1


def storages(trace: "Trace", setting: Setting, answers: "Stated | None" = None) -> Storages:
    """Follow the outputs of all layers into storages, in execution order.

    Args:
        trace: the network.
        setting: how it is run.
        answers: what its layers have stated in this precision before, in training or not.
    """
    from archcalc.footprint.stated import answers_of

    said = answers or answers_of(trace, setting)
    found = Storages(setting, said, [], [], [], [], [], {})
    lying, made, sizes, training = found.lying, said.wiring.made, said.bytes, setting.training
    for number, name in enumerate(trace.inputs):
        lying.append(found.add(name, name, sizes[number], "input"))
    for place, layer in enumerate(trace.layers, len(trace.inputs)):
        sharing, name = said.shared[place][training], layer.name
        purpose: Purpose = "activation" if layer.inputs or not _is_weight(layer) else "weights"
        for number, output in zip(made[place], layer.facts.outputs, strict=True):
            seen = None if sharing is None else _view(layer, place, number, output, sharing, found)
            if seen is None:
                label = name if number == made[place][0] else f"{name}.{output}"
                seen = found.add(label, name, sizes[number], purpose)
                if found.turned and layer.inputs:  # else nothing has to be looked up for strides
                    _turn(layer, place, number, layer.facts.outputs[output], found)
            lying.append(seen)
    return found


def _is_weight(layer: "TracedLayer") -> bool:
    """Whether a layer that reads nothing gives a tensor that the network holds: a parameter or a buffer."""
    return bool(layer.facts.weights or layer.facts.buffers)


def _view(
    layer: "TracedLayer", place: int, number: int, output: str, sharing: Aliasing, found: Storages
) -> int | None:
    """The storage of the first input, where an output lies in it; None: it has one of its own."""
    read, turned = found.stated.wiring.reads[place][0], found.turned
    if sharing in (Aliasing.SAME, Aliasing.WRITTEN):
        if read in turned:
            turned[number] = turned[read]
        return found.lying[read]
    tensor = layer.facts.outputs[output]
    strides = _strides_of_view(layer, output, tensor, sharing, read, found)
    if strides is None:
        return None
    if strides != dense(found.setting.shape(tensor)):
        turned[number] = strides
    return found.lying[read]


def _strides_of_view(
    layer: "TracedLayer", name: str, tensor: "Tensor", sharing: Aliasing, read: int, found: Storages
) -> Strides | None:
    """Strides of an output in the storage of the first input; None: it does not lie there."""
    setting, arriving = found.setting, layer.inputs[0].tensor
    if arriving.batched != tensor.batched:
        return None
    shape, made = setting.shape(arriving), setting.shape(tensor)
    strides = found.strides(read, shape)
    if sharing is Aliasing.DTYPE:
        return strides if setting.tensor(arriving).dtype == setting.tensor(tensor).dtype else None
    if sharing is Aliasing.SHAPE:
        return joined_strides(shape, strides, made)
    own, lead = layer.facts.reads_of(name)[0], len(made) - len(tensor.shape)
    return (*strides[:lead], *axes_strides(own, arriving.shape, strides[lead:], tensor.shape))


def _turn(layer: "TracedLayer", place: int, number: int, tensor: "Tensor", found: Storages) -> None:
    """Keep the strides of a new tensor: as those of the first input where numbers are mapped place by place.

    Behind one whose numbers lie in the order of its axes they do so too.
    """
    wiring = found.stated.wiring
    strides = found.turned.get(wiring.reads[place][0])
    if strides is None:
        return
    read = layer.inputs[0].tensor
    shape, made = found.setting.shape(read), found.setting.shape(tensor)
    in_place = layer.facts.first_reads == unmoved(len(read.shape))
    kept = getattr(layer.arguments, "rank", 0) >= IMAGE and channels_last(shape, strides)
    if in_place and shape == made and 0 not in strides:
        found.turned[number] = strides_like(strides, made)
    elif kept and len(made) == len(shape):
        batch, *positions, channels = dense((made[0], *made[2:], made[1]))
        found.turned[number] = (batch, channels, *positions)
