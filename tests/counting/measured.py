"""The same layers through other tools: figures measured with them, in multiply-accumulates, batch 1.

torchinfo 1.8, ultralytics-thop (``thop``), thop 0.1.1 (``thop-0.1``), ptflops (pytorch and aten), fvcore,
calflops, torch's FlopCounterMode with and without gradients, TorchLens 2.36, onnx-tool; counters of FLOPs are
halved. ``hand`` is the linear algebra alone. A figure of a whole network is in G, with as many digits as were
written down. torch 2.13, torchvision 0.28.
"""

from typing import NamedTuple

PEERS = (
    "hand",
    "torchinfo",
    "thop",
    "thop-0.1",
    "ptflops",
    "ptflops-aten",
    "fvcore",
    "calflops",
    "torch",
    "torch-no-grad",
    "torchlens",
    "onnx-tool",
)
LSTM = "{type: LSTM, hidden_size: 20}"
PATCHED_TWICE = (("TransformerEncoderLayer d64 ff128 T10", "calflops"),)
"""Cells that were measured behind a call that had failed: there functions are patched, and count, twice."""
ENCODER_LAYER = "{type: TransformerEncoderLayer, nhead: 4, dim_feedforward: 128}"


class Case(NamedTuple):
    """A network and what each tool prints; None: not measured, a str: in G, with so many digits."""

    name: str
    inputs: str
    layer: str
    measured: "tuple[int | str | None, ...]"


CASES = (
    Case(
        "Conv2d 3->8 k3 p1 on 8x8, bias",
        "[3, 8, 8]",
        "{type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}",
        (13_824, 14_336, 13_824, 13_824, 14_336, 14_336, 13_824, 13_824, 13_824, 13_824, 13_824, 14_336),
    ),
    Case(
        "ConvTranspose2d 3->1 k2 s2 on 2x2",
        "[3, 2, 2]",
        "{type: ConvTranspose2d, out_channels: 1, kernel_size: 2, stride: 2, bias: false}",
        (48, 192, 48, 192, 48, 48, 48, 48, 48, 48, 48, 64),
    ),
    Case(
        "ConvTranspose2d 4->4 k3 s2 groups 4 on 8x8",
        "[4, 8, 8]",
        "{type: ConvTranspose2d, out_channels: 4, kernel_size: 3, stride: 2, padding: 1, output_padding: 1,"
        " groups: 4, bias: false}",
        (2_304, 9_216, 2_304, 9_216, 2_304, 2_304, 2_304, 0, 2_304, 2_304, 2_304, 9_216),
    ),
    Case(
        "Linear 16->32 on (10, 16)",
        "[10, 16]",
        "{type: Linear, out_features: 32, bias: false}",
        (5_120, 512, 5_120, 5_120, 5_120, 5_120, 5_120, 5_120, 5_120, 5_120, 5_120, None),
    ),
    Case(
        "MultiheadAttention d64 h4 T10",
        "[10, 64]",
        "{type: MultiheadAttention, num_heads: 4}",
        (176_640, 0, 177_800, 0, 180_240, 166_400, 163_840, 163_840, 176_640, 0, 176_640, None),
    ),
    Case("LSTM 10->20 T5", "[5, 10]", LSTM, (12_000, 12_800, 13_600, 13_600, 13_800, 0, 0, 0, 0, 0, 0, None)),
    Case(
        "the same, bidirectional",
        "[5, 10]",
        LSTM.replace("}", ", bidirectional: true}"),
        (24_000, 25_600, 27_200, 27_200, 27_600, 0, 0, 0, 0, 0, None, None),
    ),
    Case(
        "BatchNorm2d 8 on 8x8",
        "[8, 8, 8]",
        "BatchNorm2d",
        (0, 16, 2_048, 2_048, 1_024, 0, 1_024, 0, 0, 0, 0, None),
    ),
    Case(
        "TransformerEncoderLayer d64 ff128 T10",
        "[10, 64]",
        ENCODER_LAYER,
        (340_480, 16_832, 346_760, 168_960, 347_280, 332_160, 334_080, 655_360, 340_480, 0, 340_480, None),
    ),
    Case(
        "resnet18 at 224",
        "",
        "resnet18",
        ("1.814", "1.814", "1.824", None, "1.825", "1.814", "1.819", "1.814", "1.814", "1.814", "1.81", None),
    ),
    Case(
        "vit_b_16 at 224",
        "",
        "vit_b_16",
        ("17.56", "0.173", "17.60", None, "17.61", "16.86", "16.87", "16.85", None, "11.27", "17.56", None),
    ),
    Case(
        "mobilenet_v2 at 224",
        "[3, 224, 224]",
        "torchvision.models:mobilenet_v2",
        (
            "0.3008",
            "0.3008",
            "0.3275",
            None,
            "0.3203",
            "0.3008",
            "0.3142",
            "0.3008",
            "0.3008",
            "0.3008",
            "0.3008",
            None,
        ),
    ),
)
