"""Gates, attention, positions, masks, frozen and embedding parameters, as the command line tells them."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from torch import nn

from tests.cli.running import run

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]

SPECS = Path(__file__).parent / "specs"
ENCODER_DECODER = str(SPECS / "encoder_decoder.yaml")
GROUPED_HEADS = str(SPECS / "grouped_heads.yaml")
Row = dict[str, str]
Document = dict[str, object]


def written(folder: Path, text: str) -> str:
    """A spec in a file."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def document(capsys: "Capsys", *words: str) -> Document:
    """What a command says as JSON."""
    ran = run(capsys, *words, "--format", "json")
    assert ran.code == 0, ran.err
    return cast("Document", json.loads(ran.out))


def parts(capsys: "Capsys", spec: str) -> dict[str, tuple[int, int]]:
    """Params and MACs of the parts that `params --parts` lists, by full name."""
    rows = csv.DictReader(io.StringIO(run(capsys, "params", spec, "--parts", "--format", "csv").out))
    return {row["layer"]: (int(row["params"]), int(row["macs"])) for row in rows if row["type"] == "part"}


GATES = {
    "RNN": ("hidden",),
    "GRU": ("reset", "update", "new"),
    "LSTM": ("input", "forget", "cell", "output"),
}


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("more", [{}, {"num_layers": 2}, {"bidirectional": True}, {"bias": False}])
def test_gates_have_an_equal_share_of_torchs_weights(
    kind: str, more: dict[str, object], tmp_path: Path, capsys: "Capsys"
) -> None:
    """A gate is one of the stacked blocks of rows in every weight: input, forget, cell and output in turn."""
    arguments = "".join(f", {name}: {json.dumps(value)}" for name, value in more.items())
    text = f"inputs: {{x: [5, 10]}}\nlayers:\n  - {{type: {kind}, name: r, hidden_size: 20{arguments}}}\n"
    module = cast("nn.RNNBase", getattr(nn, kind)(10, 20, **more))
    tensors = dict(module.named_parameters())
    gates = parts(capsys, written(tmp_path, text))
    assert list(gates) == [f"r:{gate}" for gate in GATES[kind]]
    share = sum(tensor.numel() for tensor in tensors.values()) // len(gates)
    products = sum(tensor.numel() for name, tensor in tensors.items() if name.startswith("weight"))
    assert set(gates.values()) == {(share, 5 * products // len(gates))}


def test_a_projection_is_a_part_of_its_own(tmp_path: Path, capsys: "Capsys") -> None:
    """LSTM of 20 projected to 8: four gates of 20 x (10 + 8) + 40 numbers, and 8 x 20 for the projection."""
    text = "inputs: {x: [5, 10]}\nlayers:\n  - {type: LSTM, name: r, hidden_size: 20, proj_size: 8}\n"
    gate = (20 * (10 + 8) + 40, 5 * 20 * (10 + 8))
    assert parts(capsys, written(tmp_path, text)) == {
        **{f"r:{name}": gate for name in GATES["LSTM"]},
        "r:projection": (8 * 20, 5 * 8 * 20),
    }


def test_attention_by_part(capsys: "Capsys") -> None:
    """Cross attention of 20 queries to a memory of 30 in 64 features and 4 heads of 16."""
    found = parts(capsys, ENCODER_DECODER)
    prefix = "decoder.layers.0.multihead_attn:"
    cross = {name.removeprefix(prefix): part for name, part in found.items() if name.startswith(prefix)}
    weights = 64 * 64 + 64
    assert cross == {
        "query": (weights, 20 * 64 * 64),
        "key": (weights, 30 * 64 * 64),
        "value": (weights, 30 * 64 * 64),
        "out": (weights, 20 * 64 * 64),
        "scores": (0, 4 * 20 * 30 * 16),
        "mixing": (0, 4 * 20 * 30 * 16),
    }


def attention_rows(capsys: "Capsys", spec: str, *words: str) -> dict[str, Row]:
    """The lines of `attention` as CSV, by layer."""
    rows = csv.DictReader(io.StringIO(run(capsys, "attention", spec, *words, "--format", "csv").out))
    return {row["layer"]: row for row in rows}


def test_parts_of_attention_agree_between_the_commands(capsys: "Capsys") -> None:
    found = parts(capsys, ENCODER_DECODER)
    for layer, row in attention_rows(capsys, ENCODER_DECODER).items():
        for part in ("query", "key", "value", "out"):
            assert found[f"{layer}:{part}"] == (int(row[f"{part}_params"]), int(row[f"{part}_macs"]))
        for part in ("scores", "mixing"):
            assert found[f"{layer}:{part}"] == (0, int(row[f"{part}_macs"]))


def test_json_and_csv_have_every_layer_and_the_table_folds_them(capsys: "Capsys") -> None:
    layers = [f"layers.{index}.self_attn.attention" for index in range(8)]
    assert list(attention_rows(capsys, GROUPED_HEADS)) == layers
    listed = cast("list[Document]", document(capsys, "attention", GROUPED_HEADS)["attention"])
    assert [each["layer"] for each in listed] == layers
    assert [each["window"] for each in listed] == [16, None] * 4
    table = run(capsys, "attention", GROUPED_HEADS).out
    assert table.count("layers.0,2..6.self_attn.attention       4") == 2
    assert table.count("layers.1,3..7.self_attn.attention       4") == 2


LAYER = "type: MultiheadAttention, name: a, num_heads: 2"
MASKS = {
    LAYER: ("none", "false"),
    f"{LAYER}, causal: true": ("causal", "false"),
    f"{LAYER}, causal: true, window: 3": ("causal, window 3", "false"),
    f"{LAYER}, window: 3": ("window 3", "false"),
    f"{LAYER}, from: [x, memory]": ("none", "true"),
    "type: ScaledDotProductAttention, name: a, num_heads: 2, from: [x, x, x, given]": (
        "given by given",
        "false",
    ),
}


@pytest.mark.parametrize("layer", MASKS)
def test_masks(layer: str, tmp_path: Path, capsys: "Capsys") -> None:
    inputs = "x: [7, 8], memory: [9, 8], given: {shape: [1, 7, 7], dtype: bool}"
    first = "" if "from" in layer else ", from: x"
    row = attention_rows(capsys, written(tmp_path, f"inputs: {{{inputs}}}\nlayers: [{{{layer}{first}}}]\n"))
    assert (row["a"]["mask"], row["a"]["cross"]) == MASKS[layer]
    table = run(capsys, "attention", str(tmp_path / "spec.yaml")).out
    assert ("a mask takes nothing off" in table) == (MASKS[layer][0] != "none")


BLIND = """\
inputs: {x: [7, 8]}
layers:
  - {type: MultiheadAttention, name: blind, num_heads: 2}
  - {type: MultiheadAttention, name: blind_too, num_heads: 2, causal: true}
  - {type: LearnedPositionalEncoding, name: positions}
  - {type: MultiheadAttention, name: seeing, num_heads: 2}
"""


def test_what_reads_tokens_before_positions(tmp_path: Path, capsys: "Capsys") -> None:
    spec = written(tmp_path, BLIND)
    found = document(capsys, "attention", spec)
    assert found["without_positions"] == ["blind", "blind_too"]
    assert found["positional"] == [
        {"layer": "positions", "how": "learned", "before": ["blind", "blind_too"], "readers": ["seeing"]}
    ]
    rows = attention_rows(capsys, spec)
    assert [row["positions"] for row in rows.values()] == ["none", "none", "learned"]
    table = run(capsys, "attention", spec).out
    assert "positions enter at positions (learned)\n  behind blind, blind_too\n  reaching seeing\n" in table
    assert "read tokens without any positional information: blind, blind_too\n" in table


HOW = {
    "{type: SinusoidalPositionalEncoding}": "sinusoidal",
    "{type: LearnedPositionalEncoding, max_len: 9}": "learned",
    "{type: RotaryEmbedding, num_heads: 2}": "rotary",
    "{type: GRU, hidden_size: 8}": "recurrence",
    "{type: Dropout}": "none",
}


@pytest.mark.parametrize("layer", HOW)
def test_how_positions_are_told(layer: str, tmp_path: Path, capsys: "Capsys") -> None:
    text = f"inputs: {{x: [7, 8]}}\nlayers:\n  - {layer}\n  - {{{LAYER}}}\n"
    assert attention_rows(capsys, written(tmp_path, text))["a"]["positions"] == HOW[layer]


@pytest.mark.parametrize("bias", ["RelativePositionBias", "ALiBi"])
@pytest.mark.parametrize("kind", ["ScaledDotProductAttention", "MultiheadAttention"])
def test_a_bias_tells_positions_where_it_is_added(
    bias: str, kind: str, tmp_path: Path, capsys: "Capsys"
) -> None:
    """And hands on nothing of what its input knows, of which it reads the shape alone."""
    text = f"""\
inputs: {{x: [7, 8]}}
layers:
  - {{type: Linear, name: q, out_features: 8}}
  - {{type: {bias}, name: bias, num_heads: 2}}
  - {{type: {kind}, name: a, num_heads: 2, from: [q, q, q, bias]}}
"""
    spec = written(tmp_path, text)
    assert attention_rows(capsys, spec)["a"]["positions"] == "bias"
    (enters,) = cast("list[Document]", document(capsys, "attention", spec)["positional"])
    assert (enters["layer"], enters["before"], enters["readers"]) == ("bias", ["q"], ["a"])


def test_positions_of_a_memory_are_not_those_of_the_queries(capsys: "Capsys") -> None:
    told = {layer: row["positions"] for layer, row in attention_rows(capsys, ENCODER_DECODER).items()}
    for index in range(3):
        assert told[f"encoder.layers.{index}.self_attn"] == "learned"
        assert told[f"decoder.layers.{index}.self_attn"] == "sinusoidal"
        assert told[f"decoder.layers.{index}.multihead_attn"] == "queries sinusoidal, keys learned"


ATTENTION = 4 * (64 * 64 + 64)
FORWARD = 2 * 64 * 128 + 128 + 64
ENCODER = 3 * (ATTENTION + FORWARD + 2 * 2 * 64)
DECODER = 3 * (2 * ATTENTION + FORWARD + 3 * 2 * 64)
TABLE = 500 * 64
POSITIONS = 40 * 64


@pytest.mark.parametrize(
    ("patterns", "frozen"),
    [
        ((), 0),
        (("encoder.*",), ENCODER),
        (("encoder",), ENCODER),
        (("encoder.layers.0",), ENCODER // 3),
        (("*.self_attn",), 6 * ATTENTION),
        (("decoder.layers.[01].multihead_attn", "*.multihead_attn"), 3 * ATTENTION),
        (("source_*",), TABLE + POSITIONS),
        (("head",), TABLE),
        (("embedding", "head"), TABLE),
        (("*",), 2 * TABLE + POSITIONS + ENCODER + DECODER),
    ],
)
def test_frozen_from_the_command_line(patterns: tuple[str, ...], frozen: int, capsys: "Capsys") -> None:
    words = [word for pattern in patterns for word in ("--freeze", pattern)]
    totals = cast("dict[str, int]", document(capsys, "params", ENCODER_DECODER, *words)["totals"])
    whole = 2 * TABLE + POSITIONS + ENCODER + DECODER
    assert totals["params"] == whole
    assert totals["non_trainable_params"] == frozen
    assert totals["trainable_params"] == whole - frozen
    out = run(capsys, "params", ENCODER_DECODER, *words).out
    assert f"params {whole:,}: trainable {whole - frozen:,}, non-trainable {frozen:,};" in out
    lines = run(capsys, "summary", ENCODER_DECODER, *words).out.splitlines()
    at = lines.index(f"Total params: {whole:,}")
    assert lines[at + 1 : at + 3] == [
        f"Trainable params: {whole - frozen:,}",
        f"Non-trainable params: {frozen:,}",
    ]


def test_frozen_in_the_spec_is_frozen_from_the_command_line(tmp_path: Path, capsys: "Capsys") -> None:
    text = Path(ENCODER_DECODER).read_text(encoding="utf-8")
    inside = written(tmp_path, text.replace("name: encoder,", "name: encoder, frozen: true,"))
    frozen = run(capsys, "params", inside).out
    assert frozen == run(capsys, "params", ENCODER_DECODER, "--freeze", "encoder").out
    assert f"non-trainable {ENCODER:,};" in frozen


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("encodr.*", "did you mean 'encoder'?"),
        ("encoder.layer.0", "did you mean 'encoder.layers.0'?"),
        ("*.selfattn", "did you mean '*.self_attn'?"),
        (
            "xyz*",
            "known here: decoder, embedding, encoder, head, positions, source_embedding, source_positions",
        ),
        ("Encoder.layers", "did you mean 'encoder.layers'"),
    ],
)
@pytest.mark.parametrize("command", ["params", "summary"])
def test_a_pattern_that_fits_nothing(command: str, pattern: str, hint: str, capsys: "Capsys") -> None:
    ran = run(capsys, command, ENCODER_DECODER, "--freeze", "encoder", "--freeze", pattern)
    assert (ran.code, ran.out) == (2, "")
    told = " ".join(ran.err.replace("│", " ").split())
    assert f"Invalid value for --freeze: no layer fits {pattern!r}; {hint}" in told


def test_embedding_and_non_embedding_with_a_tied_head(tmp_path: Path, capsys: "Capsys") -> None:
    """The table counts once, as an embedding; a head of its own is neither."""
    text = Path(ENCODER_DECODER).read_text(encoding="utf-8")
    untied = written(tmp_path, text.replace(", tie: embedding", ""))
    for spec, head in ((ENCODER_DECODER, 0), (untied, TABLE)):
        totals = cast("dict[str, int]", document(capsys, "params", spec)["totals"])
        assert totals["embedding_params"] == 2 * TABLE + POSITIONS
        assert totals["head_params"] == head
        assert totals["non_embedding_params"] == ENCODER + DECODER
        assert totals["params"] == totals["embedding_params"] + head + totals["non_embedding_params"]
    tied = run(capsys, "params", ENCODER_DECODER).out
    assert "tied: head.weight is embedding.weight\n" in tied
    assert f"embedding {2 * TABLE + POSITIONS:,}, non-embedding {ENCODER + DECODER:,}\n" in tied
    out = run(capsys, "params", untied).out
    assert "tied:" not in out
    told = f", untied output head {TABLE:,}, non-embedding {ENCODER + DECODER:,} (without both)\n"
    assert f"embedding {2 * TABLE + POSITIONS:,}{told}" in out


def test_a_table_tied_to_a_head_that_stands_before_it(tmp_path: Path, capsys: "Capsys") -> None:
    """The owner is a Linear, but the tensor is a table all the same."""
    text = """\
inputs: {x: [7, 8], tokens: {shape: [7], dtype: int64}}
layers:
  - {type: Linear, name: head, from: x, out_features: 50, bias: false}
  - {type: Embedding, name: table, from: tokens, num_embeddings: 50, embedding_dim: 8, tie: head}
outputs: [head, table]
"""
    totals = cast("dict[str, int]", document(capsys, "params", written(tmp_path, text))["totals"])
    assert (totals["params"], totals["embedding_params"]) == (400, 400)


EXPERTS = """\
inputs: {x: [7, 8]}
layers:
  - {type: MixtralBlock, name: layers, num_heads: 2, num_experts: 4, top_k: 2, intermediate_size: 16}
"""


def test_active_parameters_of_a_mixture(tmp_path: Path, capsys: "Capsys") -> None:
    """Two of four experts with 3 x 8 x 16 numbers each."""
    spec = written(tmp_path, EXPERTS)
    totals = cast("dict[str, int]", document(capsys, "params", spec)["totals"])
    assert totals["params"] - totals["active_params"] == 2 * 3 * 8 * 16
    words = f"active {totals['active_params']:,} of {totals['params']:,}"
    assert words in run(capsys, "params", spec).out


def test_of_an_encoder_decoder_the_target_grows(capsys: "Capsys") -> None:
    """However deep: the source is read as a whole, by way of the memory."""
    found = document(capsys, "decode", ENCODER_DECODER, "--prompt", "2", "--new", "2")
    assert found["tokens"] == "target"
    rows = cast("list[Document]", found["attention"])
    assert [row["reads"] for row in rows] == ["own past", "memory"] * 3
