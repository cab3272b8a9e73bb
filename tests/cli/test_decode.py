"""``archcalc decode`` in the hands of people who want too much, too little, or something else."""

import csv
import json
import resource
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from archcalc import load, trace
from archcalc.analyses.decoding import decode
from archcalc.render.decoding import decoding_json
from tests.cli.running import run, run_fresh
from tests.samples import samples

if TYPE_CHECKING:
    from pathlib import Path

    Capsys = pytest.CaptureFixture[str]

LLAMA = ("llama_3_8b", "--set", "depth=2")
STEPS = samples(1_000_000, 5)
ROOM = 64 * 1024 * 1024
"""Bytes of memory of its own: twice what it takes to start, and less than 200 for each step."""


def words(told: str) -> str:
    """What an error says, without the box around it and its line ends."""
    return " ".join(told.replace("│", " ").split())


REFUSED: "list[tuple[tuple[str, ...], str]]" = [
    (("gpt2", "--prompt", "0", "--new", "3"), "'--prompt': Input should be greater than or equal to 1"),
    (("gpt2", "--prompt", "-4", "--new", "3"), "'--prompt': Input should be greater than or equal to 1"),
    (("gpt2", "--prompt", "3", "--new", "0"), "'--new': Input should be greater than or equal to 1"),
    (("gpt2", "--prompt", "3", "--new", "1000001"), "'--new': Input should be less than or equal to 1000000"),
    (("gpt2", "--prompt", "9" * 4000, "--new", "3"), "'--prompt': Input should be less than or equal to 92"),
    (("gpt2", "--prompt", "3", "--new", "3", "--batch", "0"), "'--batch': Input should be greater than or"),
    (("gpt2", "--prompt", "3", "--new", "3", "--batch", "9" * 4000), "'--batch': Input should be less than"),
    (("gpt2", "--prompt", "3", "--new", "3", "--dtype", "float3"), "'float3' is not one of 'float64'"),
    (("gpt2", "--prompt", "3"), "Missing option '--new'"),
    (("gpt2", "--prompt", "3", "--new", "3", "--tokens", "word"), "no input 'word'; its inputs are tokens"),
    (("gpt2", "--prompt", "1000", "--new", "30"), "1029 positions arrive, but the table has 1024"),
    (("gpt2", "--prompt", "9" * 15, "--new", "3"), f"{'9' * 15} positions arrive, but the table has 1024"),
    (("gpt2", "--prompt", "3", "--new", "3", "--set", "word=1"), "the spec has no variable 'word'"),
    (("gpt2", "--prompt", "3", "--new", "3", "--set", "heads=7"), "768 query features do not divide into 7"),
    (("resnet18", "--prompt", "3", "--new", "4"), "reads 'image' along its first axis: the network is no"),
    (("mae_vit", "--prompt", "3", "--new", "4"), "reads 'image' along its first axis: the network is no"),
    (("gcn_cora", "--prompt", "3", "--new", "4"), "none of the inputs x, edge_index is read token by token"),
    (("seq2seq_attention", "--prompt", "3", "--new", "4", "--tokens", "source"), "reads 'source' "),
]


@pytest.mark.parametrize(("arguments", "what"), REFUSED, ids=lambda value: " ".join(value)[:60])
def test_what_cannot_be_is_one_error(arguments: tuple[str, ...], what: str, capsys: "Capsys") -> None:
    told = run(capsys, "decode", *arguments)
    assert (told.code, told.out) == (2, "")
    assert what in words(told.err)
    assert "Traceback" not in told.err


ENCODER = """\
inputs: {tokens: {shape: [6], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 9, embedding_dim: 8}
  - {type: BertLayer, num_heads: 2}
"""


def test_an_encoder_is_no_decoder(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "encoder.yaml"
    path.write_text(ENCODER, encoding="utf-8")
    told = run(capsys, "decode", str(path), "--prompt", "3", "--new", "4")
    assert told.code == 2
    assert "no causal attention and no recurrence reads 'tokens'" in words(told.err)


def test_a_prompt_may_fill_the_position_table(capsys: "Capsys") -> None:
    """The last new token is not read again."""
    told = run(capsys, "decode", "gpt2", "--prompt", "1000", "--new", "25", "--format", "csv")
    assert told.code == 0
    assert list(csv.DictReader(told.out.splitlines()))[-1]["length"] == "1024"


@pytest.mark.parametrize("form", ["json", "csv", "table", "markdown"])
def test_very_many_steps_need_little_room(form: str, tmp_path: "Path") -> None:
    """Python and its libraries take most of it."""
    path = tmp_path / "steps"
    sizes = ["--prompt", "10", "--new", str(STEPS), "--format", form]
    command = [sys.executable, "-m", "archcalc", "decode", *LLAMA, *sizes]
    with path.open("wb") as out:
        limited = subprocess.run(
            command,
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
            timeout=120,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (ROOM, ROOM)),
        )
    assert (limited.returncode, limited.stderr) == (0, b"")
    with path.open(encoding="utf-8") as lines:
        text = "".join(islice(lines, STEPS - 10, None) if form in ("json", "csv") else lines)
    assert (f"{STEPS + 9}" if form in ("json", "csv") else f"{STEPS + 9:,}") in text


def test_json_and_csv_are_the_same_run(capsys: "Capsys") -> None:
    arguments = ("decode", *LLAMA, "--prompt", "9", "--new", "300", "--batch", "3", "--dtype", "int8")
    document = json.loads(run(capsys, *arguments, "--format", "json").out)
    lines = [
        {name: int(value) for name, value in line.items()}
        for line in csv.DictReader(run(capsys, *arguments, "--format", "csv").out.splitlines())
    ]
    assert len(lines) == document["new"] == 300
    assert [list(line.values()) for line in lines] == [list(step.values()) for step in document["steps"]]
    for name in ("macs", "macs_without_cache"):
        assert document["totals"][name] == sum(line[name] for line in lines)
    assert document["totals"]["cache_bytes"] == lines[-1]["cache_bytes"] == 3 * 308 * 2 * 2 * 8 * 128
    assert document["totals"]["cache_bytes_per_token"] == 3 * 2 * 2 * 8 * 128
    assert (document["schema_version"], document["prompt"], document["batch"]) == (1, 9, 3)


def test_json_is_written_while_it_is_counted() -> None:
    model = load("llama_3_8b")
    report = decode(lambda length: trace(model, {"depth": 1}, {"tokens": (length,)}), "tokens", 5, 1_000_000)
    first = "".join(islice(decoding_json(report, "llama", "int8"), 2))
    assert first.endswith('"cache_bytes": 10240},\n')


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m archcalc decode gpt2 --prompt 3 --new 900 --format csv | head -1"
    told = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=60)
    assert (told.stdout.decode().split(",")[0], told.stderr) == ("step", b"")


def test_recurrent_decoders_have_a_state_and_no_cache(capsys: "Capsys") -> None:
    """Two LSTM layers of 650: 8 products of 650 x 650 each for one word, then the head."""
    told = run(capsys, "decode", "lstm_language_model", "--prompt", "9", "--new", "3")
    word = 2 * 8 * 650 * 650 + 650 * 10_000
    table = [line.split() for line in told.out.splitlines() if line[:4].strip().isdigit()]
    assert [line[3:5] for line in table] == [
        [f"{9 * word:,}", f"{9 * word:,}"],
        [f"{word:,}", f"{10 * word:,}"],
        [f"{word:,}", f"{11 * word:,}"],
    ]
    assert "states of fixed size, not in the cache: rnn" in told.out
    assert "attention" not in told.out
    many = run(capsys, "decode", "mamba_130m", "--prompt", "9", "--new", "3")
    assert "not in the cache: backbone.layers.0-23.mixer\n" in many.out


def test_of_two_inputs_the_one_that_is_read_in_order_grows() -> None:
    told = run_fresh("decode", "seq2seq_attention", "--prompt", "2", "--new", "2")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("seq2seq_attention: target from 2 to 3")


def test_the_encoder_is_calculated_anew_where_nothing_is_kept(capsys: "Capsys") -> None:
    """T5 with one target position: all but the encoder and the memory's projections is the decoder's."""
    out = run(capsys, "decode", "t5_small", "--prompt", "1", "--new", "2").out
    run_as_json = run(capsys, "decode", "t5_small", "--prompt", "1", "--new", "2", "--format", "json").out
    totals, steps = (json.loads(run_as_json)[key] for key in ("totals", "steps"))
    once = totals["macs_once"]
    assert f"of them {once:,} for what does not depend on decoder_tokens: once, in step 1," in words(out)
    assert "and without a cache in every step" in words(out)
    assert steps[1]["macs"] < once < steps[1]["macs_without_cache"]
    assert steps[1]["macs_without_cache"] - steps[0]["macs"] < once


@pytest.mark.parametrize(
    ("new", "told"), [(1, "216 bytes in the end"), (60, "4,464 bytes (4.359 KiB) in the end")]
)
def test_bytes_are_said_in_a_larger_unit_where_there_is_one(
    new: int, told: str, tmp_path: "Path", capsys: "Capsys"
) -> None:
    text = (
        "inputs: {x: [2, 12]}\nlayers:\n"
        "  - {type: MultiheadAttention, num_heads: 3, num_kv_heads: 3, causal: true}\n"
    )
    (tmp_path / "small.yaml").write_text(text)
    arguments = ("--prompt", "3", "--new", str(new), "--batch", "3", "--dtype", "int8")
    assert told in words(run(capsys, "decode", str(tmp_path / "small.yaml"), *arguments).out)
