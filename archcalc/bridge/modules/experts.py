"""A mixture of experts, after Mixtral."""

from typing import cast

import torch
from torch import Tensor, nn

from archcalc.bridge.modules.reading import Reading


class Router(nn.Module):
    """Mixtral's router."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        given = reading.arguments
        self.experts, self.top_k = cast("int", given["num_experts"]), cast("int", given["top_k"])
        self.weight = nn.Parameter(torch.zeros(self.experts, reading.shapes[0][-1]))
        self.bias = nn.Parameter(torch.zeros(self.experts)) if given.get("bias") else None

    def forward(self, arriving: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(*, D) -> (*, k), (*, k), (*, experts)."""
        if self.top_k < 1 or arriving.dim() < 2:
            raise ValueError("no experts")
        logits = nn.functional.linear(arriving, self.weight, self.bias)
        scores, indices = logits.softmax(-1).topk(self.top_k)
        return scores / scores.sum(-1, keepdim=True), indices, logits


class Mixture(nn.Module):
    """Mixtral's experts: every position through those that it is sent to."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        given = reading.arguments
        experts, hidden = cast("int", given["num_experts"]), cast("int", given["intermediate_size"])
        features = reading.shapes[0][-1]
        self.gate_up_proj = nn.Parameter(torch.ones(experts, 2 * hidden, features))
        self.down_proj = nn.Parameter(torch.ones(experts, features, hidden))

    def forward(self, arriving: Tensor, indices: Tensor, scores: Tensor) -> Tensor:
        """(*, D), (*, k), (*, k) -> (*, D)."""
        if indices.shape != scores.shape or indices.shape[:-1] != arriving.shape[:-1]:
            raise ValueError("no expert for every position")
        if not scores.is_floating_point() or indices.is_floating_point() or indices.dtype == torch.bool:
            raise TypeError("no indices, or no scores")
        if indices.shape[-1] > len(self.down_proj):
            raise ValueError("too few experts")
        lines, to = arriving.flatten(0, -2), indices.flatten(0, -2).long() % len(self.down_proj)
        output = torch.zeros_like(lines)
        for rank, weight in zip(to.T, scores.flatten(0, -2).T, strict=True):
            if rank.is_meta:  # nobody knows to which: all to one is as much work, and gives the same shapes
                output += weight[:, None] * self._through(0, lines)
                continue
            for expert in sorted({int(index) for index in rank}):
                here = rank == expert
                output[here] += weight[here, None] * self._through(expert, lines[here])
        return output.reshape(arriving.shape)

    def _through(self, expert: int, lines: Tensor) -> Tensor:
        """(n, D) -> (n, D)."""
        gate, up = (lines @ self.gate_up_proj[expert].T).chunk(2, -1)
        return (nn.functional.silu(gate) * up) @ self.down_proj[expert].T
