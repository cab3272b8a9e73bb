"""Small layers, and functions of tensors."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Conv1D(nn.Module):
    """GPT-2's linear map, whose weight is (in, out)."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_features, out_features))
        self.bias = nn.Parameter(torch.zeros(out_features))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """(*, in) -> (*, out)."""
        return x @ self.weight + self.bias


class FeatureScale(nn.Module):
    """A learned factor for every feature."""

    def __init__(self, dim: int, init_values: float = 1e-5) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((dim,), init_values))

    def forward(self, x: Tensor) -> Tensor:
        """(*, D) -> (*, D)."""
        return x * self.gamma


class ChannelScale(nn.Module):
    """A learned factor for every channel."""

    def __init__(self, dim: int, init_values: float = 1e-5) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((dim,), init_values))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        return x * self.gamma[:, None, None]


class DropPath(nn.Module):
    """In training, drops whole samples, or the whole batch, of a residual branch."""

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, x: Tensor) -> Tensor:
        """Any shape, kept."""
        if not self.training or self.p == 0.0:
            return x
        samples = x.shape[0] if self.mode == "row" else 1
        kept = x.new_empty([samples] + [1] * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * (kept / (1 - self.p) if self.p < 1 else kept)


def crop(x: Tensor, size: Sequence[int]) -> Tensor:
    """The centre of (N, C, *positions)."""
    for dim, (n, m) in enumerate(zip(x.shape[2:], size, strict=True), 2):
        x = x.narrow(dim, (n - m) // 2, m)
    return x


def quick_gelu(x: Tensor) -> Tensor:
    """A sigmoid that stands for the normal distribution."""
    return x * torch.sigmoid(1.702 * x)


def drawn(mean: Tensor, log_variance: Tensor) -> Tensor:
    """A normal sample that gradients pass."""
    deviation = torch.exp(0.5 * log_variance)
    return mean + torch.randn_like(deviation) * deviation


def random_subset(x: Tensor, mask_ratio: float) -> Tensor:
    """The positions of (N, T, D) that come first in a random order."""
    samples, positions, features = x.shape
    order = torch.rand(samples, positions, device=x.device).argsort(dim=1)
    kept = order[:, : int(positions * (1 - mask_ratio)), None]
    return x.gather(1, kept.expand(-1, -1, features))


def with_mask_tokens(
    x: Tensor, token: Tensor, positions: int, first_tokens: int = 0
) -> Tensor:
    """Kept positions among mask tokens in a random order, behind the first tokens."""
    first, kept = x[:, :first_tokens], x[:, first_tokens:]
    masked = token.to(x.dtype).expand(len(x), positions - kept.shape[1], -1)
    order = torch.rand(len(x), positions, device=x.device).argsort(dim=1)
    among = torch.cat([kept, masked], dim=1)
    shuffled = among.gather(1, order[..., None].expand(-1, -1, x.shape[-1]))
    return torch.cat([first, shuffled], dim=1)
