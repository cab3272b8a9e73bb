"""The multiply-accumulates of the backward pass: of every product those of the gradients that are needed.

A product y = W x takes as many again for the gradient of each factor: dW = dy x^T, dx = W^T dy. Weights that
are frozen need none, nor does what no weight that is trained stands before, such as an input of the network.
Of attention with fused kernels, which calculate the scores once more, the second time is not counted.
Kernels that leave out what a causal mask hides do so in both passes (Dao 2023, arXiv 2307.08691, section
3.1). The zeros with which a recurrence begins need none.
"""

from typing import TYPE_CHECKING

from archcalc.footprint.gradients import gradient_flow
from archcalc.work import unmasked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.tracing import Trace, TracedLayer
    from archcalc.work import Work

FACTORS = 2
"""Of a product."""


def backward_macs(trace: "Trace", *, causal: bool = False) -> "Mapping[str, int | None]":
    """Per layer the multiply-accumulates of its backward pass for one sample; None: they are not known.

    Args:
        trace: the network.
        causal: leave out what masks hide.
    """
    flow = gradient_flow(trace)
    found: dict[str, int | None] = {}
    for layer in trace.layers:
        inside = flow.reaches(layer)
        asked = [at for at, port in enumerate(layer.inputs) if flow.passes(layer, port)]
        products = (unmasked(work) if causal else work for work in _products(layer))
        frozen = flow.fixed(layer) if inside else tuple(layer.facts.weights)
        each = [_of_product(work, frozen, asked, inside=inside) for work in products]
        known = [macs for macs in each if macs is not None]
        found[layer.name] = sum(known) if len(known) == len(each) else None
    return found


def _products(layer: "TracedLayer") -> "Iterator[Work]":
    return (work for work in layer.facts.work if work.sort == "product")


def _of_product(work: "Work", frozen: tuple[str, ...], asked: "Sequence[int]", *, inside: bool) -> int | None:
    """Those of one product.

    Args:
        work: the product.
        frozen: weights that are not trained.
        asked: inputs of the layer whose gradients are needed.
        inside: what the layer itself makes needs gradients.
    """
    if work.count is None:
        return None
    arriving = work.count if work.arriving is None else work.arriving
    if work.factors:
        return work.count * sum(any(index in asked for index in factor) for factor in work.factors)
    made = work.count - arriving - work.first
    if work.weights:
        own = work.count if any(weight not in frozen for weight in work.weights) else 0
        return own + (arriving if asked else 0) + (made if inside else 0)
    return arriving * min(FACTORS, len(asked)) + (FACTORS * made if inside else 0)
