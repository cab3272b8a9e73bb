"""A mixture of experts, after Mixtral."""

import torch
import torch.nn.functional as F  # noqa: N812  as exported files have it
from torch import Tensor, nn


class ExpertRouter(nn.Module):
    """Which experts a position is sent to, and with which weights."""

    def __init__(
        self, features: int, num_experts: int, top_k: int, *, bias: bool = False
    ) -> None:
        super().__init__()
        self.top_k = top_k
        self.weight = nn.Parameter(torch.empty(num_experts, features))
        nn.init.normal_(self.weight, std=0.02)
        self.bias = nn.Parameter(torch.zeros(num_experts)) if bias else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(*, D) -> scores (*, k), indices (*, k), logits (*, experts)."""
        logits = F.linear(x, self.weight, self.bias)
        scores, indices = logits.softmax(-1).topk(self.top_k)
        return scores / scores.sum(-1, keepdim=True), indices, logits


class GatedExperts(nn.Module):
    """Gated maps; those that a position is not sent to have weight 0."""

    def __init__(self, features: int, intermediate_size: int, num_experts: int) -> None:
        super().__init__()
        gate_up = torch.empty(num_experts, 2 * intermediate_size, features)
        down = torch.empty(num_experts, features, intermediate_size)
        self.gate_up_proj = nn.Parameter(nn.init.normal_(gate_up, std=0.02))
        self.down_proj = nn.Parameter(nn.init.normal_(down, std=0.02))

    def forward(self, x: Tensor, indices: Tensor, scores: Tensor) -> Tensor:
        """(*, D), (*, k), (*, k) -> (*, D)."""
        lines = x.flatten(0, -2)
        weights = torch.zeros(len(lines), len(self.down_proj), device=x.device)
        weights = weights.to(x.dtype).scatter_add(
            1, indices.flatten(0, -2).long(), scores.flatten(0, -2)
        )
        output = torch.zeros_like(lines)
        for expert in range(len(self.down_proj)):
            gate, up = F.linear(lines, self.gate_up_proj[expert]).chunk(2, dim=-1)
            result = F.linear(F.silu(gate) * up, self.down_proj[expert])
            output = output + weights[:, expert, None] * result
        return output.reshape(x.shape)
