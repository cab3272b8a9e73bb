"""Candidates of a sweep beside fresh traces: over variables that are followed, that decide, and that fail."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcalc import load, loads, trace
from archcalc.errors import SpecError
from archcalc.quantities.table import QUANTITIES, measured
from archcalc.sweeping.asked import space_of
from archcalc.sweeping.asking import reason_of
from archcalc.sweeping.evaluation import Evaluation

if TYPE_CHECKING:
    from archcalc.loading import Model
    from archcalc.sweeping.rows import Rows
    from archcalc.sweeping.space import Space

CONVOLUTIONS = """
vars: {width: 8, depth: 1, size: 32, kernel: 3, groups: 1, act: ReLU, slim: false, drop: 0.1}
inputs: {image: [3, =size, =size]}
layers:
  - {type: Conv2d, name: stem, out_channels: =width, kernel_size: =kernel, stride: 2}
  - {type: BatchNorm2d, when: =not slim}
  - {type: ReLU, when: =act == "ReLU"}
  - {type: GELU, when: =act == "GELU"}
  - type: Conv2d
    out_channels: =width * 2 if i > 0 else width
    kernel_size: =kernel
    groups: =groups
    repeat: =depth
  - {type: MaxPool2d, kernel_size: 2, ceil_mode: true}
  - {type: AdaptiveAvgPool2d, output_size: "=max(size // 16, 1)"}
  - Flatten
  - {type: Dropout, p: =drop}
  - {type: Linear, out_features: =10 if width < 20 else 20}
"""
ATTENTION = """
vars: {width: 16, heads: 2, depth: 1, ratio: 4}
inputs: {tokens: {shape: [12], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 50, embedding_dim: =width}
  - type: TransformerEncoderLayer
    d_model: =width
    nhead: =heads
    dim_feedforward: =ratio * width
    repeat: =depth
  - {type: Linear, out_features: =ceil(width / 3)}
"""
UNET = """
vars: {width: 4, levels: 2}
inputs: {image: [1, 16, 16]}
layers:
  - {type: Conv2d, name: in, out_channels: =width, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: down, out_channels: =width * 2, kernel_size: 3, stride: 2, padding: 1}
  - {type: Upsample, name: up, scale_factor: 2}
  - {type: Concat, from: [in, up]}
  - {type: Conv2d, out_channels: 1, kernel_size: 1, groups: =levels}
"""
NAMED = """
vars: {width: 4, rate: 1}
inputs: {sequence: [2, 40]}
layers:
  - {type: Conv1d, name: "conv_{width}", out_channels: =width, kernel_size: 3, dilation: =rate}
  - type: Conv1d
    name: late
    from: "conv_{2 * width // 2}"
    out_channels: 3
    kernel_size: 5
    dilation: =rate ** 2
  - {type: Conv1d, out_channels: =floor(log2(width)) + 1, kernel_size: "=[1, 3, 5][rate % 3]"}
"""
SPACES: dict[str, tuple[str, dict[str, list[object]], dict[str, list[object]], tuple[str, ...], int]] = {
    "convolutions": (
        CONVOLUTIONS,
        {
            "width": ["4..64:4"],
            "depth": [0, 1, 2, 3],
            "size": ["6..70:1"],
            "kernel": [1, 3, 5, 7, 9],
            "groups": ["1..6"],
            "act": ["ReLU", "GELU", 3],
            "slim": [True, False],
            "drop": [0.1, 0.5, 2],
        },
        {},
        ("params", "trainable_params", "macs", "flops", "receptive_field", "depth", "layers", "output_shape"),
        350,
    ),
    "attention": (
        ATTENTION,
        {"width": ["8..96:8"], "heads": ["1..8"], "depth": [1, 2, 3], "ratio": [1, 2, 4, 0]},
        {"tokens": ["4..64:6"]},
        ("params", "non_embedding_params", "macs", "memory", "output_shape"),
        250,
    ),
    "unet": (
        UNET,
        {"width": ["1..24"], "levels": [1, 2, 3, 4]},
        {"image": ["1..3,7..21,4..32:4"]},
        ("params", "macs", "memory", "training_memory", "receptive_field", "buffers", "largest_layer"),
        150,
    ),
    "names": (
        NAMED,
        {"width": ["1..40"], "rate": ["1..5"]},
        {"sequence": [(2, 40), (2, 300), (3, 40), (40,), "2,100..200:50"]},
        ("params", "macs", "receptive_field", "output_shape"),
        250,
    ),
}
"""Spec, values, inputs, quantities, and how many candidates are looked at."""


def fresh(model: "Model", space: "Space", candidate: int, names: tuple[str, ...]) -> tuple[object, ...]:
    """What a trace of this candidate alone says: the quantities and None, or nothing and the reason."""
    codes = {name: int(code[0]) for name, code in space.codes(np.array([candidate])).items()}
    settings, inputs = space.at(codes)
    try:
        found = measured(trace(model, settings, inputs), {name: QUANTITIES[name] for name in names})
    except SpecError as error:
        return (*(None for _ in names), reason_of(error))
    return (*found.values(), None)


def told(rows: "Rows", row: int, names: tuple[str, ...]) -> tuple[object, ...]:
    return (*(rows.columns[name][row] for name in names), rows.reasons[row])


@pytest.mark.parametrize("name", SPACES)
def test_a_candidate_is_what_a_fresh_trace_says(name: str) -> None:
    text, values, inputs, names, count = SPACES[name]
    model = loads(text)
    space = space_of(model, values, inputs)
    random = np.random.default_rng(len(name))
    candidates = np.unique(random.integers(0, space.count, count))
    evaluation = Evaluation(model, space, names)
    half = len(candidates) // 2  # the second half is answered with what the first one has taught
    parts = [evaluation.rows(candidates[:half]).rows, evaluation.rows(candidates[half:]).rows]
    assert sum(map(len, parts)) == len(candidates), "none is lost"
    failed = sum(int(rows.failed.sum()) for rows in parts)
    assert 0 < failed < len(candidates), "some are no networks, and some are"
    for rows in parts:
        for row, candidate in enumerate(rows.candidates.tolist()):
            want = fresh(model, space, candidate, names)
            assert told(rows, row, names) == want, (name, candidate, space.codes(np.array([candidate])))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("resnet18", {"size": ["32..300:7"], "classes": [10, 100]}),
        ("gpt2", {"width": ["192..768:64"], "heads": ["2..12"], "depth": [1, 2]}),
    ],
)
def test_a_shipped_network_is_what_a_fresh_trace_says(name: str, values: dict[str, list[object]]) -> None:
    model, names = load(name), ("params", "macs", "receptive_field")
    space = space_of(model, values, {})
    candidates = np.random.default_rng(1).integers(0, space.count, 12)
    rows = Evaluation(model, space, names).rows(candidates).rows
    for row, candidate in enumerate(candidates.tolist()):
        assert told(rows, row, names) == fresh(model, space, candidate, names), candidate


def test_few_traces_answer_many_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is followed is not traced again: 120,000 candidates, with errors in their own numbers."""
    from archcalc.sweeping import asking

    traced: list[object] = []

    def counted(*arguments: object) -> object:
        traced.append(arguments)
        return trace(*arguments)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(asking, "trace", counted)
    model = loads(CONVOLUTIONS)
    space = space_of(
        model, {"width": ["1..100"], "size": ["30..149"], "groups": ["1..10"], "kernel": [3]}, {}
    )
    rows, counts = Evaluation(model, space, ("params", "macs")).rows(np.arange(space.count))
    assert counts.candidates == len(rows) == 120_000
    assert len(traced) < 200
    width, groups = rows.columns["width"], rows.columns["groups"]
    assert np.array_equal(rows.failed, width % groups != 0)
    wrong = int(np.flatnonzero((width == 7) & (groups == 5))[0])
    assert rows.reasons[wrong] == "conv2d_1.0 (Conv2d): 7 input channels do not divide into 5 groups"


def test_numbers_beyond_64_bits_are_exact() -> None:
    model = loads("vars: {a: 1, b: 1}\ninputs: {x: [=a]}\nlayers: [{type: Linear, out_features: =b}]")
    big = 2**31 - 1
    space = space_of(model, {"a": [2, big], "b": [3, 2**33 + 1]}, {})
    rows = Evaluation(model, space, ("params", "flops")).rows(np.arange(4)).rows
    assert rows.columns["params"].tolist() == [a * b + b for a in (2, big) for b in (3, 2**33 + 1)]
    assert rows.columns["flops"].tolist()[-1] == 2 * big * (2**33 + 1) > 2**63


def test_an_answer_that_does_not_hold_for_its_own_candidate_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from archcalc.sizes.replay import Over

    monkeypatch.setattr(Over, "valid", property(lambda over: np.zeros(over._shape, bool)))  # noqa: SLF001
    model = loads(CONVOLUTIONS)
    with pytest.raises(AssertionError, match="does not hold where it was asked"):
        Evaluation(model, space_of(model, {"width": [8, 9]}, {}), ("params",)).rows(np.arange(2))
