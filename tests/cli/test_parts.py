"""Parts of layers, fields of further outputs and tokens on the command line."""

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from archcalc import loads, params, trace
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

    Capsys = pytest.CaptureFixture[str]

TWICE = """\
inputs: {x: [5, 8]}
layers:
  - {type: LSTM, name: first, hidden_size: 8}
  - {type: LSTM, name: second, hidden_size: 8, tie: first}
  - {type: LSTM, name: third, hidden_size: 8, num_layers: 2, tie: first}
"""


@pytest.fixture
def twice(tmp_path: "Path") -> str:
    path = tmp_path / "twice.yaml"
    path.write_text(TWICE, encoding="utf-8")
    return str(path)


def test_parts_are_rows_that_add_up_to_their_layer(capsys: "Capsys") -> None:
    out = run(capsys, "params", "seq2seq_attention", "--parts", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    for layer in ("encoder", "decoder"):
        (whole,) = (row for row in rows if row["layer"] == layer)
        parts = [row for row in rows if row["layer"].startswith(f"{layer}:")]
        assert [row["layer"] for row in parts] == [f"{layer}:{gate}" for gate in ("reset", "update", "new")]
        assert all(row["type"] == "part" for row in parts)
        for column in ("params", "macs"):
            assert sum(int(row[column]) for row in parts) == int(whole[column]) > 0
    totals = json.loads(run(capsys, "params", "seq2seq_attention", "--format", "json").out)["totals"]
    layers = [row for row in rows if row["type"] != "part"]
    assert sum(int(row["params"]) for row in layers) == totals["params"]
    assert sum(int(row["macs"]) for row in layers) == totals["macs"]


def test_without_the_option_the_table_has_no_parts(capsys: "Capsys") -> None:
    plain = run(capsys, "params", "lstm_language_model").out
    assert " part " not in plain
    assert "MACs" not in plain
    assert " part " not in run(capsys, "params", "lenet5", "--parts").out


def test_the_document_has_parts_without_asking(capsys: "Capsys") -> None:
    document = json.loads(run(capsys, "summary", "lstm_language_model", "--format", "json").out)
    layers = {layer["name"]: layer for layer in document["layers"]}
    parts = layers["rnn"]["parts"]
    assert list(parts) == ["input", "forget", "cell", "output"]
    assert sum(part["params"] for part in parts.values()) == layers["rnn"]["params"]
    assert sum(part["macs"] for part in parts.values()) == layers["rnn"]["macs"]
    assert "parts" not in layers["decoder"]


def test_parts_of_tied_weights_count_where_they_are_owned(twice: str, capsys: "Capsys") -> None:
    """The second LSTM owns nothing, of the third only the upper layer is its own."""
    layers = params(trace(loads(TWICE))).layers
    assert set(layers["first"].parts.values()) == {144}
    assert set(layers["second"].parts.values()) == {0}
    assert set(layers["third"].parts.values()) == {None}
    document = json.loads(run(capsys, "params", twice, "--format", "json").out)
    assert document["layers"][1]["parts"]["forget"] == {"params": 0, "macs": 640}
    assert document["layers"][2]["parts"]["forget"] == {"params": None, "macs": 1_280}
    lines = run(capsys, "params", twice, "--parts").out.splitlines()
    assert sum(line.split()[:3] == ["forget", "part", "?"] for line in lines) == 1


def test_a_past_and_a_last_state_in_the_table_and_the_document(capsys: "Capsys") -> None:
    out = run(capsys, "rf", "lstm_language_model", "--layer", "rnn").out
    rows = [line.split() for line in out.splitlines()[3:6]]
    assert [(row[0], *row[-3:]) for row in rows] == [
        ("rnn", "past", "1", "..0"),
        ("rnn.h_n", "whole", "-", "-"),
        ("rnn.c_n", "whole", "-", "-"),
    ]
    assert "past: with start ..n" in out
    document = json.loads(run(capsys, "rf", "lstm_language_model", "--layer", "rnn", "--format", "json").out)
    (layer,) = document["layers"]
    field = layer["receptive_field"]
    assert (field["size"], field["unbounded_past"], field["last"]) == ([None], [True], [0])
    assert layer["other_receptive_fields"]["h_n"]["whole_input"] is True
    assert "unbounded_past" not in layer["other_receptive_fields"]["h_n"]


def test_networks_without_a_past_do_not_explain_one(capsys: "Capsys") -> None:
    assert "past" not in run(capsys, "rf", "resnet18").out


def test_a_layer_on_tokens_and_one_with_parts(capsys: "Capsys") -> None:
    table = ("num_embeddings=9", "embedding_dim=2")
    assert "Embedding: [N, 12] -> [N, 12, 2]" in run(capsys, "layer", "Embedding", "12:int64", *table).out
    ran = run(capsys, "layer", "Embedding", "12", *table)
    assert (ran.code, "needs whole numbers (int64 or int32), got float32" in ran.err) == (2, True)
    ran = run(capsys, "layer", "Embedding", "12:int63", *table)
    assert (ran.code, "got 'int63'" in ran.err) == (2, True)
    out = run(capsys, "layer", "GRU", "12,3", "hidden_size=4").out
    assert "  part reset: params 36, MACs 336\n" in out
    assert "  h_n reads x, axis 0: all positions\n" in out


@pytest.mark.parametrize(
    ("kernel", "dilation", "sides"), [(6, 1, "2, 3"), (5, 1, "2, 2"), (4, 3, "4, 5"), (2, 1, "0, 1")]
)
def test_same_padding_tells_both_sides(kernel: int, dilation: int, sides: str, capsys: "Capsys") -> None:
    """As torch has it: dilation x (kernel - 1) in all, the smaller half before."""
    words = (f"kernel_size={kernel}", f"dilation={dilation}", "padding=same", "out_channels=4")
    out = run(capsys, "layer", "Conv2d", "3,32,32", *words).out
    assert out.count(f"padding same ({sides}), dilation {dilation}") == 2
    line = torch.zeros(1, 1, 32, requires_grad=True)
    outputs = nn.Conv1d(1, 1, kernel, dilation=dilation, padding="same")(line)[0, 0]
    reach = dilation * (kernel - 1)
    (first,) = torch.autograd.grad(outputs[0], line, retain_graph=True)
    (last,) = torch.autograd.grad(outputs[-1], line)
    before = reach - int(first[0, 0].nonzero().max())
    behind = reach - (31 - int(last[0, 0].nonzero().min()))
    assert sides == f"{before}, {behind}"
