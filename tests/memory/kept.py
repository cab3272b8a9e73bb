"""What torch's autograd really keeps of a module, by the hooks on saved tensors; each storage once."""

import weakref
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc import zoo
from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.samples import samples
from archcalc.bridge.table import called
from archcalc.footprint.bytes import width

if TYPE_CHECKING:
    from archcalc.facts import Facts
    from archcalc.facts import Tensor as Stated
    from archcalc.keeping import Saved
    from archcalc.tracing import Trace


class Run(NamedTuple):
    """A forward pass in training.

    Args:
        kept: storages that autograd keeps, parameters and buffers left out -> their bytes.
        read: what went in.
        made: what came out.
        trained: it has weights.
    """

    kept: Mapping[int, int]
    read: tuple[Tensor, ...]
    made: tuple[Tensor, ...]
    trained: bool


def shipped(name: str) -> Path:
    """The file of a shipped spec."""
    found = zoo.path_of(name)
    assert found is not None
    return found


def storage(tensor: Tensor) -> int:
    """Where its numbers lie."""
    return tensor.untyped_storage().data_ptr()


def run(layer: nn.Module, *tensors: Tensor, plainly: bool = False) -> Run:
    """Run a module as one layer of several: what goes in may be written over, and gets a gradient."""
    read = tuple(t.requires_grad_().clone() if t.is_floating_point() else t for t in tensors)
    held: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        held[storage(tensor)] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        made = layer(*read) if plainly else called(layer, *read)
    own = {storage(tensor) for tensor in (*layer.parameters(), *layer.buffers())}
    kept = {at: tensor.untyped_storage().nbytes() for at, tensor in held.items() if at not in own}
    trained = any(True for _ in layer.parameters())
    return Run(kept, read, made if isinstance(made, tuple) else (made,), trained)


def size(tensor: "Stated", batch: int) -> int:
    """Bytes of a tensor that a kind states."""
    return width(tensor.dtype) * prod(tensor.shape) * (batch if tensor.batched else 1)


def stated_bytes(kept: "Saved", facts: "Facts", inputs: "tuple[Stated, ...]", batch: int) -> int:
    """Bytes that a kind states on inputs that all get a gradient where they can."""
    kept, trained = kept.of_batch(batch), bool(facts.weights)
    arriving = kept.arriving(tuple(t.is_float for t in inputs), trained=trained)
    made = tuple(facts.outputs.values())
    turned = kept.turned if batch > 1 else {at for at in kept.turned if at not in arriving}
    tensors = (*(inputs[at] for at in (*arriving, *turned)), *(made[at] for at in kept.outputs))
    return sum(size(tensor, batch) for tensor in (*tensors, *kept.own(trained=trained)))


class Packed:
    """A tensor that autograd keeps, as long as it keeps it."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Left(NamedTuple):
    """What is left of a forward pass of which its caller has the outputs alone, and what learns of it.

    Args:
        bytes: that autograd keeps.
        learning: names of the parameters that get a gradient.
        gradients: bytes of these gradients.
    """

    bytes: int
    learning: set[str]
    gradients: int


def left(module: nn.Module, *read: Tensor) -> Left:
    """Run a module forward, see what autograd keeps then, and run it backward from all of its outputs."""
    kept: weakref.WeakSet[Packed] = weakref.WeakSet()

    def pack(tensor: Tensor) -> Packed:
        found = Packed(tensor.detach())  # an output that keeps itself would never go
        kept.add(found)
        return found

    module.train().zero_grad()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed.tensor):
        made = cast("Tensor | tuple[Tensor, ...]", module(*read))
    own = {storage(tensor) for tensor in (*module.parameters(), *module.buffers())}
    held = {storage(each.tensor): each.tensor.untyped_storage().nbytes() for each in kept}
    outputs = made if isinstance(made, tuple) else (made,)
    learning = [each.sum() for each in outputs if each.requires_grad]
    if learning:
        torch.stack(learning).sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    grown = {name: each for name, each in module.named_parameters() if each.grad is not None}
    gradients = sum(each.nbytes for each in grown.values())
    return Left(sum(size for at, size in held.items() if at not in own), set(grown), gradients)


def backward_of(network: "Trace", batch: int) -> int:
    """Multiply-accumulates of the backward pass, as torch counts them."""
    module = TorchNetwork(network).train()
    outputs = module(*[each.detach() for each in samples(network, batch)])
    learning = [each.sum() for each in outputs if each.requires_grad]
    with FlopCounterMode(display=False) as backward:
        if learning:
            torch.stack(learning).sum().backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return int(backward.get_total_flops()) // 2
