"""What whole networks keep, and which of their outputs share storages, against torch."""

from typing import TYPE_CHECKING

import torch

from archcalc.bridge.network import LayerError, TorchNetwork
from archcalc.bridge.samples import samples
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.storages import Setting, storages
from tests.memory.test_kept_by_kind import BEYOND, NOT_SAID, OTHERWISE

if TYPE_CHECKING:
    from archcalc.tracing import Trace, TracedLayer

EXTREME = 1e-6


def is_comparable(network: "Trace") -> bool:
    """Whether all layers are what they are named after, and leave the inputs as they are."""
    return all(is_as_named(layer) and not writes_over_given(network, layer) for layer in network.layers)


def is_as_named(layer: "TracedLayer") -> bool:
    """Whether the module here is the one that the kind is named after, and all that it keeps is known."""
    kind = layer.arguments
    if layer.type in OTHERWISE or layer.type in NOT_SAID or layer.type in BEYOND:
        return False
    if getattr(kind, "bare", False) and layer.type == "LearnedPositionalEncoding":
        return False
    # Almost nothing is left of numbers of single precision: torch takes the probability for 1.
    extreme = 0 < 1 - getattr(kind, "p", 0) < EXTREME
    return not extreme and layer.type != "ShiftedWindowAttention" and getattr(kind, "batch_first", True)


def writes_over_given(network: "Trace", layer: "TracedLayer") -> bool:
    """Whether it writes over an input of the network, which others may read behind it."""
    return layer.arguments.overwrites and any(port.layer in network.inputs for port in layer.inputs)


def agrees(network: "Trace", batch: int, words: str) -> bool:
    """Whether the network was run; it keeps as much as stated, and its outputs share storages as stated."""
    module = TorchNetwork(network).train()
    numbers = [each.detach() for each in samples(network, batch)]
    own = {each.untyped_storage().data_ptr() for each in (*module.parameters(), *module.buffers())}
    held: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        held.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    try:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            made = module.outputs(*numbers)
    except LayerError:  # a mean of one number
        return False
    really = sum(each.untyped_storage().nbytes() for at, each in held.items() if at not in own)
    setting = Setting(batch, training=True)
    assert saved_activations(network, setting).bytes == really, words
    lying = storages(network, setting)
    wiring = lying.stated.wiring
    placed = {(name, "output"): number for number, name in enumerate(network.inputs)}
    placed |= {
        (layer.name, output): number
        for layer in network.layers
        for output, number in zip(layer.facts.outputs, wiring.of(layer), strict=True)
    }
    found = {
        (lying.lying[placed[at]], tensor.untyped_storage().data_ptr())
        for at, tensor in made.items()
        if tensor.numel() and tensor.untyped_storage().data_ptr() not in own
    }
    assert len({stated for stated, _ in found}) == len({real for _, real in found}) == len(found), words
    return True
