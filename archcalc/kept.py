"""What autograd keeps of a layer of several operations: written down one by one, each tensor once."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.facts import Tensor
from archcalc.keeping import Saved
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Made(NamedTuple):
    """A tensor on the way: its number, and what it is."""

    number: int
    tensor: Tensor


class KeptTensors:
    """Operations of a layer one after the other, and what each of them keeps.

    Args:
        inputs: what the layer reads.
    """

    def __init__(self, inputs: "Sequence[Tensor]") -> None:
        self.every = [Made(at, tensor) for at, tensor in enumerate(inputs)]
        self.inputs = tuple(self.every)
        self.always: dict[int, Tensor] = {}
        self.for_weights: dict[int, Tensor] = {}
        self.turned: list[int] = []
        self.dtype = inputs[0].dtype

    def new(self, *shape: int, dtype: str | None = None, batched: bool = True) -> Made:
        """A tensor in a storage of its own."""
        self.every.append(Made(len(self.every), Tensor(shape, dtype or self.dtype, batched=batched)))
        return self.every[-1]

    def keep(self, *tensors: Made) -> None:
        """Keep tensors for the gradients of others."""
        self.always.update({each.number: each.tensor for each in tensors})

    def own(self, *shape: int, dtype: str | None = None, batched: bool = True) -> Made:
        """A tensor that is made and kept."""
        made = self.new(*shape, dtype=dtype, batched=batched)
        self.keep(made)
        return made

    def linear(self, read: Made, features: int) -> Made:
        """A map of the last axis with a weight: it keeps what it reads, for the gradient of the weight."""
        self.for_weights[read.number] = read.tensor
        return self.new(*read.tensor.shape[:-1], features)

    def turned_linear(self, read: Made, features: int) -> Made:
        """The same of an input that is read with the batch behind its first axis."""
        if read.tensor.shape[0] == 1:
            return self.linear(read, features)
        self.turned.append(read.number)
        return self.new(*read.tensor.shape[:-1], features)

    def product(self, one: Made, other: Made, *shape: int) -> Made:
        """A product, of numbers or of matrices: it keeps both factors."""
        self.keep(one, other)
        return self.new(*shape)

    def dropped(self, read: Made, probability: float) -> Made:
        """Behind a dropout, which keeps the factors of all numbers."""
        if not probability:
            return read
        shape, dtype = read.tensor.shape, read.tensor.dtype
        if probability < 1:
            self.own(*shape, dtype=dtype)
        else:
            self.own(dtype=dtype, batched=False)
        return self.new(*shape, dtype=dtype)

    def saved(self, *outputs: Made) -> Saved:
        """All that is kept, where these are the outputs."""
        places = {made.number: at for at, made in enumerate(outputs)}
        last = len(self.inputs)
        own = {at: tensor for at, tensor in self.always.items() if at >= last and at not in places}
        once = {at: tensor for at, tensor in self.for_weights.items() if at not in self.always}
        return Saved(
            inputs=tuple(at for at in self.always if at < last),
            for_weights=tuple(at for at in once if at < last),
            outputs=tuple(places[at] for at in (*self.always, *once) if at in places),
            others=_filled(own),
            own_for_weights=_filled({at: t for at, t in once.items() if at >= last and at not in places}),
            turned=tuple(self.turned),
        )


def _filled(tensors: "dict[int, Tensor]") -> tuple[Tensor, ...]:
    """Those of any numbers."""
    return tuple(tensor for tensor in tensors.values() if prod(tensor.shape))
