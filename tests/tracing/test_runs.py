"""Turns of a repeat that are the same are held once: everything is as if each had been walked through."""

import json
from typing import TYPE_CHECKING

import pytest

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.analyses.stepping import AxisStep
from archcalc.errors import SpecError
from archcalc.json_document import document
from archcalc.layers.convolution import Conv2d
from archcalc.loading import load, loads
from archcalc.tracing import Trace, TracedLayer, alike_turns, trace, turns
from archcalc.tracing.beginning import first_of
from archcalc.tracing.frames import Site
from archcalc.tracing.ledger import Ledger
from archcalc.tracing.runs import Run
from archcalc.tracing.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.loading import Model

    Calls = Callable[[type, str], list[None]]

CONV = "{type: Conv2d, out_channels: 4, kernel_size: 3, padding: 1"
BLOCK = """
blocks:
  b:
    args: {c: 4}
    layers:
      - type: Residual
        body:
          - {type: Conv2d, name: conv, out_channels: =c, kernel_size: 3, padding: 1}
          - {type: BatchNorm2d, name: norm}
      - ReLU
  mixed:
    inputs: [x, memory]
    layers:
      - {type: Conv2d, name: conv, from: x, out_channels: 4, kernel_size: 3, padding: 1}
      - {type: Add, from: [conv, memory]}
  shifted:
    inputs: [x, memory]
    layers:
      - {type: ZeroPad2d, name: pad, from: x, padding: [-1, 1, -1, 1]}
      - {type: Add, from: [pad, memory]}
  by_turn:
    args: {k: "=3 if i < 2 else 1"}
    layers: [{type: Conv2d, out_channels: 4, kernel_size: =k, padding: same}]
  past:
    layers:
      - {type: Conv1d, name: c, out_channels: 4, kernel_size: 3, padding: 1}
      - {type: Permute, dims: [1, 0]}
      - {type: LSTM, hidden_size: 4}
      - {type: ReLU, from: c}
"""
LISTS = {
    "a layer": [f"{CONV}, repeat: 5}}"],
    "an even kernel": ["{type: Conv2d, out_channels: 4, kernel_size: [2, 3], padding: [1, 1], repeat: 5}"],
    "channels that change first": ["{type: Conv2d, out_channels: 8, kernel_size: 1, repeat: 4}"],
    "a block": ["{type: b, name: stage, repeat: 4}"],
    "a block in a repeat in a repeat": [
        "{type: Sequential, name: s, repeat: 4, layers: [{type: b, repeat: 3}, MaxPool2d]}".replace(
            ", MaxPool2d", ""
        )
    ],
    "a stride": ["{type: Conv2d, out_channels: 4, kernel_size: 3, stride: 2, padding: 1, repeat: 7}"],
    "its number": [
        "{type: Conv2d, out_channels: 4, kernel_size: =5 if i > 2 else 3, padding: same, repeat: 6}"
    ],
    "its number, left out": [
        "{type: Sequential, name: s, repeat: 5, layers: [{type: ReLU, when: =i > 2}, ReLU]}"
    ],
    "its number in the first turn": [
        "{type: Conv2d, out_channels: =8 if i == 0 else in_channels, kernel_size: 1, repeat: 6}"
    ],
    "its number in the last turn": [
        "{type: Conv2d, out_channels: 4, kernel_size: =1 if i == 5 else 3, padding: same, repeat: 6}"
    ],
    "its number in every second turn": [
        "{type: Conv2d, out_channels: 4, kernel_size: =1 + 2 * (i % 2), padding: same, repeat: 6}"
    ],
    "its number in a list": [
        "{type: Conv2d, out_channels: 4, kernel_size: [3, =1 if i < 3 else 3], padding: same, repeat: 7}"
    ],
    "its number, and true and 1": [
        "{type: Conv2d, out_channels: 4, kernel_size: 1, bias: =i > 1, repeat: 6}",
    ],
    "its number in a default": ["{type: by_turn, name: s, repeat: 6}"],
    "its number in an argument": ["{type: b, name: s, c: =4 + 0 * i, repeat: 6}"],
    "its number in a name": [
        '{type: Sequential, repeat: 5, layers: [{type: ELU, name: "r{i}"}, {type: ELU, when: =i > 1}]}'
    ],
    "its number in a name alone": ['{type: Sequential, repeat: 5, layers: [{type: ELU, name: "r{i}"}]}'],
    "its number in two places, one of which changes": [
        f"{{type: Sequential, name: s, repeat: 6, layers: [{CONV}, bias: =i < 3}}, "
        f"{CONV}, dilation: =1 if i < 9 else 2}}]}}".replace("padding: 1", "padding: same")
    ],
    "its number within its number": [
        "{type: Sequential, name: s, repeat: 4, layers: "
        "[{type: ReLU, repeat: =3 if i > 0 else 1}, CONV, bias: =i < 3, repeat: 5}]}".replace("CONV", CONV)
    ],
    "a name outside": [
        "{type: ReLU, name: top}",
        "{type: Sequential, name: s, repeat: 4, layers: [ReLU, {type: Add, from: [input, top]}]}",
    ],
    "a second input": ["{type: ReLU, name: top}", "ReLU", "{type: Add, from: [relu_1, top], repeat: 5}"],
    "both inputs the same": ["{type: ReLU, name: top}", "{type: Add, from: [top, top], repeat: 4}"],
    "a turn that is read": [f"{CONV}, name: c, repeat: 6}}", "{type: Add, from: [c.3, c.5]}"],
    "all turns that are read": [f"{CONV}, name: c, repeat: 5}}", '{type: Concat, from: ["c.*"]}'],
    "inside a turn": ["{type: b, name: s, repeat: 5}", "{type: Add, from: [s.3.conv, s.4]}"],
    "shared weights": [f"{CONV}, name: c, repeat: 5}}", f"{CONV}, tie: c.3}}"],
    "a layer put into a turn": ["{type: b, name: s, repeat: 4}", f"{CONV}, name: s.2.more}}"],
    "frozen": [f"{CONV}, frozen: true, repeat: 4}}", f"{CONV}, repeat: 4}}"],
    "statistics": ["{type: InstanceNorm2d, repeat: 4}", f"{CONV}, repeat: 4}}"],
    "two paths": [
        "{type: Branches, name: s, repeat: 4, merge: Add, branches: [[CONV}], "
        "[CONV, dilation: 2}, {type: ZeroPad2d, padding: 1}]]}".replace("CONV", CONV)
    ],
    "an unread layer": [
        f"{{type: Sequential, name: s, repeat: 4, layers: [{CONV}, name: c}}, {{type: ReLU, from: input}}]}}"
    ],
    "shared turns": [
        "{type: Sequential, name: one, layers: [{type: b, name: s, repeat: 4}]}",
        "{type: Sequential, name: two, tie: one, layers: [{type: b, name: s, repeat: 4}]}",
    ],
    "weights of a turn that are shared": [f"{CONV}, name: c, repeat: 5}}", f"{CONV}, name: d, tie: c.4}}"],
    "weights of a turn that are frozen": [
        f"{CONV}, name: c, repeat: 5}}",
        f"{CONV}, tie: c.3, frozen: true}}",
    ],
    "a wide field from outside": [
        "{type: Conv2d, name: wide, out_channels: 4, kernel_size: 9, padding: 4}",
        "{type: ReLU, name: top, from: input}",
        "{type: mixed, from: [top, wide], repeat: 9}",
        "{type: shifted, from: [wide, input], repeat: 20}",
    ],
    "the past beside the way": ["{type: Mean, dim: 2}", "{type: past, repeat: 5}"],
    "off the grid": [
        f"{CONV}, stride: 2}}",
        "{type: Branches, name: s, repeat: 4, merge: Add, branches: [[CONV}], [{type: ZeroPad2d, "
        "padding: [1, 0, 1, 0]}, {type: Conv2d, out_channels: 4, kernel_size: 2}]]}".replace("CONV", CONV),
    ],
    "all positions beside the way": [
        "{type: Sequential, name: s, repeat: 5, layers: [CONV, name: c}, "
        "{type: AdaptiveAvgPool2d, output_size: 1}, {type: ReLU, from: c}]}".replace("CONV", CONV)
    ],
    "upsampled": ["{type: Upsample, scale_factor: 2}", f"{CONV}, repeat: 5}}"],
    "the past": ["{type: Flatten, start_dim: 2}", "{type: LSTM, hidden_size: 12, repeat: 4}"],
}


def written(lines: list[str]) -> "Model":
    layers = "".join(f"  - {line}\n" for line in lines)
    return loads(f"inputs: {{x: [4, 12, 12]}}{BLOCK}layers:\n{layers}")


def _none(*_: object) -> None:
    """No turns behind."""


def walked(model: "Model", monkeypatch: pytest.MonkeyPatch) -> Trace:
    """The trace with every turn walked through."""
    with monkeypatch.context() as patched:
        patched.setattr(Walk, "_run_behind", _none)
        return trace(model)


def told(network: Trace) -> list[str]:
    return [json.dumps(document(network, depth)) for depth in (1, 2, None)]


def check_same(model: "Model", monkeypatch: pytest.MonkeyPatch) -> None:
    plain = walked(model, monkeypatch)
    assert told(trace(model)) == told(plain)
    held = trace(model)
    for layer in plain.layers:
        assert held.by_name[layer.name] == layer
        assert held.readers_of(layer.name) == plain.readers_of(layer.name)
    for name in plain.scopes:
        if plain.encloses(name):
            one, other = held.scope(name), plain.scope(name)
            assert (one.type, one.enters, one.leaves) == (other.type, other.enters, other.leaves)
    assert trace(model) == plain
    fields, afresh = receptive_fields(trace(model)), receptive_fields(plain)
    assert all(fields.layers[name] == found for name, found in afresh.layers.items())
    assert list(fields.outputs) == list(afresh.outputs)
    assert fields.misaligned == afresh.misaligned
    assert params(trace(model)).trainable == params(plain).trainable
    middle = plain.layers[len(plain.layers) // 2].name
    there = [dict(receptive_fields(network, middle).layers) for network in (trace(model), plain)]
    assert there[0] == there[1]


@pytest.mark.parametrize("case", LISTS)
def test_turns_that_are_held_once_are_as_if_walked_through(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_same(written(LISTS[case]), monkeypatch)


def test_an_error_in_a_later_turn_is_told_of_that_turn() -> None:
    wrong = (
        "{type: Conv2d, out_channels: 4, kernel_size: =3 if i < 4 else 1 / (i - 4), padding: same, repeat: 9}"
    )
    with pytest.raises(SpecError, match=r"conv2d_0\.4 .*division by zero"):
        trace(written([wrong]))


@pytest.mark.parametrize("name", ["transformer_wmt", "resnet18", "resnet50", "vdsr", "mamba_130m"])
def test_shipped_networks_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_same(load(name), monkeypatch)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> "Calls":
    """Counts the calls of a method."""

    def counted(owner: type, method: str) -> list[None]:
        found: list[None] = []
        plain = getattr(owner, method)

        def wrapped(*arguments: object) -> object:
            found.append(None)
            return plain(*arguments)

        monkeypatch.setattr(owner, method, wrapped)
        return found

    return counted


@pytest.mark.parametrize(
    ("size", "walked_through"),
    [("=5 if i == 0 else 3", 2), ("=5 if i < 7 else 3", 8), ("=3 if i < 1999 else 5", 2000)],
)
def test_turns_whose_number_changes_nothing_are_not_walked_through(
    size: str, walked_through: int, calls: "Calls"
) -> None:
    entered, values = calls(Walk, "_instance"), calls(Site, "lookup")
    trace(written([f"{{type: Conv2d, out_channels: 4, kernel_size: {size}, padding: same, repeat: 2000}}"]))
    assert len(entered) == walked_through
    assert len(values) <= 2 * 2000 + walked_through, "no turn is asked again and again"


def test_runs_whose_expressions_would_be_asked_too_often_are_walked_through(
    calls: "Calls", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alike_turns, "MAX_ANSWERS", 30)
    entered = calls(Walk, "_instance")
    entry = "{type: Conv2d, out_channels: 4, kernel_size: =5 if i == 0 else 3, padding: same, repeat: 50}"
    trace(written([entry]))
    assert len(entered) == 21


@pytest.mark.parametrize("times", [100, 1_000_000])
def test_a_million_turns_take_no_more_steps_than_a_hundred(times: int, calls: "Calls") -> None:
    asked, steps, entered = calls(Conv2d, "infer"), calls(AxisStep, "behind"), calls(Walk, "_instance")
    network = trace(written([f"{CONV}, repeat: {times}}}"]))
    assert len(network.layers) == times
    assert params(network).params == times * (4 * 4 * 9 + 4)
    assert macs(network).macs == times * 4 * 4 * 9 * 12 * 12
    (field,) = receptive_fields(network).layers[f"conv2d_0.{times - 1}"]
    assert [(axis.size, axis.start) for axis in field.axes] == [(2 * times + 1, -times)] * 2
    assert (len(asked), len(entered)) == (1, 1)
    assert len(steps) < 12


def test_layers_that_are_alike_are_asked_once(calls: "Calls") -> None:
    asked = calls(Conv2d, "infer")
    network = trace(
        written([f"{CONV}}}"] * 20 + ["{type: Conv2d, out_channels: =2 + 2, kernel_size: 1}"] * 20)
    )
    assert len(network.layers) == 40
    assert len(asked) == 2


def test_layers_that_differ_in_a_later_input_are_asked_each() -> None:
    lines = [
        f"{CONV}, name: four}}",
        "{type: Conv2d, name: two, from: input, out_channels: 2, kernel_size: 1}",
    ]
    lines += [f"{{type: Concat, name: {name}_too, from: [input, {name}]}}" for name in ("four", "two")]
    network = trace(written(lines))
    assert [network.by_name[name].facts.outputs["output"].shape[0] for name in ("four_too", "two_too")] == [
        8,
        6,
    ]


def test_fields_longer_than_any_axis_are_refused_in_a_run_too() -> None:
    far = 2**58
    line = "{type: Conv2d, out_channels: 4, kernel_size: 3, dilation: FAR, padding: FAR, repeat: 99}"
    network = trace(written([line.replace("FAR", str(far))]))
    with pytest.raises(SpecError, match="a field of 64"):
        receptive_fields(network)


def test_one_and_true_are_not_alike() -> None:
    network = trace(written(["{type: Upsample, scale_factor: 1}", "{type: Upsample, scale_factor: 1.0}"]))
    assert [type(layer.arguments.model_dump()["scale_factor"]) for layer in network.layers] == [
        type(trace(written([line])).layers[0].arguments.model_dump()["scale_factor"])
        for line in ("{type: Upsample, scale_factor: 1}", "{type: Upsample, scale_factor: 1.0}")
    ]


@pytest.mark.parametrize(
    "line",
    [
        f"{CONV}, repeat: 2000001}}",
        f"{{type: Sequential, repeat: 2000, layers: [{CONV}, repeat: 2000}}]}}",
        "{type: Sequential, repeat: 2000, layers: [{type: b, repeat: 1000}]}",
    ],
)
def test_more_layers_than_the_limit_are_refused_before_they_are_made(line: str) -> None:
    with pytest.raises(SpecError, match=r"2,000,000"):
        trace(written([line]))


MANY = "{{type: Sequential, name: s, repeat: {}, layers: [{}, name: c}}, ReLU, {{type: Tanh, from: c}}]}}"


def test_what_nothing_reads_in_many_turns_is_found_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    anew = Run.anew

    def counted(run: Run, turn: int, at: int) -> TracedLayer:
        made.append(turn)
        return anew(run, turn, at)

    monkeypatch.setattr(Run, "anew", counted)
    network = trace(written([MANY.format(500_000, CONV)]))
    assert network.findings
    assert next(iter(network.findings)).source == "s.0.relu_0"
    with pytest.raises(SpecError) as raised:
        trace(written([MANY.format(500_000, CONV), "{type: Linear}"]))
    assert raised.value.partial is not None
    assert len(raised.value.partial.layers) == 1_500_000
    assert len(made) < 20


def test_layers_above_a_mistake_are_those_of_the_network() -> None:
    lines = [f"{CONV}, repeat: 40}}", "ReLU", f"{CONV}, repeat: 30}}"]
    network = trace(written(lines))
    for number in (0, 40, 41, 71):
        assert list(first_of(network.layers, number)) == list(network.layers)[:number]
    with pytest.raises(SpecError) as raised:
        trace(written([*lines[:2], "{type: Linear}", lines[2]]))
    assert raised.value.partial is not None
    names = [layer.name for layer in raised.value.partial.layers]
    assert names == ["conv2d_0." + str(turn) for turn in range(40)] + ["relu_0"]


def test_long_turns_are_walked_and_not_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = f"{CONV}, repeat: 60}}"
    line = f"{{type: Sequential, name: s, repeat: 9, layers: [{inner}, ReLU]}}"
    whole = trace(written([line]))
    monkeypatch.setattr(turns, "WRITTEN", 50)
    walked_turns = trace(written([line]))
    assert [len(run.written.layers) for run in whole.runs.all] != [1] * len(walked_turns.runs.all)
    assert all(len(run.written.layers) == 1 for run in walked_turns.runs.all)
    assert told(walked_turns) == told(whole)


def test_a_fault_that_was_told_ends_further_repeats_of_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[object] = []
    step = Ledger.step

    def counted(ledger: Ledger, *words: object) -> None:
        steps.append(words)
        step(ledger, *words)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(Ledger, "step", counted)
    line = "{type: Conv2d, out_channels: 4, kernel_size: 1, dims: 3, repeat: 7000}"
    block = f"blocks: {{odd: {{layers: [{line}]}}}}"
    with pytest.raises(SpecError, match="unknown key 'dims'") as raised:
        trace(loads(f"inputs: {{x: [4, 12, 12]}}\n{block}\nlayers: [odd, odd]\n"))
    assert len(raised.value.problems) == 1
    assert len(steps) < 20
