"""The gated delta rule, after Qwen3-Next, in its recurrent form."""

import torch
import torch.nn.functional as F  # noqa: N812  as exported files have it
from torch import Tensor, nn


def delta_rule(
    query: Tensor, key: Tensor, value: Tensor, decay: Tensor, share: Tensor
) -> Tensor:
    """(N, T, H, d) twice, (N, T, H, v), (N, T, H) twice -> (N, T, H, v)."""
    if query.is_meta:  # all positions side by side: of the numbers nothing is known
        states = value.new_empty(*key.shape, value.shape[-1])
        recalled = key[..., None, :] @ states
        written = key[..., None] @ (recalled * share[..., None, None])
        return (query[..., None, :] @ (states * decay[..., None, None] + written))[
            ..., 0, :
        ]
    state = value.new_zeros(len(key), *key.shape[2:], value.shape[-1])
    outputs: list[Tensor] = []
    for at in range(key.shape[1]):
        state = state * decay[:, at, :, None, None]
        held = (key[:, at, :, None] @ state)[:, :, 0]
        change = (value[:, at] - held) * share[:, at, :, None]
        state = state + key[:, at, :, :, None] @ change[:, :, None]
        outputs.append((query[:, at, :, None] @ state)[:, :, 0])
    return torch.stack(outputs, 1)


class GatedDelta(nn.Module):
    """Linear attention whose state of each head fades and is overwritten."""

    def __init__(
        self,
        hidden_size: int,
        *,
        num_k_heads: int,
        num_v_heads: int,
        head_k_dim: int,
        head_v_dim: int,
        conv_kernel_size: int = 4,
    ) -> None:
        super().__init__()
        self.heads, self.each = num_k_heads, num_v_heads // num_k_heads
        self.head_k_dim, self.head_v_dim = head_k_dim, head_v_dim
        keys, values = num_k_heads * head_k_dim, num_v_heads * head_v_dim
        mixed = 2 * keys + values
        self.conv1d = nn.Conv1d(
            mixed, mixed, conv_kernel_size, groups=mixed, bias=False
        )
        self.in_proj_qkvz = nn.Linear(hidden_size, mixed + values, bias=False)
        self.in_proj_ba = nn.Linear(hidden_size, 2 * num_v_heads, bias=False)
        self.dt_bias = nn.Parameter(torch.ones(num_v_heads))
        self.A_log = nn.Parameter(torch.empty(num_v_heads).uniform_(0.01, 16).log())
        self.norm = nn.RMSNorm(head_v_dim, eps=1e-6)
        self.out_proj = nn.Linear(values, hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, E) -> (N, T, E)."""
        batch, length, _ = x.shape
        d, v = self.head_k_dim, self.each * self.head_v_dim
        parts = self.in_proj_qkvz(x).reshape(batch, length, self.heads, 2 * (d + v))
        gates = self.in_proj_ba(x).reshape(batch, length, self.heads, 2 * self.each)
        z = parts[..., 2 * d + v :].reshape(batch, length, -1, self.head_v_dim)
        mixing = [parts[..., :d], parts[..., d : 2 * d], parts[..., 2 * d : 2 * d + v]]
        mixed = torch.cat([each.flatten(2) for each in mixing], -1).transpose(1, 2)
        taps = self.conv1d.kernel_size[0]
        mixed = F.silu(self.conv1d(F.pad(mixed, (taps - 1, 0)))).transpose(1, 2)
        k = self.heads * d
        query, key = (
            each.reshape(batch, length, self.heads, d).repeat_interleave(self.each, 2)
            for each in (mixed[..., :k], mixed[..., k : 2 * k])
        )
        query, key = (
            each * ((each * each).sum(-1, keepdim=True) + 1e-6).rsqrt()
            for each in (query, key)
        )
        value = mixed[..., 2 * k :].reshape(batch, length, -1, self.head_v_dim)
        share = gates[..., : self.each].flatten(2).sigmoid()
        slope = F.softplus(gates[..., self.each :].flatten(2) + self.dt_bias)
        decay = (-self.A_log.exp() * slope).exp()
        found = delta_rule(query / d**0.5, key, value, decay, share)
        output: Tensor = self.out_proj((self.norm(found) * F.silu(z)).flatten(2))
        return output
