"""Networks that read other real numbers than torch's own: exported, and built by the bridge."""

import pytest

from archcalc import loads, trace
from archcalc.exporting import torch_source
from tests.exporting.sources import TOLERANCE, difference

WHOLE = """\
inputs: {x: {shape: [6, 8], dtype: DTYPE}}
layers:
  - {type: LearnedPositionalEncoding, name: positions}
  - {type: TransformerEncoderLayer, name: encoder, nhead: 2, dim_feedforward: 8, repeat: 2}
  - {type: GRU, name: gru, hidden_size: 8, num_biases: 1}
  - {type: Linear, name: tied, out_features: 8}
  - {type: Linear, name: again, out_features: 8, tie: tied}
  - {type: Transpose, name: turned, dim0: 0, dim1: 1}
  - {type: BatchNorm1d, name: norm, affine: false}
"""
MIXED = """\
inputs:
  x: {shape: [6, 8], dtype: bfloat16}
  y: {shape: [6, 8], dtype: float64}
  t: {shape: [6], dtype: int64}
layers:
  - type: Sequential
    name: narrow
    layers: [{type: Linear, name: map, from: x, out_features: 8}, {type: ClassToken, name: token}]
  - {type: Embedding, name: embedding, from: t, num_embeddings: 5, embedding_dim: 8}
  - type: Sequential
    name: both
    layers:
      - {type: Linear, name: a, from: y, out_features: 8}
      - {type: ClassToken, name: token}
      - {type: Linear, name: b, from: embedding, out_features: 8}
outputs: [narrow, both.token, both]
"""


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_a_network_of_one_precision_reads_what_the_spec_says(dtype: str) -> None:
    network = trace(loads(WHOLE.replace("DTYPE", dtype)))
    assert torch_source(network).count(f"self.to(torch.{dtype})") == 1
    assert difference(network, seed=1) < TOLERANCE


def test_layers_of_several_precisions_have_each_their_own() -> None:
    network = trace(loads(MIXED))
    found = torch_source(network)
    assert "self.narrow.to(torch.bfloat16)" in found
    assert "self.a.to(torch.float64)" in found
    assert "self.embedding.to" not in found
    assert difference(network, seed=1) < TOLERANCE


def test_torch_s_own_precision_is_not_written() -> None:
    assert ".to(torch." not in torch_source(trace(loads(WHOLE.replace("DTYPE", "float32"))))
