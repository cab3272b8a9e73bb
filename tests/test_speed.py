"""Work is counted, not timed: modules that a command imports, calls of what a step is made of, growth.

Limits lie a little above what is; who needs more says so here. ``--benchmark-enable`` times some of it too.
"""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest

from archcalc.analyses.attention import attention
from archcalc.analyses.dilation import dilation_groups
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.analyses.summary import Summary, summary
from archcalc.json_document import document
from archcalc.loading import Model, load, loads
from archcalc.render import emit
from archcalc.render.markdown import markdown
from archcalc.render.summary import summary_table
from archcalc.render.view import View
from archcalc.rules.context import Context
from archcalc.rules.registry import rules
from archcalc.tracing import ledger, trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pytest_benchmark.fixture import BenchmarkFixture

    from archcalc.render.cells import Table


def residual_network(blocks: int) -> Model:
    """A network of residual blocks, nine layers each, every other one of which is alike."""
    return load(
        {
            "inputs": {"image": [16, 32, 32]},
            "layers": [{"type": "BasicBlock", "name": "body", "width": "=16 + i % 2", "repeat": blocks}],
        }
    )


def called(work: "Callable[[], object]") -> "Counter[str]":
    """Python calls that ``work`` makes, by the class and the name of the function."""
    count: Counter[str] = Counter()

    def profile(frame: "FrameType", event: str, _argument: Any) -> None:  # noqa: ANN401  sys.setprofile's form
        if event == "call":
            count[frame.f_code.co_qualname] += 1

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def calls(work: "Callable[[], object]") -> int:
    """Python calls that ``work`` makes."""
    return called(work).total()


def found_by_rules(context: Context) -> int:
    """Findings of all rules, those that are off by default among them."""
    return sum(len(list(rule.check(context))) for rule in rules() if rule.check is not None)


def summed_up(model: Model) -> "Table":
    """The table of a summary."""
    network = trace(model)
    return summary_table(summary(network))


STEPS: "dict[str, Callable[[Model], object]]" = {
    "trace": trace,
    "receptive fields": lambda model: receptive_fields(trace(model)),
    "attention": lambda model: attention(trace(model)),
    "rules": lambda model: found_by_rules(Context(model, trace(model))),
    "dilation": lambda model: dilation_groups(trace(model)),
    "table": lambda model: emit.text(summed_up(model)),
    "markdown": lambda model: markdown(summed_up(model)),
    "document": lambda model: document(trace(model)),
}


@pytest.mark.parametrize("step", STEPS)
def test_work_grows_with_the_layers_and_no_faster(step: str) -> None:
    STEPS[step](residual_network(2))  # builds the kinds
    small, large = (calls(partial(STEPS[step], residual_network(blocks))) for blocks in (40, 80))
    assert 1.9 < large / small < 2.1


INFER, TRACK, THROUGH = ".infer", "_Walk.enter", "Transfer.through"
MOST_CALLS: "dict[str, dict[str, float]]" = {
    "trace": {INFER: 1, TRACK: 0},
    "receptive fields": {INFER: 1, TRACK: 1, THROUGH: 3.5},
    "attention": {INFER: 1},
    "rules": {INFER: 1, TRACK: 2, THROUGH: 7},
    "table": {INFER: 1, TRACK: 1, THROUGH: 3.5},
    "document": {INFER: 1, TRACK: 1, THROUGH: 3.5},
}
"""Step -> ends of the names of functions -> how often each is called for a layer, at most."""


@pytest.mark.parametrize("step", MOST_CALLS)
def test_what_a_step_is_made_of_is_done_so_often_for_a_layer(step: str) -> None:
    model = residual_network(10)
    layers = len(trace(model).layers)
    counted = called(lambda: STEPS[step](model))
    for end, most in MOST_CALLS[step].items():
        found = sum(count for name, count in counted.items() if name.endswith(end))
        assert found / layers <= most, f"{end}: {found} calls for {layers} layers"
    assert any(name.endswith(INFER) for name in counted), "the names are still those of the functions"


def test_a_layer_unlike_all_others_takes_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MAX_STEPS", 50)
    model = load(
        {
            "inputs": {"image": [16, 32, 32]},
            "layers": [
                {"type": "Conv2d", "out_channels": 16 + index, "kernel_size": 1} for index in range(100)
            ],
        }
    )
    trace(model)  # makes the class of the kind
    counted = called(lambda: trace(model))
    assert counted.total() / 100 <= 54
    assert 0 < counted["Ledger.foresee"] <= 3, "steps that are allowed are counted when more are taken"


def test_storages_are_followed_once_and_layers_that_are_alike_say_once_what_they_keep() -> None:
    network = trace(residual_network(10))
    alike = {id(layer.facts) for layer in network.layers}
    counted = called(lambda: summary(network).footprint)
    asked = [n for name, n in counted.items() if name.endswith(".keeping") and "Stated" not in name]
    assert counted["storages"] == 1, "for training and inference, which differ only where layers drop"
    assert 0 < max(asked) <= len(alike) < len(network.layers)
    assert 0 < counted["Keeping._planned"] <= 2 * len(alike), (
        "the first layers hand on no gradient to the input"
    )
    assert 0 < counted["own_bytes"] <= len(alike)


def test_lines_of_a_table_that_fits_are_laid_out_without_breaking_cells() -> None:
    table = summed_up(residual_network(10))
    counted = called(lambda: emit.text(table))
    assert counted["broken"] == 0
    assert counted["cell_text"] == len(table.rows) * (len(table.headers) - 1), "once for widths and lines"


def test_cells_of_turns_that_are_the_same_are_made_of_one_of_them() -> None:
    blocks = 40
    body = {"type": "BasicBlock", "name": "body", "width": 16, "repeat": blocks}
    network = trace(load({"inputs": {"image": [16, 32, 32]}, "layers": [body]}))
    found = summary(network)
    layers = len(network.layers)
    counted = called(lambda: summary_table(found, totals=False))
    one_turn = 2 * layers // blocks
    assert 0 < counted["shape"] <= one_turn + blocks + 1, "of layers in two turns, and of each container"
    assert 0 < counted["macs_column.<locals>.<lambda>"] <= 2 * one_turn
    assert 0 < counted["Leaving._found"] <= 4, (
        "of the first turn, another one, the last one, and of the repeat"
    )
    assert 0 < counted["Runs._looked_for"] <= 2 * layers, "once for each row, whatever its columns ask for"
    assert 0 < counted["field_cell"] < 0.7 * layers, "layers that only hand on read what those before them do"


def test_a_turn_of_a_run_has_all_that_its_layers_have() -> None:
    layer = replace(trace(load("resnet18")).layers[0], copied=True, init="normal", frozen_weights=("weight",))
    assert layer.again("other", layer.inputs) == replace(layer, name="other")


def test_a_folded_table_builds_no_rows_below_the_fold() -> None:
    network = trace(residual_network(40))
    assert len(summary_table(summary(network)).rows) > len(network.layers)
    assert len(summary_table(summary(network), View(depth=1)).rows) == 1


MOST_MODULES: dict[tuple[str, ...], int] = {
    ("--help",): 10,
    ("--version",): 10,
    ("shapes", "resnet18"): 120,
    ("params", "resnet18", "--format", "json"): 142,
    ("rf", "resnet18"): 152,
    ("summary", "resnet18"): 159,
    ("check", "resnet18"): 210,
}
"""Command line -> modules of the package that it imports at most."""


@pytest.mark.parametrize("words", list(MOST_MODULES), ids=" ".join)
def test_a_command_imports_so_many_modules(words: tuple[str, ...]) -> None:
    code = (
        "import contextlib, os, sys\nfrom archcalc.cli import main\n"
        "with contextlib.suppress(SystemExit), open(os.devnull, 'w') as sys.stdout:\n"
        f"    main({list(words)!r})\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    # Python's own idea of the environment: readline, which pytest loads, sets COLUMNS behind its back.
    piped = dict(os.environ)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=piped)
    loaded = done.stderr.split()
    own = [name for name in loaded if name.partition(".")[0] == "archcalc"]
    most = MOST_MODULES[words]
    assert most * 0.85 - 3 <= len(own) <= most, "where it is far below, the limit can come down"


ASKED: "dict[str, Callable[[Summary], object]]" = {
    "params": lambda found: found.params,
    "receptive fields": lambda found: found.fields,
    "bytes": lambda found: found.footprint,
    "torchinfo": lambda found: found.by_torchinfo,
}
MOST_OF_A_LINE: dict[tuple[int, int], dict[str, float]] = {
    (64, 1): {"trace": 28, "params": 1.8, "receptive fields": 10, "bytes": 15, "torchinfo": 3},
    (64, 3): {"trace": 28, "params": 1.8, "receptive fields": 25, "bytes": 15, "torchinfo": 3},
    (1_000, 1): {"trace": 60, "params": 6, "receptive fields": 10, "bytes": 23, "torchinfo": 13},
}
"""Widths and kernel (fields grow with one of 3) -> step -> Python calls of a layer with a line, at most."""


@pytest.mark.parametrize(("widths", "kernel"), MOST_OF_A_LINE)
def test_a_line_for_each_layer_costs_few_calls(widths: int, kernel: int) -> None:
    lines = 1_000
    inside = f"kernel_size: {kernel}, padding: {kernel // 2}"
    text = "\n".join(
        ["inputs: {image: [16, 32, 32]}", "layers:"]
        + [f"  - {{type: Conv2d, out_channels: {16 + n % widths}, {inside}}}" for n in range(lines)]
    )
    model = loads(text)
    for ask in ASKED.values():
        ask(summary(trace(residual_network(2))))  # imports what they need
    found = summary(trace(model))
    counted = called(lambda: trace(model))
    assert 0 < counted["Document._found"] < 10, "nobody asks where a layer stands that is right"
    took = {"trace": counted} | {name: called(partial(ask, found)) for name, ask in ASKED.items()}
    assert took["receptive fields"]["ReadsOfInput.of"] == 1, "kernels of all widths read alike"
    for name, most in MOST_OF_A_LINE[widths, kernel].items():
        assert 0.7 * most < took[name].total() / lines < most, (
            "where it is far below, the limit can come down"
        )


def test_calls_are_counted() -> None:
    assert calls(lambda: [str(n) and len(str(n)) for n in range(3)]) >= 1
    assert calls(lambda: trace(residual_network(4))) > 2 * calls(lambda: trace(residual_network(1)))


@pytest.mark.parametrize("name", ["resnet50", "vgg16"])
def test_time_of_a_summary(name: str, benchmark: "BenchmarkFixture") -> None:
    text = cast("str", benchmark(lambda: emit.text(summed_up(load(name)))))
    assert text.startswith(name)
