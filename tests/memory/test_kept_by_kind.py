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
from archcalc.layers.base import Layer
from archcalc.layers.registry import KINDS, kind
from tests.kinds.drawing import Sample
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred
from tests.kinds.torch_modules import REFUSALS, arriving, module
from tests.memory.kept import Run, run, size, stated_bytes, storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.keeping import Saved

ROWS = list(csv.DictReader((Path(__file__).parent / "saved_by_kind.csv").open(encoding="utf-8")))
"""Bytes that torch 2.13 kept of one layer on a CPU, in training, measured on its own modules."""
OTHERWISE = {
    **dict.fromkeys(("MultiheadAttention", "ScaledDotProductAttention"), "asked for weights, with a mask"),
    **dict.fromkeys(("Bilinear", "RotaryEmbedding"), "written out in products that are counted"),
    **dict.fromkeys(("DeformConv2d", "RoIAlign"), "put together where torchvision's operators are missing"),
    "IndexSelect": "every sample has positions of its own",
}
"""Kinds whose modules here are put together otherwise than those that they are named after, and how; what
torch has a module of is looked at below."""
CONVOLUTIONS_OF_GRAPHS = {
    *("GCNConv", "GATConv", "GATv2Conv", "TransformerConv", "SAGEConv", "GINConv", "ChebConv", "RGCNConv"),
}
NOT_SAID = {
    **dict.fromkeys(CONVOLUTIONS_OF_GRAPHS, "loops of the graph, kernels of torch_geometric"),
    **dict.fromkeys(("Mamba", "GatedDeltaNet"), "another kernel on every device"),
    "MultiheadLatentAttention": "libraries differ",
    "Experts": "where the router sends the positions",
    "Opaque": "only the outputs are known",
    "EmbeddingBag": "offsets make every sample a call of its own",
}
"""Kinds that do not say of all arguments what is kept, and why; this list is to become shorter."""
BEYOND = {"LSTM"}
"""Kinds of which a device's own kernel keeps more."""
FLOATS = ("float32", "bfloat16", "float16")


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


@pytest.mark.parametrize("name", sorted(KINDS.keys() - OTHERWISE.keys()))
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    print_blob=True,
)
@given(data=st.data(), real=st.sampled_from(FLOATS), batch=st.integers(1, 3))
def test_torch_keeps_as_much(name: str, data: st.DataObject, real: str, batch: int) -> None:
    sample: Sample = data.draw(SAMPLES[name])
    if name == "LearnedPositionalEncoding" and sample.arguments.get("bare"):
        return  # the module here looks up what others cut out
    if "batch_first" in kind(name).model_fields:  # as the modules here are called
        sample = sample._replace(arguments={**sample.arguments, "batch_first": True})
    sample = sample.with_dtypes([real if dtype == "float32" else dtype for _, dtype in sample.arriving])
    facts = inferred(name, sample)
    if isinstance(facts, str):
        return
    inputs = tuple(Tensor(*each) for each in sample.arriving)
    kept = kind(name).model_validate(sample.arguments).keeping(inputs, facts)
    if kept is None:
        assert name in NOT_SAID, sample
        return
    assert not kept.beyond or name in BEYOND
    found = _really_kept(name, sample, inputs, batch)
    if found is None or not any(output.requires_grad for output in found.made):
        return
    said, really = _stated(kept.of_batch(batch), inputs, found, batch), sum(found.kept.values())
    assert said < really if kept.beyond else said == really, sample


def _really_kept(name: str, sample: Sample, inputs: tuple[Tensor, ...], batch: int) -> Run | None:
    """What the module keeps; None where torch refuses, as a mean of one number."""
    numbers: list[torch.Tensor] = []
    for at, (shape, dtype) in enumerate(sample.arriving):
        one = arriving(name, at, shape, cast("torch.dtype", getattr(torch, dtype)), sample)[:1]
        numbers.append(one.expand(batch, *shape).clone())
    try:
        layer = module(name, sample).train()
        if inputs and inputs[0].is_float:
            layer = layer.to(cast("torch.dtype", getattr(torch, inputs[0].dtype)))
        with warnings.catch_warnings(action="ignore"):
            return run(layer, *numbers)
    except REFUSALS:
        return None


def _stated(kept: "Saved", inputs: tuple[Tensor, ...], found: Run, batch: int) -> int:
    """What the kind says, of inputs and outputs what their storages hold, each once."""
    needing, trained = tuple(tensor.is_float for tensor in inputs), found.trained
    turned = kept.turned if trained else ()
    own = [
        found.read[at] for at in (*kept.arriving(needing, trained=trained), *(turned if batch == 1 else ()))
    ]
    own += [found.made[at] for at in kept.outputs]
    shared = {storage(tensor): tensor.untyped_storage().nbytes() for tensor in own if tensor.numel()}
    copies = [inputs[at] for at in turned] if batch > 1 else []
    beside = (*copies, *kept.own(needed=any(needing), trained=trained))
    return sum(shared.values()) + sum(size(tensor, batch) for tensor in beside)


def test_what_nobody_can_tell_is_said_so() -> None:
    """The list above names every kind that may be silent, and no other one gives a reason for it."""
    assert {name for name in KINDS if kind(name).untold != Layer.untold} == NOT_SAID.keys()
    plain = (Tensor((6, 8)),)
    layer = kind("LSTM").model_validate({"hidden_size": 4})
    kept = layer.keeping(plain, layer.infer(plain))
    assert kept is not None
    assert "oneDNN" in kept.beyond


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
    known = ("dropout", "bias", "add_bias_kv", "add_zero_attn", "batch_first")
    theirs = {key: cast("bool", arguments[key]) for key in known}
    module = nn.MultiheadAttention(width, 4, kdim=memory, vdim=memory, dtype=dtype, **theirs)
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
        query, key, value, *terms = read
        mask = terms[0] if terms else None
        return scaled_dot_product_attention(
            query, key, value, mask, dropout_p=self.dropout, enable_gqa=self.grouped
        )


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
    [
        ("GRU", nn.GRU, {}),
        ("RNN", nn.RNN, {"nonlinearity": "relu"}),
        ("RNN", nn.RNN, {"num_layers": 3, "bidirectional": True, "dropout": 0.5}),
        ("GRU", nn.GRU, {"num_layers": 2, "dropout": 0.5}),
        ("LSTM", nn.LSTM, {"num_layers": 2, "bidirectional": True, "proj_size": 3, "dropout": 0.5}),
    ],
)
def test_recurrences_of_torch(
    name: str,
    theirs: "Callable[..., nn.Module]",
    arguments: dict[str, str | int | float],
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
