"""Rules about what runs without a word and does nothing, beyond their examples and against torch."""

import warnings
from math import prod
from random import Random

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from archcalc.layers.registry import KINDS, kind
from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection
from tests.rules.found import found, subjects

DEFAULT = Selection().active()
VECTOR = "inputs: {x: [8]}\nlayers:\n"
TOKENS = "inputs: {x: [6, 8]}\nlayers:\n"
IMAGE = "inputs: {x: [4, 9, 9]}\nlayers:\n"
LINE = "inputs: {x: [4, 9]}\nlayers:\n"
VOLUME = "inputs: {x: [2, 5, 5, 5]}\nlayers:\n"
GRAPH = "inputs: {x: [50, 16], e: {shape: [2, 90], dtype: int64}}\n"
ONE = "  - {type: Linear, out_features: 1}\n"
BATCH = 3


def linear(features: int) -> str:
    return f"  - {{type: Linear, out_features: {features}}}\n"


# code, spec, the layers or paths with a finding
CASES: dict[str, tuple[str, str, list[str]]] = {
    "softmax of no axis of its own": ("AC310", VECTOR + ONE + "  - Softmin", ["softmin_0"]),
    "softmax over two": ("AC310", VECTOR + linear(2) + "  - Softmax", []),
    "softmax over the only position": (
        "AC310",
        "inputs: {x: [1, 8]}\nlayers: [{type: Softmax, dim: 1}]",
        ["softmax_0"],
    ),
    "softmax of one score over the batch": ("AC310", VECTOR + ONE + "  - {type: Softmax, dim: 0}", []),
    "sigmoid of one": ("AC310", VECTOR + ONE + "  - Sigmoid", []),
    "softmax over an axis, beside one of 1": ("AC310", TOKENS + ONE + "  - {type: Softmax, dim: 1}", []),
    "batch, counted from the end": ("AC311", TOKENS + "  - {type: Softmax, dim: -3}", ["softmax_0"]),
    "batch, by the old rule": ("AC311", TOKENS + "  - {type: LogSoftmax}", ["logsoftmax_0"]),
    "no batch by the old rule": ("AC311", VECTOR + "  - Softmax", []),
    "channels by the old rule": ("AC311", IMAGE + "  - Softmax", []),
    "batch in front of its loss": (
        "AC311",
        "loss: CrossEntropyLoss\n" + VECTOR + "  - {type: Softmax, dim: 0}",
        [],
    ),
    "batch within a network with a loss": (
        "AC311",
        "loss: CrossEntropyLoss\n"
        + VECTOR
        + "  - {type: Softmax, dim: 0}\n  - {type: Linear, out_features: 3}",
        ["softmax_0"],
    ),
    "group norm of pairs on a position": (
        "AC312",
        "inputs: {x: [8, 1]}\nlayers: [{type: GroupNorm, num_groups: 4}]",
        [],
    ),
    "group norm without positions": (
        "AC312",
        VECTOR + "  - {type: GroupNorm, num_groups: 8}",
        ["groupnorm_0"],
    ),
    "group norm of one channel": (
        "AC312",
        "inputs: {x: [1]}\nlayers: [{type: GroupNorm, num_groups: 1}]",
        ["groupnorm_0"],
    ),
    "group norm of one channel and positions": (
        "AC312",
        "inputs: {x: [1, 5]}\nlayers: [{type: GroupNorm, num_groups: 1}]",
        [],
    ),
    "layer norm over two axes of one": (
        "AC312",
        "inputs: {x: [5, 1, 1]}\nlayers: [{type: LayerNorm, normalized_shape: [1, 1]}]",
        ["layernorm_0"],
    ),
    "batch norm is another rule's": ("AC312", VECTOR + "  - BatchNorm1d\ntraining: {batch_size: 1}", []),
    "instance norm of several channels on a position": (
        "AC312",
        "inputs: {x: [8, 1, 1]}\nlayers: [{type: InstanceNorm2d, track_running_stats: true}]",
        ["instancenorm2d_0"],
    ),
    "instance norm with fixed statistics": (
        "AC312",
        "inputs: {x: [8, 1]}\nlayers: [{type: InstanceNorm1d, track_running_stats: true, frozen: true}]",
        [],
    ),
    "last batch of two": ("AC304", VECTOR + "  - BatchNorm1d\ntraining: {batch_size: 16, samples: 34}", []),
    "last batch of one": (
        "AC304",
        VECTOR + "  - BatchNorm1d\ntraining: {batch_size: 16, samples: 33}",
        ["training.batch_size"],
    ),
    "last batch of one, in two layers": (
        "AC304",
        VECTOR + "  - BatchNorm1d\n  - ReLU\n  - BatchNorm1d\ntraining: {batch_size: 16, samples: 33}",
        ["training.batch_size"],
    ),
    "last batch of one, dropped": (
        "AC304",
        VECTOR + "  - BatchNorm1d\ntraining: {batch_size: 16, samples: 33, drop_last: true}",
        [],
    ),
    "last batch of one, frozen": (
        "AC304",
        VECTOR + "  - {type: BatchNorm1d, frozen: true}\ntraining: {batch_size: 16, samples: 33}",
        [],
    ),
    "last batch of one, with positions": (
        "AC304",
        IMAGE + "  - BatchNorm2d\ntraining: {batch_size: 16, samples: 33}",
        [],
    ),
    "last batch of one graph": (
        "AC304",
        GRAPH + "layers:\n  - {type: GCNConv, from: [x, e], out_channels: 4}\n  - {type: GlobalMeanPool}\n"
        "  - BatchNorm1d\ntraining: {batch_size: 16, samples: 33}",
        ["training.batch_size"],
    ),
    "last batch of nodes": (
        "AC304",
        GRAPH + "layers:\n  - {type: GCNConv, from: [x, e], out_channels: 1}\n"
        "  - BatchNorm1d\ntraining: {batch_size: 16, samples: 33}",
        [],
    ),
    "no samples": ("AC304", VECTOR + "  - BatchNorm1d\ntraining: {batch_size: 16}", []),
    "dropout of a stack": (
        "AC609",
        TOKENS + "  - {type: LSTM, hidden_size: 4, num_layers: 3, dropout: 0.1}",
        [],
    ),
    "dropout of a frozen recurrence": (
        "AC609",
        TOKENS + "  - {type: RNN, hidden_size: 4, dropout: 0.1, frozen: true}",
        ["rnn_0"],
    ),
    "dilated pool of one": (
        "AC207",
        IMAGE + "  - {type: MaxPool2d, kernel_size: 1, stride: 1, dilation: 3}",
        ["maxpool2d_0"],
    ),
    "dilated transposed": (
        "AC207",
        IMAGE + "  - {type: ConvTranspose2d, out_channels: 4, kernel_size: 1, dilation: 2}",
        ["convtranspose2d_0"],
    ),
    "dilated volume": (
        "AC207",
        VOLUME + "  - {type: Conv3d, out_channels: 4, kernel_size: [3, 1, 1], dilation: [1, 2, 2]}",
        ["conv3d_0"],
    ),
    "dilated along one axis": (
        "AC207",
        IMAGE + "  - {type: Conv2d, out_channels: 4, kernel_size: [3, 1], dilation: [2, 2]}",
        [],
    ),
    "a stack of rates, of one tap": (
        "AC207",
        LINE
        + "  - type: Sequential\n    name: s\n    repeat: 3\n    layers:\n"
        + "      - {type: Conv1d, out_channels: 4, kernel_size: 1, dilation: =2 ** i}\n      - ReLU",
        ["s.1.conv1d_0"],  # and once more at the same place
    ),
    "once with taps to put apart": (
        "AC207",
        LINE
        + "  - type: Sequential\n    name: s\n    repeat: 2\n    layers:\n"
        + "      - {type: Conv1d, out_channels: 4, kernel_size: =1 + i, dilation: 2}\n      - ReLU",
        [],
    ),
    "strided": ("AC207", IMAGE + "  - {type: Conv2d, out_channels: 4, kernel_size: 1, stride: 2}", []),
    "one patch": (
        "AC610",
        "inputs: {x: [1, 8]}\nlayers: [{type: MultiheadAttention, num_heads: 2}]",
        ["multiheadattention_0"],
    ),
    "one patch and a key beside it": (
        "AC610",
        "inputs: {x: [1, 8]}\nlayers: [{type: MultiheadAttention, num_heads: 2, add_zero_attn: true}]",
        [],
    ),
    "reflected border for one tap": (
        "AC106",
        IMAGE
        + "  - {type: Conv2d, out_channels: 4, kernel_size: [3, 1], padding: 1, padding_mode: replicate}",
        ["conv2d_0"],
    ),
    "reflected border for three": (
        "AC106",
        IMAGE + "  - {type: Conv2d, out_channels: 4, kernel_size: 3, padding: 1, padding_mode: reflect}",
        [],
    ),
    "wide reflected border for three": (
        "AC106",
        IMAGE + "  - {type: Conv2d, out_channels: 4, kernel_size: 3, padding: 2, padding_mode: reflect}",
        [],
    ),
    "reflected border that is cut off": (
        "AC106",
        LINE
        + "  - {type: Conv1d, out_channels: 4, kernel_size: 1, padding: 1, padding_mode: circular}\n"
        + "  - {type: Slice, dim: 1, start: 1, stop: -1}",
        [],
    ),
}


@pytest.mark.parametrize(("code", "text", "expected"), CASES.values(), ids=CASES)
def test_silent(code: str, text: str, expected: list[str]) -> None:
    assert subjects(code, text) == expected


HEADS = "  - {type: GATConv, name: g, from: [x, e], out_channels: 3, heads: 2}\n"
NODES = "task: node_classification\nloss: CrossEntropyLoss\n"
GRAPHS: dict[str, tuple[str, list[str]]] = {
    "joined": (NODES + GRAPH + "layers:\n" + HEADS, ["g"]),
    "joined, with an activation behind": (NODES + GRAPH + "layers:\n" + HEADS + "  - ELU", ["g"]),
    "joined, with a readout behind": (
        "task: graph_classification\nloss: CrossEntropyLoss\n"
        + GRAPH
        + "layers:\n"
        + HEADS
        + "  - GlobalMeanPool",
        ["g"],
    ),
    "joined for several labels": (
        "task: node_classification\nloss: BCEWithLogitsLoss\n" + GRAPH + "layers:\n" + HEADS,
        ["g"],
    ),
    "joined, and no word of what for": (GRAPH + "layers:\n" + HEADS, []),
    "one head": (NODES + GRAPH + "layers:\n" + HEADS.replace("heads: 2", "heads: 1"), []),
    "the mean": (NODES + GRAPH + "layers:\n" + HEADS.replace("heads: 2", "heads: 2, concat: false"), []),
    "a linear map behind": (NODES + GRAPH + "layers:\n" + HEADS + linear(3), []),
    "features beside scores": (
        NODES + GRAPH + "layers:\n" + HEADS + linear(3) + "outputs: [g, linear_0]",
        [],
    ),
    "the mean by hand": (
        NODES
        + GRAPH
        + "layers:\n"
        + HEADS
        + "  - {type: Unflatten, dim: -1, unflattened_size: [2, 3]}\n  - {type: Mean, dim: 1}",
        [],
    ),
    "as many as the classes": (NODES + GRAPH + "vars: {classes: 6}\nlayers:\n" + HEADS, []),
}


@pytest.mark.parametrize(("text", "expected"), GRAPHS.values(), ids=GRAPHS)
def test_heads_side_by_side(text: str, expected: list[str]) -> None:
    assert subjects("AC410", text) == expected


@pytest.mark.parametrize(
    "name", [each for each in KINDS if {"heads", "concat"} <= kind(each).model_fields.keys()]
)
@pytest.mark.parametrize("heads", [1, 2, 5])
def test_joined_heads_are_what_their_mean_leaves_out(name: str, heads: int) -> None:
    def width(concat: str) -> tuple[int, int]:
        entry = f"layers: [{{type: {name}, from: [x, e], out_channels: 3, heads: {heads}, concat: {concat}}}]"
        context = check_text(GRAPH + entry, "a.yaml", DEFAULT).context
        assert context is not None
        (layer,) = context.layers
        return layer.output.shape[-1], layer.arguments.joined_heads

    (joined, count), (mean, one) = width("true"), width("false")
    assert (joined // mean, one) == (count, 1) == (heads, 1)


def drawn(seed: int) -> Random:
    """A generator whose seed is the name of the test."""
    return Random(seed)  # noqa: S311  nothing is kept secret with it


def softmax(draw: Random) -> tuple[str, nn.Module, tuple[int, ...]]:
    """A random softmax or one of its kin, as an entry and as a module, on a random shape."""
    shape = tuple(draw.choice((1, 1, 2, 3)) for _ in range(draw.randint(1, 3)))
    dim = draw.choice((None, *range(-len(shape) - 1, len(shape) + 1)))
    name = draw.choice(("Softmax", "LogSoftmax", "Softmin"))
    return f"{{type: {name}, dim: {'null' if dim is None else dim}}}", getattr(nn, name)(dim=dim), shape


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
def test_a_softmax_is_a_constant_or_mixes_samples_where_it_is_found_to(seed: int) -> None:
    entry, module, shape = softmax(drawn(seed))
    text = f"inputs: {{x: {list(shape)}}}\nlayers: [{entry}]"
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]  # torch leaves its argument untyped
    read = torch.randn(BATCH, *shape, dtype=torch.float64)
    moved = read.clone()
    moved[0] += torch.randn(shape, dtype=torch.float64)
    here, there = module(read), module(moved)
    mixes = not torch.equal(here[1:], there[1:])
    constant = torch.equal(here, there)
    assert bool(found("AC310", text)) == constant, text
    assert bool(found("AC311", text)) == mixes, text


def norm(draw: Random) -> tuple[str, nn.Module, tuple[int, ...]]:
    """A random norm within a sample, as an entry and as a module, on a random shape.

    None takes a mean of two: less their mean two numbers are signs too, which is no matter of this rule.
    """
    shape = (draw.choice((1, 3, 4)), *(draw.choice((1, 1, 3)) for _ in range(draw.randint(0, 2))))
    name = draw.choice(("LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm"))
    if name in ("LayerNorm", "RMSNorm"):
        ending = list(shape[draw.randint(0, len(shape) - 1) :])
        return f"{{type: {name}, normalized_shape: {ending}}}", getattr(nn, name)(ending), shape
    if name == "GroupNorm" or len(shape) == 1:
        groups = draw.choice([each for each in (1, 3, 4) if shape[0] % each == 0])
        return f"{{type: GroupNorm, num_groups: {groups}}}", nn.GroupNorm(groups, shape[0]), shape
    name = f"InstanceNorm{len(shape) - 1}d"
    module = getattr(nn, name)(shape[0], track_running_stats=True)
    return f"{{type: {name}, track_running_stats: true}}", module, shape


@pytest.mark.parametrize("seed", range(60))
def test_a_norm_hands_nothing_on_where_it_is_found_to(seed: int) -> None:
    entry, module, shape = norm(drawn(seed))
    text = f"inputs: {{x: {list(shape)}}}\nlayers: [{entry}]"
    assert bool(found("AC312", text)) == lost(module, shape), text


def lost(module: nn.Module, shape: tuple[int, ...]) -> bool:
    """Whether torch refuses to train it, or twice the numbers give what they give: at most their signs."""
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves its argument untyped
    read = torch.randn(BATCH, *shape, dtype=torch.float64)
    uneven = read * torch.rand(BATCH, *shape, dtype=torch.float64).add(
        1
    )  # each another factor, the same sign
    try:
        return torch.allclose(module.double()(read), module(uneven), atol=1e-3)
    except ValueError as error:
        assert "more than 1 spatial element" in str(error)  # noqa: PT017  the other way is no error
        return True


@pytest.mark.parametrize("seed", range(40))
def test_torch_stops_at_the_last_batch_where_it_is_found_to(seed: int) -> None:
    draw = drawn(seed)
    batch, samples, drop_last = draw.randint(2, 5), draw.randint(1, 13), draw.random() < 0.2
    shape = (2, *(draw.choice((1, 1, 2)) for _ in range(draw.randint(0, 3))))
    name = f"BatchNorm{max(len(shape) - 1, 1)}d"
    training = f"{{batch_size: {batch}, samples: {samples}, drop_last: {str(drop_last).lower()}}}"
    text = f"inputs: {{x: {list(shape)}}}\nlayers: [{name}]\ntraining: {training}"
    module: nn.Module = getattr(nn, name)(2)
    data: list[Tensor] = list(torch.randn(samples, *shape))
    batches: list[Tensor] = list(DataLoader(data, batch, drop_last=drop_last))  # type: ignore[arg-type]  # any sequence
    assert bool(found("AC304", text)) == any(refuses(module, each) for each in batches), text


def refuses(module: nn.Module, batch: Tensor) -> bool:
    """Whether torch refuses to train on a batch."""
    try:
        module(batch)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_torch_warns_of_dropout_where_it_is_found(name: str, layers: int, dropout: float) -> None:
    entry = f"  - {{type: {name}, hidden_size: 4, num_layers: {layers}, dropout: {dropout}}}"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        getattr(nn, name)(8, 4, num_layers=layers, dropout=dropout)
    assert bool(found("AC609", TOKENS + entry)) == any("dropout" in str(each.message) for each in told)


@pytest.mark.parametrize("seed", range(30))
def test_a_dilation_changes_nothing_where_it_is_found_to(seed: int) -> None:
    draw = drawn(seed)
    kernel, dilation = ([draw.choice((1, 1, 3)) for _ in range(2)] for _ in range(2))
    entry = f"{{type: Conv2d, out_channels: 4, kernel_size: {kernel}, dilation: {dilation}}}"
    given = nn.Conv2d(4, 4, (kernel[0], kernel[1]), dilation=(dilation[0], dilation[1]))
    plain = nn.Conv2d(4, 4, (kernel[0], kernel[1]))
    plain.load_state_dict(given.state_dict())
    read = torch.randn(1, 4, 9, 9)
    same = plain(read).shape == given(read).shape and torch.equal(plain(read), given(read))
    assert bool(found("AC207", IMAGE + f"  - {entry}")) == (same and prod(dilation) > 1), entry


def test_queries_and_keys_of_one_position_get_no_gradient() -> None:
    for positions in (1, 2):
        attention = nn.MultiheadAttention(8, 2)
        read = torch.randn(positions, BATCH, 8)
        attention(read, read, read)[0].square().sum().backward()
        gradient = attention.in_proj_weight.grad
        assert gradient is not None
        text = f"inputs: {{x: [{positions}, 8]}}\nlayers: [{{type: MultiheadAttention, num_heads: 2}}]"
        assert bool(found("AC610", text)) == (not gradient[:16].any()) == (positions == 1)
        assert gradient[16:].any()


def test_heads_of_one_number_have_one_finding() -> None:
    """Where AC310 tells of a constant, no other rule tells what to do with its activation."""
    for loss in ("CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "MSELoss"):
        for name in ("Softmax", "LogSoftmax"):
            head = f"  - {{type: Linear, out_features: 1}}\n  - {{type: {name}, dim: 1}}"
            told = check_text(f"loss: {loss}\n{VECTOR}{head}", "a.yaml", DEFAULT).findings
            assert [each.code for each in told if "oftmax" in each.subject] == ["AC310"], (loss, name)


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_in_front_of_a_loss_with_its_own_the_batch_is_said(name: str) -> None:
    head = f"{linear(3)}  - {{type: {name}, dim: 0}}"
    (told,) = check_text(f"loss: CrossEntropyLoss\n{VECTOR}{head}", "a.yaml", DEFAULT).findings
    assert (told.code, "along the batch" in told.consequence) == ("AC401", True)
