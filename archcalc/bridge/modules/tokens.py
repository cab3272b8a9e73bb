"""Tokens beside the positions: a class token, and the two steps of masked autoencoders, after the papers."""

from typing import cast

import torch
from torch import Tensor, nn

from archcalc.bridge.modules.reading import BARE, Reading


def shuffled(batch: int, positions: int) -> Tensor:
    """An order of the positions for every sample."""
    return torch.rand(batch, positions).argsort(dim=1)


class RandomMasking(nn.Module):
    """The first positions of a random order."""

    def __init__(self, mask_ratio: float = 0.75) -> None:
        super().__init__()
        if not 0 <= mask_ratio < 1:
            raise ValueError("no share")
        self.share = 1 - mask_ratio

    def forward(self, arriving: Tensor) -> Tensor:
        """(T, D) -> (K, D)."""
        if arriving.dim() != 3 or not arriving.is_floating_point():
            raise TypeError("no sequence of real numbers")
        batch, positions, features = arriving.shape
        kept = shuffled(batch, positions)[:, : int(positions * self.share)]
        return arriving.gather(1, kept[..., None].expand(-1, -1, features).to(arriving.device))


class MaskTokens(nn.Module):
    """The arriving positions and mask tokens, in a random order behind the first tokens."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self.places = reading.arguments
        self.register_parameter(BARE, nn.Parameter(torch.zeros(1, 1, reading.shapes[0][-1])))

    def forward(self, arriving: Tensor) -> Tensor:
        """(first + K, D) -> (first + T, D)."""
        if not arriving.is_floating_point():
            raise TypeError("no sequence of real numbers")
        (token,) = self.parameters()
        return restored(arriving, token, **self.places)  # type: ignore[arg-type]  # drawn values


def restored(arriving: Tensor, token: Tensor, positions: int, first_tokens: int = 0) -> Tensor:
    """Kept positions among mask tokens."""
    batch, length, features = arriving.shape
    if not 0 <= length - first_tokens <= positions:
        raise ValueError("fewer than the first tokens, or more than there are places")
    masked = token.to(arriving.dtype).expand(batch, positions - (length - first_tokens), features)
    among = torch.cat((arriving[:, first_tokens:], masked), 1)
    order = shuffled(batch, positions)[..., None].expand(-1, -1, features).to(arriving.device)
    return torch.cat((arriving[:, :first_tokens], among.gather(1, order)), 1)


class Token(nn.Module):
    """ViT's class token."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        if len(reading.shapes[0]) != 2:
            raise ValueError("no sequence")
        tokens = cast("int", reading.arguments.get("num_tokens", 1))
        self.bare = nn.Parameter(torch.zeros(1, tokens, reading.shapes[0][-1]))

    def forward(self, arriving: Tensor) -> Tensor:
        """(T, D) -> (tokens + T, D)."""
        if not arriving.is_floating_point():
            raise TypeError("no real numbers")
        return torch.cat([self.bare.expand(len(arriving), -1, -1).to(arriving.dtype), arriving], 1)
