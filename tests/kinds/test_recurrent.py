"""Recurrent layers: published counts, gates, what every output reads, and their refusals."""

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc import SpecError, loads, trace
from archcalc.bridge.modules.convolutional import ConvLSTM
from archcalc.facts import Facts, Tensor, count
from archcalc.layers.registry import kind
from archcalc.work import Part

if TYPE_CHECKING:
    from tests.kinds.drawing import Shape


def facts(name: str, *shapes: "Shape", **arguments: object) -> Facts:
    """What a kind states on inputs of these shapes."""
    return kind(name).model_validate(arguments).infer(tuple(map(Tensor, shapes)))


@pytest.mark.parametrize(
    ("name", "features", "hidden", "layers", "both", "params"),
    [
        # torch 2.13.0, two vectors of biases: k (h in + h h + 2 h).
        ("LSTM", 64, 128, 1, False, 99_328),
        ("GRU", 64, 128, 1, False, 74_496),
        ("RNN", 64, 128, 1, False, 24_832),
        ("LSTM", 100, 256, 2, False, 892_928),
        ("GRU", 100, 256, 2, False, 669_696),
        ("RNN", 100, 256, 2, False, 223_232),
        ("LSTM", 10, 50, 1, False, 12_400),
        ("GRU", 10, 50, 1, False, 9_300),
        ("RNN", 10, 50, 1, False, 3_100),
        ("LSTM", 64, 128, 1, True, 198_656),
        ("LSTM", 64, 128, 2, True, 593_920),
    ],
)
def test_published_parameters(
    name: str,
    features: int,
    hidden: int,
    layers: int,
    both: bool,  # noqa: FBT001  parametrised
    params: int,
) -> None:
    found = facts(name, (7, features), hidden_size=hidden, num_layers=layers, bidirectional=both)
    assert count(found.weights) == params


@pytest.mark.parametrize(
    ("name", "features", "hidden", "arguments", "params"),
    [
        # Keras documents 4 (h in + h h + h): LSTM(50) on 10 features, and LSTM(128) on 64.
        ("LSTM", 10, 50, {"num_biases": 1}, 12_200),
        ("LSTM", 64, 128, {"num_biases": 1}, 98_816),
        # Keras' GRU with reset_after (its default) has two, without it one.
        ("GRU", 64, 128, {}, 74_496),
        ("GRU", 64, 128, {"num_biases": 1}, 74_112),
        ("RNN", 64, 128, {"num_biases": 1}, 24_704),
        ("LSTM", 10, 50, {"num_biases": 1, "bias": False}, 12_000),
        ("LSTM", 10, 50, {"num_biases": 1, "bidirectional": True}, 24_400),
    ],
)
def test_one_bias_a_gate(
    name: str, features: int, hidden: int, arguments: dict[str, object], params: int
) -> None:
    found = facts(name, (7, features), hidden_size=hidden, **arguments)
    assert count(found.weights) == params == sum(part.params for part in found.parts.values())
    assert not any(weight.startswith("bias_hh") for weight in found.weights) or not arguments


def test_products_by_hand() -> None:
    """10 -> 20 over 5 steps: 5 x 4 x 20 x (10 + 20); both directions twice that."""
    assert facts("LSTM", (5, 10), hidden_size=20).macs == 12_000
    assert facts("LSTM", (5, 10), hidden_size=20, bidirectional=True).macs == 24_000
    assert facts("LSTM", (5, 10), hidden_size=20).parts == dict.fromkeys(
        ("input", "forget", "cell", "output"), Part(640, 3_000)
    )
    projected = facts("LSTM", (5, 10), hidden_size=20, proj_size=8)
    assert projected.parts["projection"] == Part(160, 800)
    assert projected.macs == 5 * (4 * 20 * (10 + 8) + 8 * 20)
    assert list(facts("GRU", (5, 10), hidden_size=20).parts) == ["reset", "update", "new"]


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        (
            "{type: LSTM, hidden_size: 6, from: [x, h]}",
            "takes 1 input, or 3 with h_0 and c_0, got 2",
        ),
        (
            "{type: LSTM, hidden_size: 6, from: [x, h, h], num_layers: 2}",
            "h_0 has shape [1, 6], but [2, 6] is needed",
        ),
        (
            "{type: LSTM, hidden_size: 8, proj_size: 6, from: [x, h, h]}",
            "c_0 has shape [1, 6], but [1, 8] is needed",
        ),
        ("{type: GRU, hidden_size: 6, from: [x, h, h]}", "takes 1 input, or 2 with h_0, got 3"),
        ("{type: GRU, hidden_size: 5, from: [x, h]}", "h_0 has shape [1, 6], but [1, 5] is needed"),
        ("{type: GRU, hidden_size: 6, from: tokens}", "needs a floating point input, got int64"),
        ("{type: GRU, hidden_size: 6, from: image}", "needs 2 axes (steps, features), got 3: [3, 8, 8]"),
        ("{type: GRU, hidden_size: 6, input_size: 5, from: x}", "input_size is 5, but 4 arrive"),
        ("{type: LSTM, hidden_size: 6, proj_size: 6}", "proj_size 6 is not smaller than hidden_size 6"),
        ("{type: RNN, hidden_size: 6, num_layers: 2000}", "num_layers needs at most 1024, got 2000"),
        (
            "{type: RNN, hidden_size: 6, nonlinearity: gelu}",
            "nonlinearity needs 'tanh' or 'relu', got 'gelu'",
        ),
        ("{type: GRU, hidden_size: 6, proj_size: 3}", "unknown key 'proj_size'"),
        ("{type: GRU, hidden_size: 6, num_biases: 3}", "num_biases needs 1 or 2, got 3"),
        ("{type: GRUCell, hidden_size: 6}", "needs 1 axis (features), got 2: [5, 4]"),
        ("{type: GRUCell, hidden_size: 6, from: [v, v]}", "h_0 has shape [4], but [6] is needed"),
        ("{type: LSTMCell, hidden_size: 4, from: [v, v]}", "takes 1 input, or 3 with h_0 and c_0, got 2"),
        (
            "{type: Embedding, num_embeddings: 9, embedding_dim: 4}",
            "needs whole numbers (int64 or int32), got float32",
        ),
        (
            "{type: Embedding, num_embeddings: 9, embedding_dim: 4, padding_idx: 9, from: tokens}",
            "padding_idx 9 is outside the 9 embeddings",
        ),
        (
            "{type: EmbeddingBag, num_embeddings: 9, embedding_dim: 4, from: [tokens, v]}",
            "weights of the tokens go with mode sum, not mean",
        ),
        (
            "{type: EmbeddingBag, num_embeddings: 9, embedding_dim: 4, mode: sum, from: [tokens, v]}",
            "weights of the tokens are [4], but the tokens [5]",
        ),
    ],
)
def test_refusals_say_both_numbers(layer: str, what: str) -> None:
    inputs = "{x: [5, 4], h: [1, 6], v: [4], image: [3, 8, 8], tokens: {shape: [5], dtype: int64}}"
    with pytest.raises(SpecError) as caught:
        trace(loads(f"inputs: {inputs}\nlayers:\n  - {{type: Identity, from: x}}\n  - {layer}\n"))
    assert [problem.what for problem in caught.value.problems] == [what]


def test_giant_numbers_are_refused_or_counted_at_once() -> None:
    giant = 10**12
    found = facts("LSTM", (giant, giant), hidden_size=giant, num_layers=2, bidirectional=True)
    assert found.outputs["output"].shape == (giant, 2 * giant)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_torch_counts_the_same_products_on_the_meta_device(name: str) -> None:
    """FlopCounterMode sees every step there; on a CPU the fused kernel of an LSTM hides its own."""
    counted = facts(name, (7, 16), hidden_size=32, num_layers=2, bidirectional=True).macs
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        module: nn.Module = getattr(nn, name)(16, 32, 2, bidirectional=True, batch_first=True)
        module(torch.zeros(1, 7, 16))
    assert counter.get_total_flops() == 2 * (counted or 0)


@pytest.mark.parametrize("taps", [1, 3])
def test_an_lstm_over_maps_is_at_single_positions_torchs_own(taps: int) -> None:
    """With one tap every position is a sequence of its own; of a map of one position the middle tap is all.

    The gates stand in another order: i, f, o, g, where torch has i, f, g, o.
    """
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves the seed untyped
    maps, theirs = ConvLSTM(3, 4, taps).double(), nn.LSTM(3, 4, batch_first=True).double()
    weight, bias = (maps.get_parameter(f"cell_list.0.conv.{name}") for name in ("weight", "bias"))
    i, f, o, g = (torch.cat((weight[..., taps // 2, taps // 2], bias[:, None]), 1)).chunk(4)
    rows = torch.cat((i, f, g, o)).detach()
    for name, numbers in zip(
        ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"),
        (rows[:, :3], rows[:, 3:7], rows[:, 7], rows[:, 7] * 0),
        strict=True,
    ):
        theirs.get_parameter(name).data.copy_(numbers)
    side = 2 if taps == 1 else 1
    x = torch.randn(2, 5, 3, side, side, dtype=torch.float64)
    h, c = torch.randn(2, 2, 1, 4, side, side, dtype=torch.float64)
    found = maps(x, h, c)
    for row in range(side):
        for column in range(side):
            first = h[:, 0, :, row, column][None], c[:, 0, :, row, column][None]
            output, last = theirs(x[..., row, column], first)
            torch.testing.assert_close(found[0][..., row, column], output)
            for mine, end in zip(found[1:], last, strict=True):
                torch.testing.assert_close(mine[:, 0, :, row, column], end[0])
