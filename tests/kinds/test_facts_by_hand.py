"""Facts of norms, activations and products with numbers derived by hand, and what their refusals say."""

from typing import NamedTuple

import pytest
import torch
from torch import nn

from archcalc import loads, trace
from archcalc.errors import Fault, SpecError
from archcalc.facts import FEATURES, IDENTITY, AxisRead, Groups, Reads, Tensor, Window, count
from archcalc.layers.registry import kind


class Row(NamedTuple):
    """A layer on its inputs, the shapes that leave, parameters, buffers' elements and MACs."""

    name: str
    arguments: dict[str, object]
    shapes: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    params: int = 0
    buffers: int = 0
    macs: int = 0


IMAGE = (8, 6, 4)
ROWS = (
    Row("GroupNorm", {"num_groups": 4}, (IMAGE,), (IMAGE,), params=16),
    Row("GroupNorm", {"num_groups": 4, "bias": False}, (IMAGE,), (IMAGE,), params=8),
    Row("InstanceNorm2d", {}, (IMAGE,), (IMAGE,)),
    Row("InstanceNorm2d", {"affine": True, "track_running_stats": True}, (IMAGE,), (IMAGE,), 16, 17),
    Row("BatchNorm2d", {"bias": False}, (IMAGE,), (IMAGE,), 8, 17),
    Row("FrozenBatchNorm2d", {}, (IMAGE,), (IMAGE,), buffers=4 * 8),
    Row(
        "DeformConv2d",
        {"out_channels": 5, "kernel_size": 3, "padding": 1, "groups": 1},
        (IMAGE, (2 * 4 * 9, 6, 4), (4 * 9, 6, 4)),
        ((5, 6, 4),),
        params=5 * 8 * 9 + 5,
        macs=5 * 6 * 4 * 8 * 9,
    ),
    Row(
        "ConvLSTM",
        {"hidden_dim": 5, "kernel_size": (3, 1), "num_layers": 2},
        ((7, *IMAGE),),
        ((7, 5, 6, 4), (2, 5, 6, 4), (2, 5, 6, 4)),
        params=4 * 5 * ((8 + 5) * 3 + 1) + 4 * 5 * ((5 + 5) * 3 + 1),
        macs=7 * 6 * 4 * 4 * 5 * (8 + 5 + 5 + 5) * 3,
    ),
    Row("RoIAlign", {"output_size": (3, 2)}, (IMAGE, (7, 5)), ((7, 8, 3, 2),)),
    Row("LayerNorm", {}, (IMAGE,), (IMAGE,), params=8),
    Row("LayerNorm", {"normalized_shape": (6, 4)}, (IMAGE,), (IMAGE,), params=48),
    Row("LayerNorm", {"normalized_shape": (6, 4), "bias": False}, (IMAGE,), (IMAGE,), params=24),
    Row("RMSNorm", {"normalized_shape": 4}, (IMAGE,), (IMAGE,), params=4),
    Row("Scale", {"factor": 2}, (IMAGE,), (IMAGE,)),
    Row("LayerScale", {}, (IMAGE,), (IMAGE,), params=4),
    Row("LayerScale2d", {}, (IMAGE,), (IMAGE,), params=8),
    Row("GLU", {"dim": 1}, (IMAGE,), ((4, 6, 4),)),
    Row(
        "Bilinear", {"out_features": 5}, ((7, 3), (7, 4)), ((7, 5),), 5 * 3 * 4 + 5, macs=7 * 5 * 4 * (3 + 1)
    ),
    Row("MatMul", {}, ((2, 7, 3), (1, 3, 4)), ((2, 7, 4),), macs=2 * 7 * 3 * 4),
    Row("Chunk", {"chunks": 4}, ((9, 2),), ((3, 2),) * 3),
    Row("Split", {"split_size_or_sections": (2, 7)}, ((9, 2),), ((2, 2), (7, 2))),
    Row("Max", {"dim": 0}, ((9, 2),), ((2,), (2,))),
    Row("Stack", {"dim": -1}, ((9, 2),) * 3, ((9, 2, 3),)),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} {row.arguments}")
def test_facts_by_hand(row: Row) -> None:
    facts = kind(row.name).model_validate(row.arguments).infer(tuple(map(Tensor, row.shapes)))
    assert tuple(tensor.shape for tensor in facts.outputs.values()) == row.outputs
    assert (count(facts.weights), count(facts.buffers), facts.macs) == (row.params, row.buffers, row.macs)


def test_reads_of_norms_by_hand() -> None:
    own, mean = AxisRead(0, IDENTITY), [AxisRead(axis, IDENTITY, statistic=True) for axis in range(3)]
    features = [AxisRead(axis, FEATURES) for axis in range(3)]
    near = AxisRead(0, FEATURES, group=Window(5, padding=2))
    rows: tuple[tuple[str, dict[str, object], Reads], ...] = (
        ("BatchNorm2d", {}, (own, AxisRead(1, IDENTITY), AxisRead(2, IDENTITY))),
        ("BatchNorm2d", {"track_running_stats": False}, (own, *mean[1:])),
        ("InstanceNorm2d", {}, (own, *mean[1:])),
        (
            "InstanceNorm2d",
            {"track_running_stats": True},
            (own, AxisRead(1, IDENTITY), AxisRead(2, IDENTITY)),
        ),
        ("GroupNorm", {"num_groups": 2}, (AxisRead(0, FEATURES, group=Groups(2)), *mean[1:])),
        ("GroupNorm", {"num_groups": 4}, (own, *mean[1:])),
        ("LayerNorm", {}, (own, AxisRead(1, IDENTITY), features[2])),
        ("LayerNorm", {"normalized_shape": (5, 6)}, (own, *mean[1:])),
        ("RMSNorm", {"normalized_shape": (4, 5, 6)}, tuple(mean)),
        ("LocalResponseNorm", {"size": 5}, (near, AxisRead(1, IDENTITY), AxisRead(2, IDENTITY))),
    )
    for name, arguments, expected in rows:
        (reads,) = kind(name).model_validate(arguments).infer((Tensor((4, 5, 6)),)).reads
        assert reads == expected, name


def test_tables_have_no_products_and_name_their_rows() -> None:
    tokens = Tensor((5,), "int64")
    found = kind("Embedding").model_validate({"num_embeddings": 6, "embedding_dim": 3}).infer((tokens,))
    assert (found.macs, found.lookups, found.weights) == (0, ("weight",), {"weight": (6, 3)})


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        ("{type: GroupNorm, num_groups: 3}", "8 channels do not divide into 3 groups"),
        ("{type: GroupNorm, num_groups: 2, num_channels: 4}", "num_channels is 4, but 8 arrive"),
        ("{type: LayerNorm, normalized_shape: 5}", "normalized_shape is [5], but the input ends with [6]"),
        (
            "{type: LayerNorm, normalized_shape: [8, 5]}",
            "normalized_shape is [8, 5], but the input ends with [8, 6]",
        ),
        (
            "{type: RMSNorm, normalized_shape: [1, 8, 6]}",
            "normalized_shape has 3 sizes, but a sample has 2 axes",
        ),
        ("{type: InstanceNorm1d, from: point}", "needs more than 1 position, got [1]"),
        ("{type: LocalResponseNorm, size: 3, from: line}", "needs 2 or more axes (C, *), got 1: [7]"),
        ("{type: Scale, factor: .inf}", "factor needs a finite number, got .inf"),
        ("{type: LayerScale, dim: 8}", "dim is 8, but 6 arrive"),
        ("{type: StochasticDepth, p: 0.1, mode: column}", "mode needs 'batch' or 'row', got 'column'"),
        ("{type: Dropout1d, from: line}", "needs 2 axes (C, L), got 1: [7]"),
        ("{type: GLU, from: line}", "axis 0 of [7] has 7, which has no halves"),
        ("{type: GLU, dim: 0}", "dim 0 is the batch axis, which stays"),
        ("{type: CELU, alpha: 0}", "alpha is 0, by which x is divided"),
        ("{type: RReLU, lower: 0.5}", "lower 0.5 is above upper 0.333333"),
        ("{type: Hardtanh, max_val: -2}", "max_val -2 is not above min_val -1"),
        ("{type: Softshrink, lambd: -1}", "lambd needs at least 0.0, got -1"),
        ("{type: Bilinear, out_features: 2}", "takes 2 inputs, got 1"),
        (
            "{type: Bilinear, out_features: 2, from: [image, line]}",
            "inputs differ before the last axis: [8, 6] and [7]",
        ),
        ("{type: MatMul, from: [image, whole]}", "inputs have different dtypes: float32 and int64"),
        ("{type: ConvLSTM, hidden_dim: 2, kernel_size: 3}", "needs 4 axes (T, C, H, W), got 2: [8, 6]"),
        ("{type: ConvLSTM, hidden_dim: 2, kernel_size: [3, 2], from: maps}", "kernel 2 has no middle"),
        (
            "{type: ConvLSTM, hidden_dim: 2, kernel_size: 3, from: [maps, maps, maps]}",
            "h_0 has shape [5, 8, 6, 4], but [1, 2, 6, 4] is needed",
        ),
        ("{type: RoIAlign, output_size: 2, from: map}", "takes a map and boxes, got 1 input"),
        (
            "{type: RoIAlign, output_size: 2, from: [map, image]}",
            "boxes need shape [K, 4] or [K, 5], got [8, 6]",
        ),
        (
            "{type: DeformConv2d, out_channels: 2, kernel_size: 3, padding: 1, from: [map, map]}",
            "offset has 8 channels, but 9 taps need a multiple of 18",
        ),
        (
            "{type: DeformConv2d, out_channels: 2, kernel_size: 1, stride: 2, from: [map, map]}",
            "offset is [8, 6, 4], but the output has positions [3, 2]",
        ),
        (
            "{type: DeformConv2d, out_channels: 2, kernel_size: 1, from: [map, map, map]}",
            "mask has 8 channels, but 1 taps need 4",
        ),
        ("{type: FrozenBatchNorm2d, num_features: 4, from: map}", "num_features is 4, but 8 arrive"),
        ("{type: Mean, from: whole}", "needs a floating point input, got int64"),
    ],
)
def test_refusals_say_both_numbers(layer: str, what: str) -> None:
    inputs = "{image: [8, 6], line: [7], point: [8, 1], map: [8, 6, 4], maps: [5, 8, 6, 4]}"
    inputs = inputs.replace("}", ", whole: {shape: [6, 8], dtype: int64}}")
    head = "{type: Identity, from: image}"
    with pytest.raises(SpecError) as caught:
        trace(loads(f"inputs: {inputs}\nlayers:\n  - {head}\n  - {layer}\n"))
    assert [problem.what for problem in caught.value.problems] == [what]


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ["ReflectionPad", "ReplicationPad", "CircularPad"])
@pytest.mark.parametrize("padding", [0, 1])
def test_pads_of_truths_are_those_that_torch_has(name: str, rank: int, padding: int) -> None:
    shape = (2, *[4] * rank)
    layer = kind(f"{name}{rank}d").model_validate({"padding": padding})
    try:
        getattr(nn, f"{name}{rank}d")(padding)(torch.zeros(1, *shape, dtype=torch.bool))
        taken = True
    except NotImplementedError:
        taken = False
    if taken:
        assert layer.infer((Tensor(shape, "bool"),)).outputs
    else:
        with pytest.raises(Fault, match="no bool"):
            layer.infer((Tensor(shape, "bool"),))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_convolutions_mix_channels_and_move_over_positions(rank: int) -> None:
    shape = (4, *[9] * rank)
    layer = kind(f"Conv{rank}d").model_validate({"out_channels": 6, "kernel_size": 3, "groups": 2})
    channels, *positions = layer.infer((Tensor(shape),)).reads[0]
    assert (channels.to, channels.reach, channels.group) == (0, FEATURES, Groups(2))
    assert positions == [AxisRead(axis, Window(3)) for axis in range(1, rank + 1)]
