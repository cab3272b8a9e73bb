"""Small networks whose first signals were measured, and twenty that cannot begin to learn."""

from typing import NamedTuple


def stack(shape: str, *entries: str, depth: int = 1, more: str = "", end: str = "") -> str:
    """A spec of one repeated row of layers."""
    inner = "".join(f"      - {entry}\n" for entry in entries)
    return (
        f"inputs: {{x: {shape}}}\nlayers:\n  - type: Sequential\n    name: s\n    repeat: {depth}\n"
        f"{more}    layers:\n{inner}{end}"
    )


def linear(width: int, more: str = "") -> str:
    """A Linear."""
    return f"{{type: Linear, name: map, out_features: {width}{more}}}"


def conv(width: int, more: str = "") -> str:
    """A 3x3 convolution that keeps its size."""
    return f"{{type: Conv2d, name: map, out_channels: {width}, kernel_size: 3, padding: 1{more}}}"


def residual(*body: str) -> str:
    """A residual block as an entry."""
    return f"{{type: Residual, body: [{', '.join(body)}]}}"


HEAD = "  - {type: Linear, name: head, out_features: 4}\n"
ENCODER = (
    "type: TransformerEncoderLayer, name: layers, repeat: 4, nhead: 4, dim_feedforward: 128, dropout: 0.0"
)
LLAMA = (
    "inputs: {x: {shape: [24], dtype: int64}}\nlayers:\n"
    "  - {type: Embedding, num_embeddings: 512, embedding_dim: 64}\n"
    "  - {type: LlamaBlock, name: b, repeat: 3, num_heads: 4, num_kv_heads: 2, intermediate_size: 160}\n"
    "  - RMSNorm\n  - {type: Linear, out_features: 64, bias: false}\n"
)
MEASURED: dict[str, tuple[str, tuple[str, ...]]] = {
    "relu": (stack("[64]", linear(64), "ReLU", depth=10), ()),
    "relu kaiming": (stack("[64]", linear(64), "ReLU", depth=10), ("kaiming_normal",)),
    "relu two widths": (
        stack("[96]", linear(192), "ReLU", "{type: Linear, out_features: 96}", "ReLU", depth=4),
        ("kaiming_uniform:fan_out",),
    ),
    "tanh": (stack("[64]", linear(64), "Tanh", depth=10), ("xavier_normal",)),
    "sigmoid": (stack("[64]", linear(64), "Sigmoid", depth=6), ()),
    "gelu": (stack("[128]", linear(128), "GELU", depth=8), ("lecun",)),
    "silu": (stack("[128]", linear(128), "SiLU", depth=6), ("uniform:0.15",)),
    "leaky": (stack("[64]", linear(64), "{type: LeakyReLU, negative_slope: 0.2}", depth=8), ("orthogonal",)),
    "elu hard": (
        stack("[96]", linear(96), "ELU", "{type: Linear, out_features: 96}", "Hardtanh", depth=3),
        (),
    ),
    "truncated": (stack("[64]", linear(64), "Softsign", depth=6), ("trunc_normal:0.1",)),
    "layer norm": (stack("[64]", linear(64), "LayerNorm", "ReLU", depth=8), ()),
    "rms norm": (stack("[96]", linear(96), "RMSNorm", "GELU", depth=6), ()),
    "batch norm": (stack("[64]", linear(64), "BatchNorm1d", "ReLU", depth=8), ()),
    "batch norm of maps": (
        stack("[16, 12, 12]", conv(16, ", bias: false"), "BatchNorm2d", "ReLU", depth=6),
        (),
    ),
    "group norm": (stack("[16, 12, 12]", conv(16), "{type: GroupNorm, num_groups: 4}", "ReLU", depth=5), ()),
    "convolutions": (stack("[16, 16, 16]", conv(16), "ReLU", depth=6), ("kaiming_normal",)),
    "strides": (
        stack(
            "[8, 32, 32]",
            "{type: Conv2d, name: map, out_channels: 16, kernel_size: 3, padding: 1, stride: 2}",
            "ReLU",
            depth=3,
        ),
        ("kaiming_normal",),
    ),
    "transposed": (
        stack(
            "[16, 8, 8]",
            "{type: ConvTranspose2d, out_channels: 16, kernel_size: 4, stride: 2, padding: 1}",
            "ReLU",
            depth=2,
        ),
        ("kaiming_normal",),
    ),
    "pools": (
        stack(
            "[16, 32, 32]",
            conv(16),
            "ReLU",
            "{type: MaxPool2d, kernel_size: 2}",
            depth=3,
            end="  - {type: AdaptiveAvgPool2d, output_size: 1}\n  - Flatten\n" + HEAD,
        ),
        ("kaiming_normal",),
    ),
    "means": (stack("[16, 16, 16]", conv(16), "Tanh", "{type: AvgPool2d, kernel_size: 2}", depth=2), ()),
    "residual": (
        stack(
            "[64]", residual("LayerNorm", linear(128), "ReLU", "{type: Linear, out_features: 64}"), depth=8
        ),
        ("kaiming_normal",),
    ),
    "residual without norms": (
        stack("[64]", residual(linear(64), "ReLU", "{type: Linear, out_features: 64}"), depth=6),
        ("xavier_uniform",),
    ),
    "resnet": (
        stack("[3, 32, 32]", "{type: BasicBlock, name: b, width: 16}", depth=3),
        ("kaiming_normal:fan_out",),
    ),
    "resnet without last norms": (
        stack("[16, 16, 16]", "{type: BasicBlock, name: b, width: 16}", depth=3),
        ("kaiming_normal:fan_out", "zero_last_norm"),
    ),
    "gated": (stack("[64]", "{type: Linear, name: map, out_features: 128}", "GLU", "LayerNorm", depth=5), ()),
    "dropout": (stack("[64]", linear(64), "ReLU", "{type: Dropout, p: 0.3}", depth=5), ("kaiming_normal",)),
    "attention": ("inputs: {x: [16, 64]}\nlayers: [{type: MultiheadAttention, num_heads: 4}]", ()),
    "attention of many": ("inputs: {x: [128, 64]}\nlayers: [{type: MultiheadAttention, num_heads: 8}]", ()),
    "causal attention": (
        "inputs: {x: [32, 64]}\nlayers: [{type: MultiheadAttention, num_heads: 4, causal: true}]",
        (),
    ),
    "encoder": (f"inputs: {{x: [32, 64]}}\nlayers: [{{{ENCODER}}}]", ()),
    "encoder with norms in front": (
        f"inputs: {{x: [32, 64]}}\nlayers: [{{{ENCODER}, norm_first: true}}]",
        (),
    ),
    "llama": (LLAMA, ()),
    "rnn": (
        "inputs: {x: [20, 64]}\nlayers: [{type: RNN, hidden_size: 64}, {type: Linear, out_features: 8}]",
        (),
    ),
    "lstm": (
        "inputs: {x: [20, 64]}\nlayers: [{type: LSTM, hidden_size: 64}, {type: Linear, out_features: 8}]",
        (),
    ),
    "gru": (
        "inputs: {x: [20, 64]}\nlayers: [{type: GRU, hidden_size: 64}, {type: Linear, out_features: 8}]",
        (),
    ),
}
"""Name -> a spec, and how its weights are drawn."""


class Stuck(NamedTuple):
    """A network that cannot begin to learn.

    Args:
        text: its spec.
        code: of the rule that finds it.
        explodes: its gradient grows on the way back; else it vanishes.
    """

    text: str
    code: str
    explodes: bool = False


STUCK: dict[str, Stuck] = {
    "six sigmoids": Stuck(stack("[32]", linear(32), "Sigmoid", depth=6, end=HEAD), "AC308"),
    "twelve sigmoids": Stuck(stack("[64]", linear(64), "Sigmoid", depth=12, end=HEAD), "AC308"),
    "sigmoids after Glorot": Stuck(
        stack("[64]", linear(64, ", init: xavier_uniform"), "Sigmoid", depth=9, end=HEAD), "AC308"
    ),
    "hard sigmoids": Stuck(stack("[48]", linear(48), "Hardsigmoid", depth=6, end=HEAD), "AC308"),
    "convolutions with sigmoids": Stuck(
        stack(
            "[8, 12, 12]",
            conv(8),
            "Sigmoid",
            depth=7,
            end="  - {type: Conv2d, out_channels: 4, kernel_size: 1}\n",
        ),
        "AC308",
    ),
    "22 ReLU": Stuck(stack("[48]", linear(48), "ReLU", depth=22, end=HEAD), "AC505"),
    "22 ReLU of convolutions": Stuck(
        stack(
            "[8, 8, 8]",
            conv(8),
            "ReLU",
            depth=24,
            end="  - {type: Conv2d, out_channels: 4, kernel_size: 1}\n",
        ),
        "AC505",
    ),
    "18 GELU": Stuck(stack("[48]", linear(48), "GELU", depth=18, end=HEAD), "AC505"),
    "18 SiLU": Stuck(stack("[48]", linear(48), "SiLU", depth=18, end=HEAD), "AC505"),
    "26 LeakyReLU": Stuck(
        stack("[48]", linear(48), "{type: LeakyReLU, negative_slope: 0.2}", depth=26, end=HEAD), "AC505"
    ),
    "12 Tanh of small weights": Stuck(
        stack("[48]", linear(48, ', init: "normal:0.02"'), "Tanh", depth=12, end=HEAD), "AC505"
    ),
    "GPT's weights without its norms": Stuck(
        stack("[64]", linear(64, ", init: trunc_normal:0.02"), "GELU", depth=10, end=HEAD), "AC505"
    ),
    "36 ReLU": Stuck(stack("[32]", linear(32), "ReLU", depth=36, end=HEAD), "AC501"),
    "40 Tanh": Stuck(stack("[32]", linear(32), "Tanh", depth=40, end=HEAD), "AC501"),
    "34 norms of the batch": Stuck(
        stack("[32]", linear(32, ", bias: false"), "BatchNorm1d", "ReLU", depth=34, end=HEAD),
        "AC501",
        explodes=True,
    ),
    "standard normal weights": Stuck(
        stack("[64]", linear(64, ', init: "normal:1"'), "ReLU", depth=14, end=HEAD), "AC506", explodes=True
    ),
    "large uniform weights of convolutions": Stuck(
        stack(
            "[8, 8, 8]",
            conv(8, ', init: "uniform:1"'),
            "ReLU",
            depth=16,
            end="  - {type: Conv2d, out_channels: 4, kernel_size: 1}\n",
        ),
        "AC506",
        explodes=True,
    ),
    "a tanh at its limits": Stuck(
        stack("[128]", linear(128, ', init: "normal:1"'), "Tanh", depth=1, end=HEAD), "AC313"
    ),
    "400 steps of a recurrence": Stuck(
        "inputs: {x: [400, 16]}\nlayers:\n  - {type: RNN, hidden_size: 24}\n" + HEAD, "AC607"
    ),
    "150 steps of two layers": Stuck(
        "inputs: {x: [150, 16]}\nlayers:\n  - {type: RNN, hidden_size: 16, num_layers: 2}\n" + HEAD, "AC607"
    ),
}
