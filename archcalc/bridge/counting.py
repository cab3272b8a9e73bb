"""Multiply-accumulates as torch counts them."""

from typing import cast

from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archcalc.bridge.mapped import along_axes
from archcalc.bridge.modules.recurrent import SPELT_OUT
from archcalc.bridge.table import called


def counted_by_torch(layer: nn.Module, *tensors: Tensor) -> tuple[int, tuple[Tensor, ...]]:
    """Multiply-accumulates of a batch, half of FlopCounterMode's count, and the outputs.

    Recurrent layers, in which it sees no product on a CPU, are run step by step. A module may report in
    ``products`` what the counter leaves out of a pass. Gradients have to be enabled: without them attention
    is one fused operation that counts as 0.
    """
    spelt = None if not tensors or tensors[0].is_meta else SPELT_OUT.get(type(layer).__name__)
    if "products" in vars(layer):
        vars(layer)["products"] = 0
    # torch's fused attention is not counted on a CPU; its plain form is the same products.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        outputs = along_axes(spelt, layer, tensors) if spelt else called(layer, *tensors)
    flops: int = counter.get_total_flops()
    return flops // 2 + cast("int", vars(layer).get("products", 0)), outputs
