"""Published networks, written down in short: rules about axes, maps and depth have nothing to say of them."""

import pytest

from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection

DEFAULT = Selection().active()
TOKENS = "inputs: {tokens: {shape: [40], dtype: int64}}\n"
PUBLISHED = {
    "Kim 2014, windows of words": TOKENS
    + """
task: text_classification
loss: CrossEntropyLoss
layers:
  - {type: Embedding, num_embeddings: 5000, embedding_dim: 128}
  - {type: Transpose, name: words, dim0: 0, dim1: 1}
  - {type: Conv1d, name: c3, from: words, out_channels: 100, kernel_size: 3}
  - {type: ReLU, name: r3}
  - {type: AdaptiveMaxPool1d, name: p3, output_size: 1}
  - {type: Conv1d, name: c4, from: words, out_channels: 100, kernel_size: 4}
  - {type: ReLU, name: r4}
  - {type: AdaptiveMaxPool1d, name: p4, output_size: 1}
  - {type: Concat, from: [p3, p4]}
  - Flatten
  - {type: Dropout, p: 0.5}
  - {type: Linear, out_features: 2}
""",
    "Kim 2014, as an image of words": TOKENS
    + """
task: text_classification
loss: CrossEntropyLoss
layers:
  - {type: Embedding, num_embeddings: 5000, embedding_dim: 128}
  - {type: Unsqueeze, dim: 0}
  - {type: Conv2d, out_channels: 100, kernel_size: [3, 128]}
  - ReLU
  - {type: Squeeze, dim: 2}
  - {type: AdaptiveMaxPool1d, output_size: 1}
  - Flatten
  - {type: Linear, out_features: 2}
""",
    "Shi et al. 2015, CRNN": """
task: optical_character_recognition
loss: CTCLoss
inputs: {line: [1, 32, 100]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}
  - ReLU
  - {type: MaxPool2d, kernel_size: 2}
  - {type: Conv2d, out_channels: 128, kernel_size: 3, padding: 1, bias: false}
  - BatchNorm2d
  - ReLU
  - {type: AdaptiveAvgPool2d, output_size: [1, 25]}
  - {type: Squeeze, dim: 1}
  - {type: Transpose, dim0: 0, dim1: 1}
  - {type: LSTM, hidden_size: 64, bidirectional: true}
  - {type: Linear, out_features: 37}
  - {type: LogSoftmax, dim: 2}
""",
    "Amodei et al. 2015, Deep Speech 2": """
task: speech_recognition
loss: CTCLoss
inputs: {spectrogram: [1, 160, 200]}
layers:
  - {type: Conv2d, out_channels: 32, kernel_size: [41, 11], stride: [2, 2], padding: [20, 5], bias: false}
  - BatchNorm2d
  - Hardtanh
  - {type: Flatten, start_dim: 1, end_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - {type: GRU, hidden_size: 128, bidirectional: true}
  - {type: Transpose, dim0: 0, dim1: 1}
  - BatchNorm1d
  - {type: Transpose, dim0: 0, dim1: 1}
  - {type: GRU, name: last, hidden_size: 128, bidirectional: true}
  - {type: Linear, from: last, out_features: 29}
  - {type: LogSoftmax, dim: 2}
""",
    "Qi et al. 2016, PointNet": """
task: point_cloud_classification
loss: CrossEntropyLoss
inputs: {points: [3, 1024]}
layers:
  - {type: Conv1d, out_channels: 64, kernel_size: 1, bias: false}
  - BatchNorm1d
  - ReLU
  - {type: Conv1d, out_channels: 1024, kernel_size: 1, bias: false}
  - BatchNorm1d
  - {type: AdaptiveMaxPool1d, output_size: 1}
  - Flatten
  - {type: Linear, out_features: 40}
""",
    "Tolstikhin et al. 2021, MLP-Mixer": """
task: image_classification
loss: CrossEntropyLoss
inputs: {image: [3, 224, 224]}
layers:
  - {type: Conv2d, out_channels: 512, kernel_size: 16, stride: 16}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - type: Residual
    body:
      - LayerNorm
      - {type: Transpose, dim0: 0, dim1: 1}
      - {type: Linear, out_features: 256}
      - GELU
      - {type: Linear, out_features: 196}
      - {type: Transpose, dim0: 0, dim1: 1}
  - type: Residual
    body:
      - LayerNorm
      - {type: Linear, out_features: 2048}
      - GELU
      - {type: Linear, out_features: 512}
  - LayerNorm
  - {type: Mean, dim: 0}
  - {type: Linear, out_features: 1000}
""",
    "the same with convolutions over tokens and batch norms": """
task: image_classification
loss: CrossEntropyLoss
inputs: {image: [3, 224, 224]}
layers:
  - {type: Conv2d, out_channels: 512, kernel_size: 16, stride: 16}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - type: Residual
    body:
      - LayerNorm
      - {type: Conv1d, out_channels: 256, kernel_size: 1}
      - GELU
      - {type: Conv1d, out_channels: 196, kernel_size: 1}
  - {type: Transpose, dim0: 0, dim1: 1}
  - type: Residual
    body:
      - {type: Linear, out_features: 256}
      - BatchNorm1d
      - GELU
      - {type: Linear, out_features: 196}
  - {type: AdaptiveAvgPool1d, output_size: 1}
  - Flatten
  - {type: Linear, out_features: 1000}
""",
    "Mildenhall et al. 2020, NeRF": """
task: {custom: view synthesis}
loss: MSELoss
inputs: {place: [60], view: [24]}
layers:
  - {type: Linear, from: place, out_features: 256}
  - ReLU
  - type: Sequential
    repeat: 4
    layers: [{type: Linear, out_features: 256}, ReLU]
  - {type: Concat, name: again, from: [sequential_0, place]}
  - type: Sequential
    repeat: 3
    layers: [{type: Linear, out_features: 256}, ReLU]
  - {type: Linear, name: density, from: sequential_1, out_features: 1}
  - {type: Linear, name: feature, from: sequential_1, out_features: 256}
  - {type: Concat, from: [feature, view]}
  - {type: Linear, out_features: 128}
  - ReLU
  - {type: Linear, name: colour, out_features: 3}
  - {type: Sigmoid, name: rgb}
outputs: [rgb, density]
""",
    "Cicek et al. 2016, U-Net of films": """
task: segmentation
loss: CrossEntropyLoss
inputs: {volume: [3, 16, 64, 64]}
layers:
  - {type: Conv3d, out_channels: 32, kernel_size: 3, padding: 1, bias: false}
  - BatchNorm3d
  - {type: ReLU, name: e1}
  - {type: MaxPool3d, kernel_size: 2}
  - {type: Conv3d, out_channels: 64, kernel_size: 3, padding: 1, bias: false}
  - BatchNorm3d
  - ReLU
  - {type: ConvTranspose3d, name: up, out_channels: 64, kernel_size: 2, stride: 2}
  - {type: Concat, from: [e1, up]}
  - {type: Conv3d, out_channels: 32, kernel_size: 3, padding: 1, bias: false}
  - BatchNorm3d
  - ReLU
  - {type: Conv3d, out_channels: 3, kernel_size: 1}
""",
    "U-Net with a resized map and a 2x2 in the place of the transposed one": """
task: segmentation
loss: CrossEntropyLoss
inputs: {image: [1, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}
  - {type: ReLU, name: e1}
  - {type: MaxPool2d, kernel_size: 2}
  - {type: Conv2d, out_channels: 128, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Upsample, scale_factor: 2, mode: bilinear}
  - {type: Conv2d, name: up, out_channels: 64, kernel_size: 3, padding: 1}
  - {type: Concat, from: [e1, up]}
  - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Conv2d, out_channels: 2, kernel_size: 1}
""",
    "Lin et al. 2017, feature pyramid": """
task: detection
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 3, stride: 2, padding: 1}
  - {type: ReLU, name: c2}
  - {type: Conv2d, out_channels: 128, kernel_size: 3, stride: 2, padding: 1}
  - {type: ReLU, name: c3}
  - {type: Conv2d, name: top, out_channels: 64, kernel_size: 1}
  - {type: Upsample, name: up, scale_factor: 2}
  - {type: Conv2d, name: lateral, from: c2, out_channels: 64, kernel_size: 1}
  - {type: Add, name: p2, from: [lateral, up]}
  - {type: Conv2d, name: out2, from: p2, out_channels: 64, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: out3, from: top, out_channels: 64, kernel_size: 3, padding: 1}
outputs: [out2, out3]
""",
    "Lim et al. 2017, EDSR": """
task: super_resolution
loss: L1Loss
inputs: {image: [3, 48, 48]}
layers:
  - {type: Conv2d, name: head, out_channels: 64, kernel_size: 3, padding: 1}
  - type: Residual
    body:
      - type: Residual
        repeat: 4
        body:
          - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}
          - ReLU
          - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}
      - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}
  - {type: Conv2d, out_channels: 256, kernel_size: 3, padding: 1}
  - {type: PixelShuffle, upscale_factor: 2}
  - {type: Conv2d, out_channels: 3, kernel_size: 3, padding: 1}
""",
    "Liu et al. 2016, SSD": """
task: detection
loss: CrossEntropyLoss
vars: {classes: 20}
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 4, stride: 4}
  - {type: ReLU, name: c4}
  - {type: Conv2d, out_channels: 64, kernel_size: 3, stride: 2, padding: 1}
  - {type: ReLU, name: c7}
  - {type: Conv2d, name: conf4, from: c4, out_channels: =4 * (classes + 1), kernel_size: 3, padding: 1}
  - {type: Conv2d, name: loc4, from: c4, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: conf7, from: c7, out_channels: =6 * (classes + 1), kernel_size: 3, padding: 1}
  - {type: Conv2d, name: loc7, from: c7, out_channels: 24, kernel_size: 3, padding: 1}
  - {type: Permute, name: a, from: conf4, dims: [1, 2, 0]}
  - {type: Reshape, name: b, from: a, shape: [-1, =classes + 1]}
  - {type: Permute, name: c, from: conf7, dims: [1, 2, 0]}
  - {type: Reshape, name: d, from: c, shape: [-1, =classes + 1]}
  - {type: Concat, name: scores, from: [b, d], dim: 0}
outputs: [scores, loc4, loc7]
""",
    "Zeng et al. 2023, DLinear": """
task: forecasting
loss: MSELoss
inputs: {series: [7, 96]}
layers:
  - {type: AvgPool1d, name: trend, kernel_size: 25, stride: 1, padding: 12, count_include_pad: false}
  - {type: Linear, name: slow, from: trend, out_features: 24}
  - {type: Linear, name: fast, from: series, out_features: 24}
  - {type: Add, from: [slow, fast]}
""",
    "Dosovitskiy et al. 2021, ViT": """
task: image_classification
loss: CrossEntropyLoss
inputs: {image: [3, 224, 224]}
layers:
  - {type: Conv2d, out_channels: 192, kernel_size: 16, stride: 16}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - ClassToken
  - {type: LearnedPositionalEncoding, max_len: 197, bare: true}
  - {type: ViTBlock, num_heads: 3, mlp_dim: 768}
  - LayerNorm
  - {type: Slice, stop: 1}
  - Flatten
  - {type: Linear, out_features: 1000}
""",
}


@pytest.mark.parametrize("text", PUBLISHED.values(), ids=PUBLISHED)
def test_a_published_network_has_no_finding(text: str) -> None:
    checked = check_text(text, "published.yaml", DEFAULT)
    assert checked.context is not None
    assert [f"{each.place} {each.code} {each.message}" for each in checked.findings] == []
