"""A layer of every family, explained as on file; of every kind the numbers are those of its facts."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcalc.layers.registry import KINDS
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Iterable

GOLDEN = Path(__file__).parent / "golden"
LEARNED = Path(__file__).parent / "learned.yaml"
FAMILIES = {
    "accumulating": "Cumsum 4,6 dim=1",
    "activation": "PReLU 8,6 num_parameters=8",
    "adaptive_pooling": "AdaptiveAvgPool2d 8,9,6 output_size=3",
    "arithmetic": "Clamp 8 min=0",
    "attention": "ScaledDotProductAttention 5,8 7,8 7,6 num_heads=2",
    "axis_activation": "GLU 8,6 dim=1",
    "axis_padding": "Pad 3,5 pad=[1,2,0,1]",
    "axis_windows": "UnfoldAxis 3,9 dimension=1 size=3 step=2",
    "casting": "Cast 3 dtype=float16",
    "comparing": "Compare 3,4 op=ge other=0",
    "convolution": "Conv2d 3,224,200 out_channels=64 kernel_size=7 stride=2 padding=3",
    "convolutional_recurrent": "ConvLSTM 4,3,8,8 hidden_dim=5 kernel_size=[3,3]",
    "cropping": "Crop 8,9,7 4,6,6",
    "cutting": "Chunk 9,4 chunks=4 dim=0",
    "deformable_convolution": "DeformConv2d 4,8,8 18,6,6 out_channels=6 kernel_size=3",
    "delta_net": "GatedDeltaNet 6,8 num_k_heads=1 num_v_heads=2 head_k_dim=4 head_v_dim=3",
    "dropout": "Dropout 8,6",
    "einsum": "Einsum 4,2 2,5 equation='ij,jk->ik'",
    "elementary": "Exp 8",
    "embedding": "Embedding 35:int64 num_embeddings=1000 embedding_dim=16",
    "experts": "Experts 6,8 6,2:int64 6,2 num_experts=4 intermediate_size=12",
    "folding": "Unfold 3,9,8 kernel_size=3 stride=2",
    "fractional_pooling": "FractionalMaxPool2d 3,9,9 kernel_size=2 output_size=5",
    "functional": "FunctionalLinear 5,3 4,3 4",
    "graph": "GCNConv 34,8 2,156:int64 out_channels=16",
    "graph_aggregation": "SAGEConv 34,8 2,156:int64 out_channels=16",
    "graph_attention": "GATConv 34,8 2,156:int64 out_channels=4 heads=2",
    "graph_polynomial": "ChebConv 34,8 2,156:int64 out_channels=16 K=3",
    "graph_pooling": "GlobalMeanPool 34,8",
    "graph_relations": "RGCNConv 34,8 2,156:int64 156:int64 out_channels=16 num_relations=5",
    "indexing": "IndexSelect 4,6 2:int64 dim=1",
    "latent_attention": (
        "MultiheadLatentAttention 5,16 num_heads=2 kv_lora_rank=6 qk_nope_head_dim=4 qk_rope_head_dim=2"
        " v_head_dim=3"
    ),
    "layer_normalization": "LayerNorm 7,16",
    "linear": "Linear 7,30 out_features=10",
    "masking": "RandomMasking 16,8 mask_ratio=0.75",
    "merging": "MatMul 4,5,6 4,6,3",
    "multihead_attention": "MultiheadAttention 5,8 num_heads=4 num_kv_heads=2 causal=true",
    "normalization": "BatchNorm2d 16,8,6",
    "norms": "Norm 4,6 dim=1",
    "opaque": "Opaque 4 operator=torch.ops.mine.op outputs={output: {shape: [3]}}",
    "padding": "ReflectionPad2d 3,8,9 padding=[1,2,3,0]",
    "permuting": "Transpose 3,5 dim0=0 dim1=1",
    "pooling": "MaxPool2d 8,15,112 kernel_size=3 stride=2 ceil_mode=true",
    "position_bias": "RelativePositionBias 5,8 7,8 num_heads=2",
    "positional": "LearnedPositionalEncoding 16,8",
    "ranking": "TopK 4,6 k=2 dim=1",
    "recurrent": "LSTM 5,10 hidden_size=20 proj_size=8",
    "recurrent_cell": "GRUCell 10 hidden_size=20",
    "reduction": "Mean 4,6 dim=1",
    "region_pooling": "RoIAlign 8,16,16 5,4 output_size=7",
    "repeating": "Repeat 3,4 repeats=[2,3]",
    "resampling": "Upsample 3,7,5 scale_factor=2",
    "reshaping": "Flatten 4,3,5",
    "sampling": "Reparameterize 8 8",
    "scaling": "LayerScale 7,16",
    "scattering": "SliceScatter 4,6 4,2 dim=1 start=2 stop=4",
    "selecting": "Select 4,6 dim=0 index=1",
    "shrinkage": "Softshrink 8,6",
    "shuffling": "PixelShuffle 12,5,6 upscale_factor=2",
    "sources": f"{LEARNED} table",
    "state_space": "Mamba 6,8",
    "transposed_convolution": (
        "ConvTranspose1d 4,50 out_channels=8 kernel_size=4 stride=2 padding=1 dilation=3"
    ),
    "triangles": "Tril 5,5",
    "turning": "Roll 3,5 shifts=1 dim=0",
    "unpooling": "MaxUnpool2d 3,4,5 3,4,5:int64 kernel_size=2",
    "window_attention": "ShiftedWindowAttention 8,8,12 num_heads=3 window_size=[4,4] shift_size=[2,2]",
}
"""A family of kinds -> a layer of it, as the command line has it."""


def words_of(line: str) -> list[str]:
    """The words of a line; what is in braces is one."""
    before, brace, behind = line.partition(" outputs=")
    return [*before.split(), *([f"outputs={behind}"] if brace else [])]


def without_spaces(lines: "Iterable[str]") -> str:
    """A table whose columns are not aligned: a longer cell changes its own line alone."""
    return "".join(f"{'  '.join(part for part in line.split('   ') if part)}\n" for line in lines)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_is_explained_as_on_file(
    family: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    ran = run(capsys, "explain", *words_of(FAMILIES[family]))
    assert (ran.code, ran.err) == (0, "")
    told = without_spaces(line for line in ran.out.splitlines() if not line.startswith("─"))
    path = GOLDEN / f"{family}.txt"
    if request.config.getoption("--write-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


def test_every_family_has_its_file_and_no_other_is_there() -> None:
    assert FAMILIES.keys() == set(KINDS.values())
    assert {path.stem for path in GOLDEN.iterdir()} == FAMILIES.keys()
    for family, line in FAMILIES.items():
        assert KINDS.get(line.split()[0], "sources") == family
