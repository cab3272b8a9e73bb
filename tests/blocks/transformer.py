"""torch's Transformer and its layers, ViT and Swin against torchvision, Conformer against a plain module."""

from typing import cast

from torch import Tensor, nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import part

WIDE = (10, 64)


def encoder_layer(**options: object) -> nn.Module:
    """A layer of width 64."""
    options = {"nhead": 4, "dim_feedforward": 128, **options}
    return nn.TransformerEncoderLayer(64, batch_first=True, **options)  # type: ignore[arg-type]  # a case's values


def decoder_layer(**options: object) -> nn.Module:
    """A layer of width 64."""
    options = {"nhead": 4, "dim_feedforward": 96, **options}
    return nn.TransformerDecoderLayer(64, batch_first=True, **options)  # type: ignore[arg-type]  # a case's values


def bare(module: nn.Module) -> nn.Module:
    """The module with attention that adds no numbers, while its norms and linear maps do."""
    for part_of_it in module.modules():
        if isinstance(part_of_it, nn.MultiheadAttention):
            part_of_it.register_parameter("in_proj_bias", None)
            part_of_it.out_proj.register_parameter("bias", None)
    return module


def encoder(layers: int, *, norm: bool) -> nn.Module:
    """A stack, with a norm or without."""
    last = nn.LayerNorm(64) if norm else None
    layer = cast("nn.TransformerEncoderLayer", encoder_layer())
    return nn.TransformerEncoder(layer, layers, last, enable_nested_tensor=False)


def decoder(layers: int, *, norm: bool) -> nn.Module:
    """A stack, with a norm or without."""
    layer = cast("nn.TransformerDecoderLayer", decoder_layer())
    return nn.TransformerDecoder(layer, layers, nn.LayerNorm(64) if norm else None)


class FeedForward(nn.Module):
    """Norm, and two linear maps around an activation."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.sequential = nn.Sequential(
            *(nn.LayerNorm(width), nn.Linear(width, inner), nn.SiLU(), nn.Dropout(0.0)),
            *(nn.Linear(inner, width), nn.Dropout(0.0)),
        )

    def forward(self, arriving: Tensor) -> Tensor:
        """(T, D) -> (T, D)."""
        result: Tensor = self.sequential(arriving)
        return result


class Convolution(nn.Module):
    """Norm, pointwise map with a gate, depthwise convolution over time, pointwise map."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(width)
        self.sequential = nn.Sequential(
            nn.Conv1d(width, 2 * width, 1),
            nn.GLU(dim=1),
            nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width),
            nn.BatchNorm1d(width),
            nn.SiLU(),
            nn.Conv1d(width, width, 1),
            nn.Dropout(0.0),
        )

    def forward(self, arriving: Tensor) -> Tensor:
        """(T, D) -> (T, D)."""
        result: Tensor = self.sequential(self.layer_norm(arriving).transpose(1, 2))
        return result.transpose(1, 2)


class Conformer(nn.Module):
    """Figure 1 of the paper; names as torchaudio has them."""

    def __init__(self, width: int, heads: int, inner: int, kernel: int) -> None:
        super().__init__()
        self.ffn1, self.ffn2 = FeedForward(width, inner), FeedForward(width, inner)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.self_attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.conv_module = Convolution(width, kernel)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, arriving: Tensor) -> Tensor:
        """(T, D) -> (T, D)."""
        hidden = arriving + self.ffn1(arriving) / 2
        normed = self.self_attn_layer_norm(hidden)
        hidden = hidden + self.self_attn(normed, normed, normed)[0]
        hidden = hidden + self.conv_module(hidden)
        result: Tensor = self.final_layer_norm(hidden + self.ffn2(hidden) / 2)
        return result


def swin(name: str, *sizes: object, **options: object) -> nn.Module:
    """A module of torchvision's swin_transformer."""
    return part("models.swin_transformer", name, *sizes, **options)


def vit(width: int, heads: int, inner: int) -> nn.Module:
    """The EncoderBlock of torchvision."""
    return part("models.vision_transformer", "EncoderBlock", heads, width, inner, 0.0, 0.0)


SMALL = {"nhead": 4, "dim_feedforward": 128}
MEMORY = ((10, 64), (7, 64))
CASES = (
    Case("TransformerEncoderLayer", SMALL, (WIDE,), encoder_layer),
    Case(
        "TransformerEncoderLayer",
        {**SMALL, "norm_first": True, "bias": False, "activation": "GELU", "dropout": 0.0, "d_model": 64},
        (WIDE,),
        lambda: encoder_layer(norm_first=True, bias=False, activation="gelu", dropout=0.0),
    ),
    Case(
        "TransformerEncoderLayer", {**SMALL, "attention_bias": False}, (WIDE,), lambda: bare(encoder_layer())
    ),
    Case("TransformerDecoderLayer", {**SMALL, "dim_feedforward": 96}, MEMORY, decoder_layer),
    Case(
        "TransformerDecoderLayer",
        {**SMALL, "dim_feedforward": 96, "attention_bias": False},
        MEMORY,
        lambda: bare(decoder_layer()),
    ),
    Case(
        "TransformerDecoderLayer",
        {"nhead": 2, "norm_first": True, "bias": False, "causal": False},
        MEMORY,
        lambda: decoder_layer(nhead=2, dim_feedforward=2048, norm_first=True, bias=False),
    ),
    Case("TransformerEncoder", {**SMALL, "num_layers": 2}, (WIDE,), lambda: encoder(2, norm=False)),
    Case(
        "TransformerEncoder",
        {**SMALL, "num_layers": 2, "attention_bias": False},
        (WIDE,),
        lambda: bare(encoder(2, norm=False)),
    ),
    Case(
        "TransformerEncoder", {**SMALL, "num_layers": 3, "norm": True}, (WIDE,), lambda: encoder(3, norm=True)
    ),
    Case(
        "TransformerDecoder",
        {"nhead": 4, "dim_feedforward": 96, "num_layers": 2},
        MEMORY,
        lambda: decoder(2, norm=False),
    ),
    Case(
        "TransformerDecoder",
        {"nhead": 4, "dim_feedforward": 96, "num_layers": 1, "norm": True, "attention_bias": False},
        MEMORY,
        lambda: bare(decoder(1, norm=True)),
    ),
    Case(
        "Transformer",
        {"nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 2, "dim_feedforward": 24},
        ((5, 16), (6, 16)),
        lambda: nn.Transformer(16, 2, 1, 2, 24, batch_first=True),
    ),
    Case(
        "Transformer",
        {"num_encoder_layers": 1, "num_decoder_layers": 1, "attention_bias": False},
        ((5, 16), (6, 16)),
        lambda: bare(nn.Transformer(16, 8, 1, 1, batch_first=True)),
    ),
    Case(
        "Transformer",
        {
            "d_model": 16,
            "num_encoder_layers": 2,
            "num_decoder_layers": 1,
            "norm_first": True,
            "bias": False,
            "activation": "GELU",
        },
        ((5, 16), (4, 16)),
        lambda: nn.Transformer(
            16, 8, 2, 1, 2048, activation="gelu", batch_first=True, norm_first=True, bias=False
        ),
    ),
    Case("ViTBlock", {"num_heads": 3}, ((17, 48),), lambda: vit(48, 3, 192)),
    Case("ViTBlock", {"num_heads": 2, "mlp_dim": 50}, ((5, 16),), lambda: vit(16, 2, 50)),
    Case(
        "SwinBlock",
        {"num_heads": 3},
        ((14, 14, 24),),
        lambda: swin("SwinTransformerBlock", 24, 3, [7, 7], [0, 0]),
    ),
    Case(
        "SwinBlock",
        {"num_heads": 2, "window_size": 4, "shift_size": 2, "mlp_ratio": 3},
        ((9, 6, 8),),
        lambda: swin("SwinTransformerBlock", 8, 2, [4, 4], [2, 2], mlp_ratio=3.0),
    ),
    Case("PatchMerging", {}, ((8, 6, 12),), lambda: swin("PatchMerging", 12)),
    Case("PatchMerging", {}, ((7, 5, 6),), lambda: swin("PatchMerging", 6)),
    Case("ConformerFeedForward", {"ffn_dim": 20}, ((5, 8),), lambda: FeedForward(8, 20)),
    Case("ConformerFeedForward", {"ffn_dim": 6, "dropout": 0.1}, ((1, 4),), lambda: FeedForward(4, 6)),
    Case("ConformerBlock", {"num_heads": 4}, ((40, 16),), lambda: Conformer(16, 4, 64, 31)),
    Case(
        "ConformerBlock",
        {"num_heads": 2, "ffn_dim": 20, "kernel_size": 5},
        ((9, 8),),
        lambda: Conformer(8, 2, 20, 5),
    ),
)
