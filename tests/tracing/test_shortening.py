"""Rules see a few turns of long runs: what they find, and how often, is as if they looked at each."""

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from archcalc.analyses.compute import macs
from archcalc.analyses.dilation import dilation_groups
from archcalc.analyses.heads import scoring_heads
from archcalc.analyses.summary import Summary, summary
from archcalc.cli import main
from archcalc.errors import SpecError
from archcalc.footprint.budget import inference_memory
from archcalc.footprint.following import turns_followed
from archcalc.footprint.storages import Setting
from archcalc.footprint.training import TrainingRun, training_memory
from archcalc.json_document import document
from archcalc.loading import loads
from archcalc.render import tree
from archcalc.render.document import around_layers, layer_entries
from archcalc.render.emit import json_text
from archcalc.render.json_pieces import json_pieces
from archcalc.render.reports import shapes_table
from archcalc.render.summary import summary_table
from archcalc.render.summary_columns import KNOWN
from archcalc.render.summary_document import around_summary, summary_entries
from archcalc.render.view import View
from archcalc.rules.context import KEPT, Context
from archcalc.rules.engine.checking import check_document
from archcalc.rules.registry import rules
from archcalc.source import parse
from archcalc.tracing import trace
from archcalc.tracing.shortening import FEWEST, with_short_runs
from archcalc.tracing.walk import Walk
from tests.test_speed import called

if TYPE_CHECKING:
    from pathlib import Path

    from archcalc.tracing import Trace

TIMES = 2 * KEPT + 30
"""Turns of a layer, of which some are left out."""
CODES = frozenset(rule.code for rule in rules())
BY_DEFAULT = frozenset(rule.code for rule in rules() if rule.severity != "info")
CONV = "{type: Conv2d, name: conv, out_channels: 4, kernel_size: 3, padding: 1"
PLAIN = f"""\
inputs: {{x: [4, 9, 9]}}
layers:
  - {CONV}, repeat: {TIMES}}}
"""
BLOCKS = f"""\
inputs: {{x: [4, 9, 9]}}
training: {{batch_size: 2}}
blocks:
  b:
    layers:
      - type: Residual
        body:
          - {CONV}}}
          - {{type: BatchNorm2d, name: norm}}
          - ReLU
layers:
  - {{type: b, name: s, repeat: {TIMES}}}
budgets: {{params: 1, macs: 1, memory: 1, scopes: {{s: {{params: 3}}}}}}
"""
DRAWN = f"""\
inputs: {{x: [8]}}
layers:
  - type: Sequential
    name: s
    repeat: {TIMES}
    layers:
      - {{type: Linear, name: map, out_features: 8, init: "normal:1"}}
      - SELU
  - {{type: Linear, name: head, out_features: 1}}
"""
SIGMOIDS = DRAWN.replace("SELU", "Sigmoid").replace(', init: "normal:1"', "")
RESET = DRAWN.replace("      - SELU", "      - Sigmoid\n      - LayerNorm\n      - Sigmoid")
POST_NORM = """\
inputs: {x: [6, 8]}
layers:
  - {type: TransformerEncoderLayer, name: s, nhead: 2, dim_feedforward: 8, repeat: 40}
"""
NUMBERED = f"""\
inputs: {{x: [4, 9, 9]}}
layers:
  - {{type: ReLU, name: top}}
  - {CONV}, repeat: {TIMES}}}
  - {{type: Add, from: [conv.70, conv]}}
"""
SPECS = {
    "plain": PLAIN,
    "blocks": BLOCKS,
    "drawn": DRAWN,
    "sigmoids": SIGMOIDS,
    "chains within a turn": RESET,
    "norms behind sums": POST_NORM,
    "a turn between that is read": NUMBERED,
    "dilated": PLAIN.replace("padding: 1", "padding: 2, dilation: 2").replace(f"{TIMES}", "110"),
}
ASKED = {"chains within a turn": frozenset({"AC308"}), "sigmoids": frozenset({"AC308"})}
"""What is asked of slow cases, and finds what is to be seen there."""


def _none(*_: object) -> None:
    """No turns behind."""


def told(text: str, active: frozenset[str] = CODES) -> list[tuple[str, str, str, int, str]]:
    checked = check_document(parse(text, "net.yaml"), active)
    return [(each.code, each.subject, each.message, each.also, each.hint) for each in checked.findings]


@pytest.mark.parametrize("case", SPECS)
def test_rules_find_the_same_as_in_every_turn(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    active = ASKED.get(case, CODES)
    short = told(SPECS[case], active)
    with monkeypatch.context() as patched:
        patched.setattr(Walk, "_run_behind", _none)
        whole = told(SPECS[case], active)
    assert short == whole
    assert short or case in ("a turn between that is read", "chains within a turn")


def short_of(text: str) -> "Trace":
    return with_short_runs(trace(loads(text)), KEPT).trace


def test_a_short_network_is_one_way_with_the_names_of_the_long_one() -> None:
    layers = short_of(PLAIN).layers
    assert [layer.name for layer in layers][:2] == ["conv.0", "conv.1"]
    assert layers[-1].name == f"conv.{TIMES - 1}"
    assert len(layers) == 2 * KEPT + 2 < TIMES
    assert all(layer.inputs[0].layer == before.name for before, layer in pairwise(layers))
    assert Context(loads(PLAIN), trace(loads(PLAIN))).count(layers) == TIMES


def test_large_turns_leave_fewer_of_them() -> None:
    turn = len(trace(loads(POST_NORM)).runs.all[0].written.layers)
    ends = -(-KEPT // turn)
    assert FEWEST < ends < KEPT
    kept = [layer for layer in short_of(POST_NORM).layers if layer.facts.attention is not None]
    assert len(kept) == 2 * ends + 2


@pytest.mark.parametrize("case", ["a turn between that is read", "dilated"])
def test_what_is_told_of_single_turns_keeps_all(case: str) -> None:
    network = trace(loads(SPECS[case]))
    assert with_short_runs(network, KEPT).trace is network


@pytest.mark.parametrize("case", SPECS)
def test_bytes_are_those_of_all_turns(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short = trace(loads(SPECS[case]))
    with monkeypatch.context() as patched:
        patched.setattr(Walk, "_run_behind", _none)
        whole = trace(loads(SPECS[case]))
    for setting in (Setting(), Setting(batch=3, dtype="float16")):
        assert inference_memory(short, setting) == inference_memory(whole, setting)
    assert macs(short) == macs(whole)


TURNED = """\
inputs: {x: [DIMS]}
layers:
  - {type: Linear, name: first, out_features: 4}
  - type: Sequential
    name: s
    repeat: 60
    layers:
      - {type: Permute, dims: [TURN]}
      - {type: ReLU, name: relu}
      - {type: Linear, name: map, out_features: 4}
      - {type: Add, from: [relu, map]}
  - {type: Linear, name: head, out_features: 1}
"""
SKIPS = """\
inputs: {x: [4, 6, 6]}
blocks:
  b:
    inputs: [x, memory]
    layers:
      - {type: Conv2d, name: conv, from: x, out_channels: 4, kernel_size: 3, padding: 1}
      - {type: BatchNorm2d, name: norm}
      - {type: Dropout, name: drop}
      - {type: Add, name: sum, from: [drop, memory]}
      - {type: Concat, from: [x, sum]}
      - {type: Conv2d, name: back, out_channels: 4, kernel_size: 1, bias: false}
      - {type: LeakyReLU, inplace: true}
layers:
  - {type: Conv2d, name: wide, out_channels: 4, kernel_size: 3, padding: 1}
  - {type: ReLU, name: top}
  - {type: b, name: s, from: [wide, top], repeat: 24}
  - {type: Conv2d, name: large, out_channels: 64, kernel_size: 1}
  - {type: Conv2d, name: small, out_channels: 4, kernel_size: 1}
  - {type: b, name: t, from: [small, wide], repeat: 24}
"""
VIEWS = f"""\
inputs: {{x: [4, 9]}}
layers:
  - {{type: Unflatten, dim: 1, unflattened_size: [2, 2]}}
  - {{type: Flatten, end_dim: 2}}
  - {{type: Identity, repeat: {TIMES}}}
  - ReLU
  - {{type: Tanh, repeat: {TIMES}}}
"""
TRAINED = {
    "plain": PLAIN,
    "blocks": BLOCKS.replace(f"{TIMES}", "60"),
    "norms behind sums": POST_NORM,
    "a turn between that is read": NUMBERED,
    "most at the first weights": DRAWN.replace("out_features: 8", "out_features: 8, bias: false"),
    "most on the way": f"{PLAIN}  - {{type: Upsample, scale_factor: 9}}\n  - {{type: Mean, dim: [1, 2]}}\n",
    "strides that turn by two": TURNED.replace("DIMS", "4, 4").replace("TURN", "1, 0"),
    "strides that turn by three": TURNED.replace("DIMS", "4, 4, 4").replace("TURN", "1, 2, 0"),
    "only strides that turn": f"""\
inputs: {{x: [4, 4]}}
layers:
  - {{type: Linear, out_features: 4}}
  - type: Sequential
    repeat: {TIMES}
    layers:
      - ReLU
      - {{type: Permute, name: turned, dims: [1, 0]}}
      - Flatten
      - {{type: Tanh, from: turned}}
""",
    "a tensor of outside in all turns": SKIPS,
    "frozen turns": SKIPS.replace("bias: false", "frozen: true").replace(
        "name: conv,", "name: conv, frozen: true,"
    ),
    "views of views": VIEWS,
    "a shared turn": f"{PLAIN}  - {CONV.replace('name: conv', 'tie: conv.70')}, frozen: true}}\n",
}
STEPS = (
    TrainingRun(),
    TrainingRun("adam", accumulate=2, update="foreach", loss="mse"),
    TrainingRun("adafactor", first=True),
    TrainingRun("adadelta", master=True, keep_gradients=True),
)


@pytest.mark.parametrize("case", TRAINED)
def test_bytes_of_training_are_those_of_all_turns(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short = trace(loads(TRAINED[case]))
    with monkeypatch.context() as patched:
        patched.setattr(Walk, "_run_behind", _none)
        whole = trace(loads(TRAINED[case]))
    assert bool(short.runs) == (case != "a shared turn")
    assert not whole.runs
    for at, step in enumerate(STEPS):
        setting = Setting(batch=1 + at, dtype="float16" if step.master else None)
        assert training_memory(short, setting, step) == training_memory(whole, setting, step)
    setting = Setting(batch=2)
    assert inference_memory(short, setting) == inference_memory(whole, setting)
    for depth in (None, 1):
        one, other = (told_in_summary(Summary(network, setting), depth) for network in (short, whole))
        assert one == other


def told_in_summary(found: Summary, depth: int | None) -> tuple[object, ...]:
    """The lines of the table with all columns, and the document."""
    made = summary_table(found, View(KNOWN, depth=depth))
    rows = [(row.name, row.cells, tuple(row.raw)) for row in made.rows]
    return rows, made.footer, around_summary(found), list(summary_entries(found, View(depth=depth)))


@pytest.mark.parametrize("text", [PLAIN, BLOCKS, POST_NORM], ids=["plain", "blocks", "norms behind sums"])
def test_a_million_turns_are_checked_as_soon_as_a_few(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(Context, "__init__", counting(Context.__init__, seen))
    many = text.replace(f"repeat: {TIMES}", "repeat: 300000").replace("repeat: 40", "repeat: 50000")
    assert told(many, BY_DEFAULT)
    assert max(seen) <= 4 * KEPT + 500


def counting(plain: object, seen: list[int]) -> object:
    """What makes a context, and notes how many layers it shows to rules."""
    assert callable(plain)

    def made(self: Context, *arguments: object) -> None:
        plain(self, *arguments)
        seen.append(len(self.layers))

    return made


@pytest.mark.parametrize("depth", [None, 1, 2])
@pytest.mark.parametrize("text", [BLOCKS, PLAIN.replace(f"{TIMES}", "600"), POST_NORM])
def test_a_document_in_pieces_is_the_whole_one(text: str, depth: int | None) -> None:
    network = trace(loads(text))
    found = summary(network)
    pieces = json_pieces(around_layers(network, found), "layers", layer_entries(network, found, depth=depth))
    text, whole = "".join(pieces), document(network, depth)
    assert json.loads(text) == json.loads(json_text(whole))
    first = next(layer_entries(network, found, depth=depth))
    assert f"\n  {json.dumps(first)}" in text


def test_a_list_without_entries_is_written_as_json_writes_it() -> None:
    plain = {"a": [1], "b": list[int]()}
    assert "".join(json_pieces(plain, "b", [])) == json.dumps(plain, indent=1) + "\n"


def test_tables_of_too_many_layers_are_refused_and_folded_ones_are_not() -> None:
    network = trace(loads(PLAIN.replace(f"{TIMES}", f"{tree.MAX_ROWS + 2}")))
    with pytest.raises(SpecError, match=r"a table of 8,002 layers is too long, at most 8,001"):
        shapes_table(network)
    assert len(shapes_table(network, 1).rows) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            f"{CONV.replace('name: conv', 'tie: conv.70')}, frozen: true}}",
            "one turn",
        ),
        ("{type: Add, from: [conv.70, conv]}", "what training keeps"),
    ],
)
def test_turns_that_differ_are_followed_or_refused(line: str, words: str) -> None:
    text = PLAIN.replace(f"{TIMES}", "60000") + f"  - {line}\n"
    with pytest.raises(SpecError, match=rf"{words}.* takes its 60,001 layers one by one, at most"):
        training_memory(trace(loads(text)), Setting(), TrainingRun())


def test_a_million_turns_are_trained_as_soon_as_a_few() -> None:
    many = trace(loads(BLOCKS.replace(f"repeat: {TIMES}", "repeat: 300000")))
    found = turns_followed(many, Setting(training=True))
    assert len(found.short.trace.layers) <= 2 * KEPT + 4 * FEWEST
    of_input = 4 * 9 * 9 * 4
    assert summary(many).footprint.kept == found.kept.bytes - of_input == 300_000 * 3920 - of_input


ONE_BY_ONE = {
    "the turns of a unit": ("rf", "--coverage"),
    "a place": ("rf", "--at", "1,1"),
    "stages": ("memory", "--pp", "4"),
    "slices": ("memory", "--train", "--tp", "2", "--dp", "2"),
    "frozen layers": ("summary", "--depth", "1", "--freeze", "conv.7"),
}


@pytest.mark.parametrize("case", ONE_BY_ONE)
def test_what_takes_every_turn_by_itself_is_refused_at_once(
    case: str, tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(PLAIN.replace(f"{TIMES}", "1000000"), encoding="utf-8")
    command, *options = ONE_BY_ONE[case]
    with pytest.raises(SystemExit) as ended:
        main([command, str(spec), *options])
    assert ended.value.code == 2
    assert "takes its 1,000,000 layers one by one, at most" in capsys.readouterr().err


def test_groups_of_dilated_layers_are_looked_for_where_there_are_some() -> None:
    assert dilation_groups(trace(loads(PLAIN.replace(f"{TIMES}", "1000000")))) == ()
    with pytest.raises(SpecError, match="takes its 60,000 layers one by one, at most"):
        dilation_groups(trace(loads(SPECS["dilated"].replace("repeat: 110", "repeat: 60000"))))


def test_dilated_layers_that_cannot_be_shortened_are_refused_in_a_check() -> None:
    text = SPECS["dilated"].replace("repeat: 110", "repeat: 60000")
    assert [(code, message) for code, _, message, _, _ in told(text)] == [
        ("AC001", "a check takes its 60,000 layers one by one, at most 5,001")
    ]


def test_a_check_refuses_dilated_layers_beside_others_before_any_of_them_is_made() -> None:
    line = "  - {type: Conv1d, out_channels: 4, kernel_size: 3, padding: %d, dilation: %d, repeat: 60000}\n"
    text = f"inputs: {{x: [4, 9]}}\nlayers:\n{line % (1, 1)}{line % (2, 2)}"
    found: list[str] = []
    took = called(lambda: found.extend(message for _, _, message, _, _ in told(text)))
    (message,) = found
    assert "a check takes its 60,1" in message
    assert took["Run.anew"] < 10


def test_an_error_behind_a_million_turns_is_told_though_their_table_is_too_long(
    tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "net.yaml"
    wrong = "  - {type: Conv2d, out_channels: 4, kernel_size: 99}\n"
    spec.write_text(PLAIN.replace(f"{TIMES}", "1000000") + wrong, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["shapes", str(spec)])
    assert ended.value.code == 2
    assert ":4:" in capsys.readouterr().err


def test_an_error_behind_turns_that_cannot_be_shortened_is_told_without_looking_at_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(Context, "__init__", counting(Context.__init__, seen))
    spec = tmp_path / "long.yaml"
    text = SPECS["dilated"].replace("repeat: 110", "repeat: 60000")
    wrong = "  - {type: Conv2d, out_channels: 4, kernel_size: 99}\n"
    spec.write_text(text + wrong, encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["check", str(spec)])
    assert "AC001" in capsys.readouterr().out
    assert len(seen) <= 2


def test_the_head_of_many_turns_is_found_without_making_them() -> None:
    text = (
        "inputs: {x: {shape: [6], dtype: int64}}\nlayers:\n"
        "  - {type: Embedding, num_embeddings: 50, embedding_dim: 8}\n"
        "  - {type: Sequential, repeat: 40000, layers: [{type: Linear, out_features: 8}, LayerNorm]}\n"
        "  - {type: Linear, name: head, out_features: 50}\n"
    )
    many, few = trace(loads(text)), trace(loads(text.replace("40000", "3")))
    assert scoring_heads(many) == scoring_heads(few) == {"head": ("weight",)}
    assert "_made" not in vars(many.layers)
