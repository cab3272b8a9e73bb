"""A real pass forward and backward on random numbers: whether all is finite, and what learns nothing.

The network is in training mode, with two samples, and with weights as torch draws them.
"""

from math import prod
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from archcalc.bridge.compared import Compared
from archcalc.bridge.modules.reading import BARE
from archcalc.bridge.network import LayerError, TorchNetwork
from archcalc.bridge.samples import samples
from archcalc.bridge.scanned import steps_of
from archcalc.bridge.verifying import MAX_STEPS
from archcalc.facts import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.bridge.verification import Check
    from archcalc.tracing import Trace, TracedLayer

FINITE, GRADIENTS = "finite outputs", "gradients"
BATCH = 2
NUMBER = 4
"""Bytes of a float32."""
MAX_BYTES = 4_000_000_000
"""Memory of weights, gradients and outputs that a pass may need."""
MAX_MACS = 1_000_000_000_000
"""Multiply-accumulates of a pass forward: some minutes, with the pass backward."""
NO_WAY = "none: nothing leads from it to an output"


def verify_numbers(trace: "Trace") -> "tuple[Check, ...]":
    """Run the network forward and backward and look at every output and every gradient."""
    compared = Compared((FINITE, GRADIENTS))
    why = _too_much(trace)
    if why is not None:
        compared.skip_all(trace.model, FINITE, why)
        return compared.checks()
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves it untyped
    network = TorchNetwork(trace).train()
    for weight in network.parameters():
        _drawn(weight)
    try:
        outputs = network.outputs(*samples(trace, BATCH))
    except LayerError as error:
        compared.compare(error.layer, FINITE, "a pass in training", "it works", f"fails: {error.reason}")
        return compared.checks()
    for layer in trace.layers:
        _compare_finite(layer, outputs, compared)
    leaving = [outputs[port.layer, port.output] for port in trace.outputs]
    learning = [output for output in leaving if output.requires_grad]
    if learning:
        sizes = [(output * torch.randn_like(output)).mean() for output in learning]
        torch.autograd.backward(sizes)
    for layer in trace.layers:
        _compare_gradients(layer, network, compared)
    return compared.checks()


def _too_much(trace: "Trace") -> str | None:
    """Why a pass is not made."""
    steps = max(map(steps_of, trace.layers), default=1)
    if steps > MAX_STEPS:
        return f"a pass calls {steps:,} steps one by one, at most {MAX_STEPS:,} are called"
    needed = _bytes(trace)
    if needed > MAX_BYTES:
        return f"a pass needs about {needed:,} bytes, at most {MAX_BYTES:,} are taken"
    macs = BATCH * sum(layer.facts.macs or 0 for layer in trace.layers)
    if macs > MAX_MACS:
        return f"a pass needs {macs:,} MACs, at most {MAX_MACS:,} are made"
    return None


def _bytes(trace: "Trace") -> int:
    """Weights and their gradients, outputs and theirs, and the scores of attention."""
    numbers = 0
    for layer in trace.layers:
        own = {name: shape for name, shape in layer.facts.weights.items() if name not in layer.tied}
        numbers += 2 * count(own) + count(layer.facts.buffers)
        numbers += 2 * BATCH * sum(prod(tensor.shape) for tensor in layer.facts.outputs.values())
        asked, times = layer.facts.attention, prod(layer.output.shape[: layer.mapped])
        numbers += 3 * BATCH * times * asked.heads * asked.queries * asked.keys if asked else 0
    return numbers * NUMBER


def _drawn(weight: nn.Parameter) -> None:
    """Random numbers for a weight that is one number everywhere, such as a token: it would tell nothing."""
    with torch.no_grad():
        if weight.dim() > 1 and bool((weight == weight.flatten()[0]).all()):
            weight.normal_(0, prod(weight.shape[1:]) ** -0.5)


def _compare_finite(
    layer: "TracedLayer", outputs: "Mapping[tuple[str, str], Tensor]", compared: Compared
) -> None:
    for name in layer.facts.outputs:
        found = outputs[layer.name, name]
        if found.is_floating_point():
            bad = found.numel() - int(found.isfinite().sum())
            theirs = "finite" if not bad else f"{bad:,} of {found.numel():,} numbers are not"
            compared.compare(layer, FINITE, f"numbers of {name}", "finite", theirs)


def _compare_gradients(layer: "TracedLayer", network: TorchNetwork, compared: Compared) -> None:
    module = network.built[layer.name]
    for name, weight in module.named_parameters(remove_duplicate=False):
        if not weight.requires_grad:
            continue
        gradient = weight.grad
        theirs = NO_WAY if gradient is None else "finite"
        if gradient is not None and not gradient.isfinite().all():
            theirs = "not finite"
        own = "the parameter" if name == BARE else name
        compared.compare(layer, GRADIENTS, f"gradient of {own} {list(weight.shape)}", "finite", theirs)
