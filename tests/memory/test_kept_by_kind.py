"""What a kind says that autograd keeps of it, against figures of torch and torch itself."""

import csv
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from archcalc.facts import Tensor
from archcalc.layers.registry import KINDS, kind
from tests.kinds.drawing import Sample
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred
from tests.kinds.torch_modules import BATCH, REFUSALS, arriving, module
from tests.memory.kept import run, size, stated_bytes, storage

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = list(csv.DictReader((Path(__file__).parent / "saved_by_kind.csv").open(encoding="utf-8")))
"""Bytes that torch 2.13 kept of one layer on a CPU, in training, measured on its own modules."""
OTHERWISE = {
    *("MultiheadAttention", "ScaledDotProductAttention", "Bilinear", "RotaryEmbedding", "RNN", "GRU"),
    "IndexSelect",
}
"""Kinds whose modules here are put together otherwise than torch's own: those are looked at below."""
NOT_SAID = {
    *("DeformConv2d", "LSTM", "ConvLSTM", "RoIAlign", "MultiheadLatentAttention", "ShiftedWindowAttention"),
    *("RelativePositionBias", "ALiBi", "TopKRouter", "Experts", "Mamba", "GatedDeltaNet", "Opaque"),
    *("GCNConv", "GATConv", "GATv2Conv", "TransformerConv", "SAGEConv", "GINConv", "ChebConv", "RGCNConv"),
    *("GlobalMeanPool", "GlobalAddPool", "GlobalMaxPool", "RandomMasking", "MaskTokens", "Einsum"),
}
"""Kinds of which nobody can tell, or nobody has yet."""
SAID = sorted(KINDS.keys() - NOT_SAID)


@pytest.mark.parametrize("name", sorted({row["kind"] for row in ROWS}))
def test_figures_of_torch(name: str) -> None:
    for row in (row for row in ROWS if row["kind"] == name):
        layer = kind(name).model_validate(
            {key: _frozen(value) for key, value in json.loads(row["arguments"]).items()}
        )
        inputs = tuple(_tensor(each) for each in row["inputs"].split("; "))
        facts = layer.infer(inputs)
        kept = layer.keeping(inputs, facts)
        assert kept is not None, row
        found = stated_bytes(kept, facts, inputs, int(row["batch"]))
        assert found == int(row["bytes"]), row


def _frozen(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def _tensor(text: str) -> Tensor:
    sizes, dtype = text.split()
    return Tensor(tuple(map(int, sizes.split("x"))), dtype)


@pytest.mark.parametrize("name", sorted(set(SAID) - OTHERWISE))
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_torch_keeps_as_much(name: str, data: st.DataObject) -> None:
    sample: Sample = data.draw(SAMPLES[name])
    if name == "LearnedPositionalEncoding" and sample.arguments.get("bare"):
        return  # the module here looks up what others cut out
    facts = inferred(name, sample)
    if isinstance(facts, str):
        return
    inputs = tuple(Tensor(*each) for each in sample.arriving)
    kept = kind(name).model_validate(sample.arguments).keeping(inputs, facts)
    if kept is None:
        return
    numbers = (
        arriving(name, at, shape, cast("torch.dtype", getattr(torch, dtype)), sample).clone()
        for at, (shape, dtype) in enumerate(sample.arriving)
    )
    try:
        layer = module(name, sample).train()
        if inputs and inputs[0].is_float:
            layer = layer.to(cast("torch.dtype", getattr(torch, inputs[0].dtype)))
        with warnings.catch_warnings(action="ignore"):
            found = run(layer, *numbers)
    except REFUSALS:  # a mean of one number
        return
    if not any(output.requires_grad for output in found.made):
        return
    trained = any(True for _ in layer.parameters())
    own = [found.read[at] for at in kept.arriving(tuple(t.is_float for t in inputs), trained=trained)]
    own += [found.made[at] for at in kept.outputs]
    shared = {storage(tensor): found.kept[storage(tensor)] for tensor in own if tensor.numel()}
    beside = sum(size(tensor, BATCH) for tensor in kept.own(trained=trained))
    assert sum(shared.values()) + beside == sum(found.kept.values()), sample


def test_what_nobody_can_tell_is_said_so() -> None:
    """Every kind of the list says None on some sample, and no other kind on all of them."""
    for name in NOT_SAID:
        assert kind(name).saves is None
    plain = (Tensor((6, 8)),)
    for name, arguments in (("GRU", {"num_layers": 2}), ("RNN", {"bidirectional": True}), ("LSTM", {})):
        layer = kind(name).model_validate({"hidden_size": 4, **arguments})
        assert layer.keeping(plain, layer.infer(plain)) is None


ATTENTIONS = st.fixed_dictionaries(
    {
        "dropout": st.sampled_from([0.0, 0.0, 0.25]),
        "need_weights": st.booleans(),
        "average_attn_weights": st.booleans(),
        "batch_first": st.booleans(),
        "add_bias_kv": st.sampled_from([False, False, True]),
        "add_zero_attn": st.sampled_from([False, False, True]),
        "window": st.sampled_from([None, None, 3]),
        "bias": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None, print_blob=True)
@given(
    arguments=ATTENTIONS,
    form=st.sampled_from([(1, 12, 12), (2, 12, 12), (2, 12, 20), (3, 8, 8), (3, 8, 4)]),
    steps=st.sampled_from([1, 5, 6]),
    batch=st.integers(1, 4),
    dtype=st.sampled_from([torch.float32, torch.bfloat16, torch.float64]),
)
def test_multihead_attention_of_torch(
    arguments: dict[str, object], form: tuple[int, int, int], steps: int, batch: int, dtype: torch.dtype
) -> None:
    inputs, width, memory = form
    shapes = ((steps, width), (steps, memory), (steps, memory))[:inputs]
    layer = kind("MultiheadAttention").model_validate({"num_heads": 4, "cross": False, **arguments})
    stated = tuple(Tensor(shape, str(dtype).removeprefix("torch.")) for shape in shapes)
    facts = layer.infer(stated)
    kept = layer.keeping(stated, facts)
    theirs = {
        key: arguments[key] for key in ("dropout", "bias", "add_bias_kv", "add_zero_attn", "batch_first")
    }
    module = nn.MultiheadAttention(width, 4, kdim=memory, vdim=memory, dtype=dtype, **theirs)  # type: ignore[arg-type]  # drawn
    numbers = [torch.randn(batch, *shape, dtype=dtype) for shape in shapes]
    read = numbers if arguments["batch_first"] else [each.transpose(0, 1).contiguous() for each in numbers]
    found = run(_Asking(module, arguments, steps), *read, plainly=True)
    assert kept is not None
    assert stated_bytes(kept, facts, stated, batch) == sum(found.kept.values())


class _Asking(nn.Module):
    def __init__(self, attention: nn.MultiheadAttention, arguments: dict[str, object], steps: int) -> None:
        super().__init__()
        self.attention = attention
        self.weights = {key: cast("bool", arguments[key]) for key in ("need_weights", "average_attn_weights")}
        distance = torch.arange(steps)[:, None] - torch.arange(steps)
        self.hidden = distance.abs() > 1 if arguments["window"] else None

    def forward(self, *read: torch.Tensor) -> tuple[torch.Tensor, ...]:
        query, key, value = read[0], read[min(1, len(read) - 1)], read[-1]
        made, weights = self.attention(query, key, value, attn_mask=self.hidden, **self.weights)
        return (cast("torch.Tensor", made), *([weights] if weights is not None else []))


SCORED = [
    (shapes, terms, dropout)
    for shapes in (
        ((2, 5, 8), (2, 7, 8), (2, 7, 8)),
        ((4, 5, 8), (2, 7, 8), (2, 7, 8)),
        ((4, 5, 8), (2, 7, 8), (2, 7, 6)),
        ((3, 2, 5, 8), (3, 2, 7, 8), (3, 2, 7, 8)),
        ((5, 8), (7, 8), (7, 8)),
    )
    for terms in (None, "bool", "float32")
    for dropout in (0.0, 0.25)
]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(("shapes", "terms", "dropout"), SCORED)
def test_attention_by_heads_of_torch(
    shapes: tuple[tuple[int, ...], ...], terms: str | None, dropout: float, dtype: str
) -> None:
    layer = kind("ScaledDotProductAttention").model_validate({"dropout_p": dropout})
    stated = tuple(Tensor(shape, dtype) for shape in shapes)
    if terms:
        stated += (Tensor((*shapes[0][:-1], 7), dtype if terms == "float32" else terms),)
    facts = layer.infer(stated)
    kept = layer.keeping(stated, facts)
    read = [torch.ones(3, *each.shape).to(getattr(torch, each.dtype)) for each in stated]
    grouped = len(shapes[0]) > 2 and shapes[0][-3] != shapes[1][-3]
    found = run(_Function(dropout, grouped=grouped), *read, plainly=True)
    assert kept is not None
    assert stated_bytes(kept, facts, stated, 3) == sum(found.kept.values())


class _Function(nn.Module):
    def __init__(self, dropout: float, *, grouped: bool) -> None:
        super().__init__()
        self.dropout, self.grouped = dropout, grouped

    def forward(self, *read: torch.Tensor) -> torch.Tensor:
        return scaled_dot_product_attention(*read, dropout_p=self.dropout, enable_gqa=self.grouped)


def test_bilinear_of_torch() -> None:
    layer = kind("Bilinear").model_validate({"out_features": 7})
    stated = Tensor((5,)), Tensor((6,))
    facts = layer.infer(stated)
    kept = layer.keeping(stated, facts)
    found = run(nn.Bilinear(5, 6, 7), torch.randn(4, 5), torch.randn(4, 6))
    assert kept is not None
    assert stated_bytes(kept, facts, stated, 4) == sum(found.kept.values())


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(
    ("name", "theirs", "arguments"),
    [("GRU", nn.GRU, {}), ("RNN", nn.RNN, {}), ("RNN", nn.RNN, {"nonlinearity": "relu"})],
)
def test_recurrences_of_torch(
    name: str,
    theirs: "Callable[..., nn.Module]",
    arguments: dict[str, str],
    batch_first: bool,  # noqa: FBT001  a parameter
) -> None:
    layer = kind(name).model_validate({"hidden_size": 4, "batch_first": batch_first, **arguments})
    stated = (Tensor((5, 6)),)
    facts = layer.infer(stated)
    kept = layer.keeping(stated, facts)
    read = torch.randn(*((3, 5) if batch_first else (5, 3)), 6)
    found = run(_First(theirs(6, 4, batch_first=batch_first, **arguments)), read, plainly=True)
    assert kept is not None
    assert stated_bytes(kept, facts, stated, 3) == sum(found.kept.values())


class _First(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, *read: torch.Tensor) -> torch.Tensor:
        return cast("torch.Tensor", self.layer(*read)[0])


@pytest.mark.parametrize("whole", [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
def test_products_of_three(whole: tuple[int, ...]) -> None:
    """Of whole numbers, to which no gradient goes, and real ones; axes of size 1 are repeated."""
    layer = kind("Multiply").model_validate({})
    shapes = ((4, 1), (1, 3), (4, 3))
    dtypes = tuple("int64" if at in whole else "float32" for at in range(3))
    stated = tuple(map(Tensor, shapes, dtypes))
    facts = layer.infer(stated)
    kept = layer.keeping(stated, facts)
    read = [torch.ones(2, *tensor.shape).to(getattr(torch, tensor.dtype)) for tensor in stated]
    found = run(module("Multiply", Sample({}, shapes, dtypes)), *read)
    assert kept is not None
    assert stated_bytes(kept, facts, stated, 2) == sum(found.kept.values())
