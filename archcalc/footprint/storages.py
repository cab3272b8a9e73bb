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
    from collections.abc import Mapping

    from archcalc.facts import Facts, Shape, Tensor
    from archcalc.footprint.stated import BatchOutput, Stated
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
        return tuple([self.tensor(port.tensor) for port in layer.inputs])

    def facts(self, layer: "TracedLayer") -> "Facts":
        """What a layer states, its outputs in this precision."""
        if self.dtype is None:
            return layer.facts
        made = {name: self.tensor(tensor) for name, tensor in layer.facts.outputs.items()}
        return replace(layer.facts, outputs=made)


@dataclass(frozen=True, slots=True)
class Storage:
    """Memory that holds the numbers of one tensor, and of its views.

    Args:
        name: the tensor that it was made for.
        layer: the layer that has made it, or the input.
        bytes: its size.
        purpose: what for.
    """

    name: str
    layer: str
    bytes: int
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Lying:
    """Where a tensor lies.

    Args:
        storage: the number of its storage.
        shape: its sizes.
        turned: the strides in it; None: its numbers lie in the order of its axes, as most do.
    """

    storage: int
    shape: "Shape"
    turned: Strides | None = None

    @property
    def strides(self) -> Strides:
        """Steps from one position of an axis to the next."""
        return dense(self.shape) if self.turned is None else self.turned


@dataclass(frozen=True, slots=True)
class Storages:
    """All storages of a run.

    Args:
        setting: how the network is run.
        held: the storages by their numbers.
        lying: layer (or input) and output -> where it lies.
        stated: what the layers state of it.
    """

    setting: Setting
    held: tuple[Storage, ...]
    lying: "Mapping[tuple[str, str], Lying]"
    stated: "Stated"

    def at(self, port: "Port") -> int:
        """Number of the storage of an output."""
        return self.lying[port.layer, port.output].storage

    def joins(self, port: "Port", ending: int) -> bool:
        """Whether a view of an output joins all of its axes but so many last ones."""
        shape, found = self.setting.shape(port.tensor), self.lying[port.layer, port.output]
        lead = len(shape) - ending
        joined = joined_strides(shape[:lead], found.strides[:lead], (prod(shape[:lead]),))
        return lead <= 1 or joined is not None


def storages(trace: "Trace", setting: Setting, stated: "Stated | None" = None) -> Storages:
    """Follow the outputs of all layers into storages, in execution order.

    Args:
        trace: the network.
        setting: how it is run.
        stated: what its layers have stated in this precision before, in training or not.
    """
    from archcalc.footprint.stated import Stated

    held: list[Storage] = []
    lying: dict[tuple[str, str], Lying] = {}
    found = Storages(setting, (), lying, stated or Stated(setting))
    for name, tensor in trace.inputs.items():
        lying[name, "output"] = Lying(len(held), setting.shape(tensor))
        held.append(Storage(name, name, setting.bytes(tensor), "input"))
    in_order = True  # and then nothing has to be looked up for strides
    for layer in trace.layers:
        sharing = found.stated.sharing(layer, training=setting.training) if layer.inputs else None
        purpose: Purpose = "activation" if layer.inputs or not _is_weight(layer) else "weights"
        for at, made in enumerate(found.stated.made(layer)):
            seen = None if sharing is None else _view(layer, made.name, sharing, found)
            if seen is None:
                turned = None if in_order else _turned(layer, made, found)
                seen = Lying(len(held), made.shape, turned)
                label = f"{layer.name}.{made.name}" if at else layer.name
                held.append(Storage(label, layer.name, made.bytes, purpose))
            in_order = in_order and seen.turned is None
            lying[layer.name, made.name] = seen
    return replace(found, held=tuple(held))


def _is_weight(layer: "TracedLayer") -> bool:
    """Whether a layer that reads nothing gives a tensor that the network holds: a parameter or a buffer."""
    return bool(layer.facts.weights or layer.facts.buffers)


def _view(layer: "TracedLayer", output: str, sharing: Aliasing, found: Storages) -> Lying | None:
    """Where an output lies in the storage of the first input; None: it has one of its own."""
    setting, port, tensor = found.setting, layer.inputs[0], layer.facts.outputs[output]
    read = found.lying[port.layer, port.output]
    if sharing in (Aliasing.SAME, Aliasing.WRITTEN):
        return read
    if port.tensor.batched != tensor.batched:
        return None
    if sharing is Aliasing.DTYPE:
        return read if setting.tensor(port.tensor).dtype == setting.tensor(tensor).dtype else None
    shape, made = setting.shape(port.tensor), setting.shape(tensor)
    if sharing is Aliasing.SHAPE:
        strides = joined_strides(shape, read.strides, made)
        return None if strides is None else _seen(read.storage, made, strides)
    own, lead = layer.facts.reads_of(output)[0], len(made) - len(tensor.shape)
    inner = axes_strides(own, port.tensor.shape, read.strides[lead:], tensor.shape)
    return _seen(read.storage, made, (*read.strides[:lead], *inner))


def _seen(storage: int, shape: "Shape", strides: Strides) -> Lying:
    return Lying(storage, shape, None if strides == dense(shape) else strides)


def _turned(layer: "TracedLayer", new: "BatchOutput", found: Storages) -> Strides | None:
    """Strides of a new tensor: as those of the first input where numbers are mapped place by place.

    Behind one whose numbers lie in the order of its axes they do so too.
    """
    read = found.lying[layer.inputs[0].layer, layer.inputs[0].output] if layer.inputs else None
    if read is None or read.turned is None:
        return None
    tensor_read, strides = layer.inputs[0].tensor, read.turned
    shape, made = found.setting.shape(tensor_read), new.shape
    in_place = layer.facts.first_reads == unmoved(len(tensor_read.shape))
    if in_place and shape == made and 0 not in strides:
        return strides_like(strides, made)
    kept = getattr(layer.arguments, "rank", 0) >= IMAGE and channels_last(shape, strides)
    if kept and len(made) == len(shape):
        batch, *positions, channels = dense((made[0], *made[2:], made[1]))
        return (batch, channels, *positions)
    return None
