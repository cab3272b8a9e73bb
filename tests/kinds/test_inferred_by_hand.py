"""What layers infer for the arguments that are left out, by hand, and that written ones stay as they are."""

from typing import TYPE_CHECKING, NamedTuple

import pytest

from archcalc.facts import Tensor
from archcalc.layers.registry import kind
from tests.kinds.drawing import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Argument


class Row(NamedTuple):
    """What a layer infers on inputs of these shapes (and dtypes, float32 where there are none)."""

    name: str
    arguments: dict[str, object]
    shapes: tuple[tuple[int, ...], ...]
    inferred: "Mapping[str, Argument]"
    dtypes: tuple[str, ...] = ()


POOLED = (((2, 3), (2, 3)), ("float32", "int64"))
GRAPH = (((4, 3), (2, 9)), ("float32", "int64"))
LATENT = {"kv_lora_rank": 4, "qk_nope_head_dim": 3, "qk_rope_head_dim": 2, "v_head_dim": 3}
KERNELS: dict[str, object] = {"out_channels": 4, "kernel_size": (3, 5)}
ROWS = (
    *(
        Row(name, {}, (shape,), {"dim": dim})
        for name in ("Softmax", "LogSoftmax", "Softmin")
        for shape, dim in (((3,), 1), ((3, 2), 0), ((3, 2, 2), 1), ((3, 2, 2, 2), 1))
    ),
    Row("Conv2d", KERNELS, ((3, 8, 9),), {"in_channels": 3, "padding": 0}),
    Row("Conv2d", {**KERNELS, "padding": "valid"}, ((3, 8, 9),), {"in_channels": 3, "padding": (0, 0)}),
    Row("Conv2d", {**KERNELS, "padding": "same"}, ((3, 8, 9),), {"in_channels": 3, "padding": (1, 2)}),
    Row(
        "Conv1d",
        {**KERNELS, "kernel_size": 4, "padding": "same"},
        ((3, 8),),
        {"in_channels": 3, "padding": "same"},
    ),
    Row("ConvTranspose2d", KERNELS, ((3, 8, 9),), {"in_channels": 3}),
    Row("TransposedLinear", {"out_features": 2}, ((5, 7),), {"in_features": 7}),
    Row("Bilinear", {"out_features": 2}, ((5, 7), (5, 3)), {"in1_features": 7, "in2_features": 3}),
    Row("MaxPool2d", {"kernel_size": (3, 2)}, ((1, 8, 9),), {"stride": (3, 2)}),
    Row("AvgPool2d", {"kernel_size": 3}, ((1, 8, 9),), {"stride": 3}),
    Row("AdaptiveAvgPool2d", {"output_size": (None, 4)}, ((3, 7, 8),), {"output_size": (7, 4)}),
    Row("MaxUnpool1d", {"kernel_size": 2}, POOLED[0], {"stride": 2, "output_size": (6,)}, POOLED[1]),
    Row(
        "MaxUnpool1d",
        {"kernel_size": 2, "stride": 3, "output_size": 9},
        POOLED[0],
        {"stride": 3, "output_size": (9,)},
        POOLED[1],
    ),
    Row("SAGEConv", {"out_channels": 2}, GRAPH[0], {"in_channels": 3}, GRAPH[1]),
    Row(
        "GCNConv",
        {"out_channels": 2, "normalize": False},
        GRAPH[0],
        {"in_channels": 3, "add_self_loops": False},
        GRAPH[1],
    ),
    Row("BatchNorm2d", {}, ((6, 3, 2),), {"num_features": 6}),
    Row("FrozenBatchNorm2d", {}, ((6, 3, 2),), {"num_features": 6}),
    Row("DeformConv2d", {**KERNELS, "padding": 1}, ((3, 8, 9), (30, 8, 7)), {"in_channels": 3}),
    Row("LayerNorm", {}, ((5, 6),), {"normalized_shape": (6,)}),
    Row("RMSNorm", {"normalized_shape": (5, 6)}, ((5, 6),), {"normalized_shape": (5, 6)}),
    Row("GroupNorm", {"num_groups": 2}, ((6, 3),), {"num_channels": 6}),
    Row("InstanceNorm1d", {}, ((6, 3),), {"num_features": 6}),
    Row("LayerScale", {}, ((6, 3),), {"dim": 3}),
    Row("LayerScale2d", {}, ((6, 3, 2),), {"dim": 6}),
    Row("Softmax", {}, ((6,),), {"dim": 1}),
    Row("Softmax", {}, ((6, 3),), {"dim": 0}),
    Row("Softmax", {"dim": -1}, ((6, 3),), {"dim": -1}),
    Row("Mean", {"keepdim": True}, ((6, 3),), {"dim": (0, 1)}),
    Row("Squeeze", {}, ((1, 3, 1),), {"dim": (0, 1, 2)}),
    Row("Unflatten", {"dim": 1, "unflattened_size": (2, -1)}, ((6, 5),), {"unflattened_size": (2, 3)}),
    Row("Reshape", {"shape": (-1, 10)}, ((6, 5),), {"shape": (3, 10)}),
    Row("LSTM", {"hidden_size": 2}, ((6, 5),), {"input_size": 5}),
    Row("ConvLSTM", {"hidden_dim": 2, "kernel_size": 3}, ((6, 5, 4, 4),), {"input_dim": 5}),
    Row("MultiheadLatentAttention", {"num_heads": 2, **LATENT}, ((6, 5),), {"hidden_size": 5}),
    Row(
        "GatedDeltaNet",
        {"num_k_heads": 1, "num_v_heads": 2, "head_k_dim": 2, "head_v_dim": 2},
        ((6, 5),),
        {"hidden_size": 5},
    ),
    Row("GRUCell", {"hidden_size": 2}, ((5,),), {"input_size": 5}),
    Row("Mamba", {}, ((6, 40),), {"d_model": 40, "dt_rank": 3}),
    Row("LearnedPositionalEncoding", {"offset": 2}, ((6, 5),), {"max_len": 8, "embedding_dim": 5}),
    Row("ShiftedWindowAttention", {"num_heads": 2, "window_size": 2}, ((4, 4, 6),), {"dim": 6}),
    Row("ScaledDotProductAttention", {"num_heads": 2}, ((3, 4),) * 3, {"num_kv_heads": 2, "cross": False}),
    Row(
        "MultiheadAttention",
        {"num_heads": 2, "num_kv_heads": 1},
        ((5, 8), (7, 4)),
        {"embed_dim": 8, "kdim": 4, "vdim": 4, "head_dim": 4, "num_kv_heads": 1, "cross": True},
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_inferred_arguments_by_hand(row: Row) -> None:
    layer, sample = (
        kind(row.name).model_validate(row.arguments),
        Sample(row.arguments, row.shapes, row.dtypes),
    )
    assert layer.infer(tuple(Tensor(*arriving) for arriving in sample.arriving)).inferred == row.inferred
