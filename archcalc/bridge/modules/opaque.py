"""What stands for an operator that is not known: its weights, and numbers of the right shapes."""

from typing import cast

import torch
from torch import Tensor, nn

from archcalc.bridge.modules.reading import BARE

GivenAsIs = tuple[tuple[str, tuple[int, ...], str], ...]


class StandIn(nn.Module):
    """Makes one number a sample of all that it reads and holds, and fills its outputs with it."""

    def __init__(
        self, operator: str, outputs: GivenAsIs, weights: GivenAsIs = (), buffers: GivenAsIs = ()
    ) -> None:
        super().__init__()
        self.operator, self.given = operator, outputs
        for name, shape, dtype in weights:
            home, own = self._home(name)
            home.register_parameter(own, nn.Parameter(torch.ones(shape, dtype=_real(dtype))))
        for name, shape, dtype in buffers:
            home, own = self._home(name)
            home.register_buffer(own, torch.ones(shape, dtype=_real(dtype)))

    def _home(self, name: str) -> tuple[nn.Module, str]:
        """The module that a tensor lives in, made where it is not there yet, and its own name."""
        *steps, own = name.split(".")
        home: nn.Module = self
        for step in steps:
            found = home._modules.get(step)  # noqa: SLF001  under a name that torch may use itself
            home._modules[step] = found = nn.Module() if found is None else found  # noqa: SLF001  as above
            home = found
        return home, own or BARE

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Outputs of the written shapes, as many samples as arrive."""
        rows = max((len(tensor) for tensor in tensors), default=1)
        device = tensors[0].device if tensors else None
        number = torch.zeros(rows, device=device)
        for tensor in tensors:
            number = number + tensor.reshape(len(tensor), -1).float().sum(1)
        for weight in self.parameters():
            number = number + weight.float().mean()
        return tuple(
            number.view(rows, *(1 for _ in shape)).expand(rows, *shape).to(_real(dtype))
            for _, shape, dtype in self.given
        )


def _real(dtype: str) -> torch.dtype:
    return cast("torch.dtype", getattr(torch, dtype))
