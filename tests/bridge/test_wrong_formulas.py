"""Wrong formulas, one put into archcalc at a time, are each caught by what torch says."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, cast

import pytest

from archcalc import loads, trace
from archcalc.bridge.probing.fields import verify_fields
from archcalc.bridge.verifying import verify
from archcalc.facts import Facts, Phased, Window
from archcalc.layers.registry import kind
from archcalc.work import Work

Wrong = Callable[[Facts], Facts]


def first(facts: Facts, change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Facts:
    """Facts with another shape of the first output."""
    (name, tensor), *others = facts.outputs.items()
    return replace(facts, outputs={name: replace(tensor, shape=change(tensor.shape)), **dict(others)})


def longer(facts: Facts) -> Facts:
    """One position more on the last axis."""
    return first(facts, lambda shape: (*shape[:-1], shape[-1] + 1))


def shorter(facts: Facts) -> Facts:
    """One position less on the last axis."""
    return first(facts, lambda shape: (*shape[:-1], shape[-1] - 1))


def weight(name: str, change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Wrong:
    """Another shape of a weight."""
    return lambda facts: replace(facts, weights={**facts.weights, name: change(facts.weights[name])})


def without(name: str) -> Wrong:
    """A weight that is forgotten."""
    return lambda facts: replace(facts, weights={k: v for k, v in facts.weights.items() if k != name})


def buffers(facts: Facts) -> Facts:
    """A buffer that is forgotten."""
    return replace(facts, buffers=dict(list(facts.buffers.items())[:-1]))


def macs(change: Callable[[int], int]) -> Wrong:
    """Another number of multiply-accumulates."""
    return lambda facts: replace(facts, work=(Work("product", change(cast("int", facts.macs))),))


def reads(change: Callable[[Window], Window]) -> Wrong:
    """Another window on the last axis."""

    def wrong(facts: Facts) -> Facts:
        *others, last = facts.reads[0]
        changed = replace(last, reach=change(cast("Window", last.reach)))
        return replace(facts, reads=((*others, changed), *facts.reads[1:]))

    return wrong


def windows(facts: Facts) -> Facts:
    """Adaptive windows that end a position early."""
    *others, last = facts.reads[0]
    reach = cast("Phased", last.reach)
    phases = tuple(range(each.start, each.stop - 1) for each in reach.phases)
    return replace(facts, reads=((*others, replace(last, reach=replace(reach, phases=phases))),))


class Case(NamedTuple):
    """A wrong formula of a kind, and a layer and an input on which it shows.

    Args:
        layer: the arguments, as in YAML.
        shape: of the input.
        wrong: what it makes of the facts.
        caught: the check that names it.
    """

    layer: str
    shape: str
    wrong: Wrong
    caught: str


CASES = {
    "convolution size": Case("Conv2d, out_channels: 2, kernel_size: 3", "[1, 9, 9]", longer, "output shapes"),
    "padding same": Case(
        "Conv1d, out_channels: 2, kernel_size: 4, padding: same", "[1, 9]", shorter, "output shapes"
    ),
    "transposed size": Case(
        "ConvTranspose1d, out_channels: 2, kernel_size: 3, stride: 2, output_padding: 1",
        "[1, 9]",
        shorter,
        "output shapes",
    ),
    "pooling ceil": Case(
        "MaxPool1d, kernel_size: 3, stride: 2, ceil_mode: true", "[1, 10]", shorter, "output shapes"
    ),
    "LSTM biases": Case("LSTM, hidden_size: 4", "[5, 3]", without("bias_hh_l0"), "parameters"),
    "attention projection": Case(
        "MultiheadAttention, num_heads: 2",
        "[5, 4]",
        weight("in_proj_weight", lambda shape: (shape[0] - shape[1], shape[1])),
        "parameters",
    ),
    "embedding rows": Case(
        "Embedding, num_embeddings: 10, embedding_dim: 4",
        "{shape: [5], dtype: int64}",
        weight("weight", lambda shape: (shape[0] + 1, shape[1])),
        "parameters",
    ),
    "norm buffers": Case("BatchNorm1d", "[3, 5]", buffers, "buffers"),
    "grouped MACs": Case(
        "Conv2d, out_channels: 4, kernel_size: 3, groups: 2", "[4, 9, 9]", macs(lambda n: 2 * n), "MACs"
    ),
    "recurrent MACs": Case("GRU, hidden_size: 4", "[5, 3]", macs(lambda n: n + 4), "MACs"),
    "field step": Case(
        "Conv1d, out_channels: 2, kernel_size: 3, stride: 2",
        "[1, 21]",
        reads(lambda window: replace(window, stride=3)),
        "receptive fields",
    ),
    "field start": Case(
        "AvgPool1d, kernel_size: 3, padding: 1",
        "[1, 21]",
        reads(lambda window: replace(window, padding=0)),
        "receptive fields",
    ),
    "dilation coverage": Case(
        "Conv1d, out_channels: 2, kernel_size: 3, dilation: 2",
        "[1, 21]",
        reads(lambda window: replace(window, kernel=5, dilation=1)),
        "positions read",
    ),
    "adaptive windows": Case("AdaptiveAvgPool1d, output_size: 4", "[1, 10]", windows, "receptive fields"),
    "head bias": Case("Linear, out_features: 4", "[5, 3]", without("bias"), "names"),
}
GRAPH = """\
inputs: {x: [6, 3], edges: {shape: [2, 8], dtype: int64}}
layers:
  - {type: SAGEConv, name: layer, from: [x, edges], out_channels: 4}
"""


def mistaken(monkeypatch: pytest.MonkeyPatch, name: str, wrong: Wrong) -> None:
    """Let a kind state something wrong."""
    made = kind(name)
    right = made.infer
    monkeypatch.setattr(made, "infer", lambda self, inputs: wrong(right(self, inputs)))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # of a method


def caught(spec: str) -> set[str]:
    """The checks that name a difference."""
    traced = trace(loads(spec))
    found = verify(traced)
    if not found.differs("output shapes"):
        found = found.beside(verify_fields(traced))
    return {check.what for check in found.checks if check.mismatches}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_formula_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    spec = f"inputs: {{x: {case.shape}}}\nlayers:\n  - {{type: {case.layer}, name: layer}}\n"
    assert not caught(spec)
    mistaken(monkeypatch, case.layer.partition(",")[0], case.wrong)
    assert case.caught in caught(spec)


def test_wrong_parameters_of_a_graph_layer_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not caught(GRAPH)
    mistaken(monkeypatch, "SAGEConv", without("lin_r.weight"))
    assert {"parameters", "names"} <= caught(GRAPH)


def test_a_wrong_fold_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step of a field behind a stride, one too large, in the fold and not in a kind."""
    from archcalc.analyses import spans

    rows = "".join("  - {type: Conv1d, out_channels: 1, kernel_size: 3, stride: 2}\n" for _ in range(2))
    spec = f"inputs: {{x: [1, 41]}}\nlayers:\n{rows}"
    assert not caught(spec)
    monkeypatch.setattr(spans, "field_jump", lambda jump, stride: jump * stride + 1)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # of numbers
    assert caught(spec) == {"receptive fields"}
