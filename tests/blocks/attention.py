"""SqueezeExcitation against torchvision, AdditiveAttention against the paper's equations."""

from torch import Tensor, nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import part


class AdditiveAttention(nn.Module):
    """e_ij = v^T tanh(W q_i + U h_j), weights over j, and the mean of the h_j with these weights."""

    def __init__(self, query: int, memory: int, units: int, *, bias: bool = False) -> None:
        super().__init__()
        self.W_a = nn.Linear(query, units, bias=bias)
        self.U_a = nn.Linear(memory, units, bias=bias)
        self.v_a = nn.Linear(units, 1, bias=bias)

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:
        """(N, T_q, query), (N, T_m, memory) -> (N, T_q, memory)."""
        pairs = self.W_a(query)[:, :, None] + self.U_a(memory)[:, None]
        weights = self.v_a(pairs.tanh())[..., 0].softmax(-1)
        context: Tensor = weights @ memory
        return context


CASES = (
    Case(
        "AdditiveAttention",
        {"units": 5, "memory_features": 6},
        ((3, 4), (7, 6)),
        lambda: AdditiveAttention(4, 6, 5),
    ),
    Case(
        "AdditiveAttention",
        {"units": 3, "bias": True},
        ((1, 4), (7, 4)),
        lambda: AdditiveAttention(4, 4, 3, bias=True),
    ),
    Case(
        "SqueezeExcitation",
        {"squeeze_channels": 3},
        ((8, 5, 6),),
        lambda: part("ops", "SqueezeExcitation", 8, 3),
    ),
    Case(
        "SqueezeExcitation",
        {"squeeze_channels": 2, "activation": "SiLU", "scale_activation": "Hardsigmoid"},
        ((6, 4, 4),),
        lambda: part("ops", "SqueezeExcitation", 6, 2, activation=nn.SiLU, scale_activation=nn.Hardsigmoid),
    ),
)
