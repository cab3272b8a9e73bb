"""Multiplications as torch's FlopCounterMode counts them, readable between any two calls."""

from typing import TYPE_CHECKING, Any, cast

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor


def _bilinear(left: "Tensor", weight: "Tensor", *_: object, out_val: "Tensor", **__: object) -> int:
    """FLOPs of x1^T W_k x2, which torch calculates as (x1^T W_k) x2 and its counter leaves out."""
    return 2 * out_val.numel() * weight.shape[-1] * (left.shape[-1] + 1)


FORMULAS: "Mapping[object, Callable[..., int]]" = {
    **cast("Mapping[object, Callable[..., int]]", flop_registry),
    torch.ops.aten._trilinear: _bilinear,  # noqa: SLF001  # torch has no other name for it
}
KEPT = (torch.ops.prim.device.default, torch.ops.prim.layout.default)
"""What the counter never takes apart."""


class Flops(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Adds up what operators cost, by the formulas of torch, with what it takes apart taken apart.

    FlopCounterMode itself keeps the count by module, for which it hooks into every module there is.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.total = 0
        self.whole: set[object] = set(KEPT)

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401  torch leaves operators open
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """Run an operator and count it."""
        given = kwargs or {}
        if func not in self.whole and func not in FORMULAS:
            with self:
                parts = func.decompose(*args, **given)
            if parts is not NotImplemented:
                return cast("object", parts)
            self.whole.add(func)
        result = func(*args, **given)
        formula = FORMULAS.get(getattr(func, "overloadpacket", None))
        if formula is not None:
            self.total += formula(*args, **given, out_val=result)
        return cast("object", result)
