"""More small networks, by which rules were mended: what torch makes of them stands in ``fresh.csv``."""

from tests.signal.networks import conv, linear, residual, stack

TOKENS = "inputs: {x: [32, 64]}\n"
HEAD = "  - {type: Linear, name: head, out_features: 40}\n"


def _mlp(width: int, activation: str, depth: int = 6, arriving: int = 48) -> str:
    return stack(f"[{arriving}]", linear(width), activation, depth=depth, end=HEAD)


MIXER = (
    "inputs: {x: [16, 48]}\nblocks:\n  mix:\n    layers:\n"
    "      - type: Residual\n        body: [LayerNorm, {type: Permute, dims: [1, 0]},"
    " {type: Linear, out_features: 32}, GELU, {type: Linear, out_features: 16},"
    " {type: Permute, dims: [1, 0]}]\n"
    "      - type: Residual\n        body: [LayerNorm, {type: Linear, out_features: 96}, GELU,"
    " {type: Linear, out_features: 48}]\n"
    "layers:\n  - {type: mix, name: m, repeat: 4}\n  - LayerNorm\n  - {type: Mean, dim: 0}\n" + HEAD
)
UNET = (
    "inputs: {x: [8, 32, 32]}\nlayers:\n"
    "  - {type: DoubleConv, name: a, width: 16, padding: 1, norm: true}\n"
    "  - {type: MaxPool2d, name: pa, kernel_size: 2}\n"
    "  - {type: DoubleConv, name: b, width: 32, padding: 1, norm: true}\n"
    "  - {type: MaxPool2d, name: pb, kernel_size: 2}\n"
    "  - {type: DoubleConv, name: c, width: 64, padding: 1, norm: true}\n"
    "  - {type: ConvTranspose2d, name: ub, out_channels: 32, kernel_size: 2, stride: 2}\n"
    "  - {type: Concat, name: jb, from: [b, ub]}\n"
    "  - {type: DoubleConv, name: d, width: 32, padding: 1, norm: true}\n"
    "  - {type: ConvTranspose2d, name: ua, out_channels: 16, kernel_size: 2, stride: 2}\n"
    "  - {type: Concat, name: ja, from: [a, ua]}\n"
    "  - {type: DoubleConv, name: e, width: 16, padding: 1, norm: true}\n"
    "  - {type: Conv2d, name: out, out_channels: 3, kernel_size: 1}\n"
)
POOLED = "  - {type: AdaptiveAvgPool2d, output_size: 1}\n  - Flatten\n" + HEAD
LANGUAGE = (
    "inputs: {{x: {{shape: [24], dtype: int64}}}}\nlayers:\n"
    "  - {{type: Embedding, name: e, num_embeddings: 256, embedding_dim: 64}}\n{body}"
    "  - {{type: Linear, name: head, out_features: 32}}\n"
)
ENCODER = "type: TransformerEncoderLayer, name: t, nhead: 4, dim_feedforward: 128"
CLASSES = "  - {type: Mean, dim: 0}\n" + HEAD


def _blocks(block: str, shape: str = "[3, 32, 32]", end: str = POOLED) -> str:
    return f"inputs: {{x: {shape}}}\nlayers:\n{block}{end}"


STEM = (
    "  - {type: Conv2d, name: stem, out_channels: 16, kernel_size: 3, padding: 1, bias: false}\n"
    "  - BatchNorm2d\n  - ReLU\n"
)
RESNET = STEM + (
    "  - {type: BasicBlock, name: a, width: 16, repeat: 2}\n"
    "  - {type: BasicBlock, name: b, width: 32, stride: 2}\n"
    "  - {type: BasicBlock, name: c, width: 64, stride: 2}\n"
)
FRESH: dict[str, tuple[str, tuple[str, ...]]] = {
    "ReLU6": (_mlp(80, "ReLU6"), ("kaiming_normal",)),
    "PReLU": (_mlp(40, "PReLU"), ()),
    "ELU": (_mlp(96, "ELU"), ("xavier_uniform",)),
    "SELU": (_mlp(96, "SELU", 8), ("lecun",)),
    "CELU": (_mlp(56, "CELU"), ()),
    "GELU": (_mlp(112, "GELU", 8), ("kaiming_normal",)),
    "SiLU": (_mlp(112, "SiLU", 8), ("xavier_normal",)),
    "Mish": (_mlp(72, "Mish"), ("orthogonal",)),
    "Hardswish": (_mlp(72, "Hardswish"), ()),
    "Tanh": (_mlp(32, "Tanh", 8), ("xavier_uniform",)),
    "Sigmoid": (_mlp(64, "Sigmoid", 4), ("xavier_uniform",)),
    "Softplus": (_mlp(64, "Softplus", 4), ()),
    "LogSigmoid": (_mlp(64, "LogSigmoid", 4), ()),
    "Tanhshrink": (_mlp(64, "Tanhshrink", 4), ("kaiming_normal",)),
    "Hardshrink": (_mlp(64, "Hardshrink", 4), ("kaiming_normal",)),
    "plain convolutions": (stack("[3, 24, 24]", conv(24), "ReLU", depth=8, end=POOLED), ()),
    "convolutions, norms, pools": (
        stack(
            "[3, 32, 32]",
            conv(24, ", bias: false"),
            "BatchNorm2d",
            "SiLU",
            "{type: MaxPool2d, kernel_size: 2}",
            depth=3,
            end=POOLED,
        ),
        (),
    ),
    "convolutions, norms, to 2 x 2": (
        stack(
            "[3, 32, 32]",
            "{type: Conv2d, name: map, out_channels: 24, kernel_size: 3, padding: 1, stride: 2, bias: false}",
            "BatchNorm2d",
            "ReLU",
            depth=4,
            end=POOLED,
        ),
        (),
    ),
    "resnet": (_blocks(RESNET), ("kaiming_normal:fan_out",)),
    "resnet, last norms 0": (_blocks(RESNET), ("kaiming_normal:fan_out", "zero_last_norm")),
    "preactivated resnet": (
        _blocks("  - {type: PreActBlock, name: a, width: 16, repeat: 3}\n", "[16, 16, 16]"),
        (),
    ),
    "bottlenecks": (
        _blocks("  - {type: Bottleneck, name: a, width: 8, repeat: 4}\n", "[32, 16, 16]"),
        ("kaiming_normal:fan_out",),
    ),
    "squeezed": (
        _blocks(
            "  - type: Sequential\n    name: s\n    repeat: 3\n    layers:\n      - "
            + conv(32)
            + "\n      - BatchNorm2d\n      - ReLU\n      - {type: SqueezeExcitation, squeeze_channels: 8}\n",
            "[32, 16, 16]",
        ),
        (),
    ),
    "dense": (
        _blocks("  - {type: DenseBlock, name: d, growth: 12, layers: 5}\n", "[24, 16, 16]"),
        (),
    ),
    "u-net": (UNET, ()),
    "mixer": (MIXER, ()),
    "groups": (
        stack("[32, 12, 12]", conv(32), "{type: GroupNorm, num_groups: 8}", "GELU", depth=6, end=POOLED),
        (),
    ),
    "separable": (
        stack(
            "[32, 16, 16]",
            "{type: Conv2d, name: deep, out_channels: 32, kernel_size: 3, padding: 1, groups: 32,"
            " bias: false}",
            "BatchNorm2d",
            "ReLU",
            "{type: Conv2d, name: wide, out_channels: 32, kernel_size: 1, bias: false}",
            "BatchNorm2d",
            "ReLU",
            depth=3,
            end=POOLED,
        ),
        (),
    ),
    "post-norm": (TOKENS + f"layers:\n  - {{{ENCODER}, repeat: 6, dropout: 0.0}}\n" + CLASSES, ()),
    "post-norm, small": (TOKENS + f"layers:\n  - {{{ENCODER}, repeat: 4}}\n" + CLASSES, ("normal:0.02",)),
    "pre-norm": (
        TOKENS + f"layers:\n  - {{{ENCODER}, repeat: 6, norm_first: true}}\n  - LayerNorm\n" + CLASSES,
        (),
    ),
    "pre-norm, small": (
        TOKENS + f"layers:\n  - {{{ENCODER}, repeat: 4, norm_first: true}}\n  - LayerNorm\n" + CLASSES,
        ("normal:0.02",),
    ),
    "gpt": (
        LANGUAGE.format(body="  - {type: GPT2Block, name: b, num_heads: 4, repeat: 4}\n  - LayerNorm\n"),
        ("normal:0.02",),
    ),
    "gpt as torch draws it": (
        LANGUAGE.format(body="  - {type: GPT2Block, name: b, num_heads: 4, repeat: 4}\n  - LayerNorm\n"),
        (),
    ),
    "llama, small": (
        LANGUAGE.format(
            body="  - {type: LlamaBlock, name: b, num_heads: 4, num_kv_heads: 4, intermediate_size: 128,"
            " repeat: 4}\n  - RMSNorm\n"
        ),
        ("normal:0.02",),
    ),
    "llama": (
        LANGUAGE.format(
            body="  - {type: LlamaBlock, name: b, num_heads: 4, num_kv_heads: 4, intermediate_size: 128,"
            " repeat: 4}\n  - RMSNorm\n"
        ),
        (),
    ),
    "gated maps": (
        TOKENS + "layers:\n  - type: Residual\n    name: g\n    repeat: 4\n"
        "    body: [RMSNorm, {type: GatedMLP, intermediate_size: 96}]\n" + CLASSES,
        ("xavier_uniform",),
    ),
    "rnn": (_blocks("  - {type: RNN, name: r, hidden_size: 48}\n", "[12, 32]", CLASSES), ()),
    "lstm": (_blocks("  - {type: LSTM, name: r, hidden_size: 48, num_layers: 2}\n", "[12, 32]", CLASSES), ()),
    "gru": (_blocks("  - {type: GRU, name: r, hidden_size: 48}\n", "[12, 32]", CLASSES), ()),
    "few tokens": (
        "inputs: {x: [4, 64]}\nlayers:\n  - {type: MultiheadAttention, name: a, num_heads: 4}\n" + CLASSES,
        (),
    ),
    "drops": (
        stack("[64]", linear(96), "GELU", "{type: Dropout, p: 0.5}", "BatchNorm1d", depth=4, end=HEAD),
        (),
    ),
    "residual, weights of Glorot": (
        stack(
            "[64]",
            residual("BatchNorm1d", "ReLU", linear(64), "ReLU", "{type: Linear, out_features: 64}"),
            depth=6,
            end=HEAD,
        ),
        ("xavier_normal",),
    ),
    "vectors beside": (
        "inputs: {x: {shape: [20], dtype: int64}}\nlayers:\n"
        "  - {type: Embedding, name: e, num_embeddings: 128, embedding_dim: 32}\n"
        "  - {type: Permute, dims: [1, 0]}\n"
        "  - {type: Conv1d, name: c, out_channels: 64, kernel_size: 5, padding: 2}\n  - ReLU\n"
        "  - {type: AdaptiveMaxPool1d, output_size: 1}\n  - Flatten\n  - {type: Dropout, p: 0.5}\n" + HEAD,
        (),
    ),
}
"""Name -> a spec, and how its weights are drawn."""
