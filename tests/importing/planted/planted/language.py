"""A decoder of tokens."""

import torch
from torch import Tensor, nn


class Layer(nn.Module):
    """Attention and a feed-forward network."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)  # planted: AC602 no mask
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Every token sees all others, later ones too."""
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        more: Tensor = self.mlp(self.norm2(x))
        return x + more


class Decoder(nn.Module):
    """Tokens to the scores of the next one."""

    def __init__(self, words: int = 1024, width: int = 64, depth: int = 2, length: int = 32) -> None:
        super().__init__()
        self.tokens = nn.Embedding(words, width)
        self.positions = nn.Embedding(length, width)
        self.layers = nn.ModuleList([Layer(width) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, words, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Scores."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.positions(places)
        for layer in self.layers:
            x = layer(x)
        scores: Tensor = self.score(self.norm(x))
        return scores


def build() -> nn.Module:
    """The network."""
    return Decoder()
