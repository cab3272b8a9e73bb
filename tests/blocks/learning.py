"""MambaBlock against transformers, SimCLRProjectionHead against a module written after its paper."""

from collections import OrderedDict
from typing import TYPE_CHECKING, cast

from torch import Tensor, nn

from archcalc.bridge.modules.state_space import mamba, reporting
from tests.blocks.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable


class MambaBlock(nn.Module):
    """The residual block around transformers' mixer; its norm has torch's RMSNorm's one weight."""

    def __init__(self, width: int, dt_rank: int | str = "auto", *, bias: bool = False) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.mixer = mamba(width, dt_rank=dt_rank, bias=bias, conv_bias=not bias)

    def forward(self, arrived: Tensor) -> Tensor:
        """(L, D) -> (L, D)."""
        result: Tensor = arrived + self.mixer(self.norm(arrived))
        return result


def published() -> nn.Module:
    """The block of transformers itself."""
    from transformers.models.mamba.configuration_mamba import MambaConfig
    from transformers.models.mamba.modeling_mamba import MambaBlock as Theirs

    config = MambaConfig(hidden_size=32, state_size=8, conv_kernel=3, expand=3, num_hidden_layers=1)
    block = cast("Callable[..., nn.Module]", Theirs)(config, 0)
    reporting(block.get_submodule("mixer"))
    return block


def head(arriving: int, hidden: int, leaving: int, *, norm: bool = False) -> nn.Module:
    """Linear, ReLU, Linear, with batch norms in place of the biases."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["linear1"] = nn.Linear(arriving, hidden, bias=not norm)
    if norm:
        layers["bn1"] = nn.BatchNorm1d(hidden)
    layers["relu"] = nn.ReLU()
    layers["linear2"] = nn.Linear(hidden, leaving, bias=not norm)
    if norm:
        layers["bn2"] = nn.BatchNorm1d(leaving)
    return nn.Sequential(layers)


CASES = (
    Case("MambaBlock", {}, ((5, 24),), lambda: MambaBlock(24)),
    Case("MambaBlock", {"d_state": 8, "d_conv": 3, "expand": 3}, ((4, 32),), published),
    Case(
        "MambaBlock",
        {"bias": True, "conv_bias": False, "dt_rank": 5},
        ((3, 20),),
        lambda: MambaBlock(20, 5, bias=True),
    ),
    Case("SimCLRProjectionHead", {}, ((12,),), lambda: head(12, 12, 128)),
    Case("SimCLRProjectionHead", {"hidden_features": 7, "out_features": 3}, ((12,),), lambda: head(12, 7, 3)),
    Case(
        "SimCLRProjectionHead",
        {"batch_norm": True, "out_features": 5},
        ((8,),),
        lambda: head(8, 8, 5, norm=True),
    ),
)
