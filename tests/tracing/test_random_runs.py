"""Random repeats within repeats, some of whose turns differ: held once they are as if walked through."""

import json
import re
from random import Random

import pytest

from archcalc.analyses.summary import Summary
from archcalc.errors import SpecError
from archcalc.footprint.budget import inference_memory
from archcalc.footprint.storages import Setting
from archcalc.footprint.training import TrainingRun, training_memory
from archcalc.json_document import document
from archcalc.loading import loads
from archcalc.propagating.walking import signal
from archcalc.rules.engine.checking import check_text
from archcalc.rules.registry import RULES
from archcalc.tracing import trace
from archcalc.tracing.walk import Walk
from tests.samples import samples, seed
from tests.tracing.test_shortening import told_in_summary

WHEN = ("i == 0", "i > 1", "i < 2", "i % 2 == 1", "i >= 0", "i == 4")
MOST = 200
"""Layers of a network that is looked at."""
KINDS = (
    "{type: ReLU}",
    "{type: BatchNorm2d}",
    "{type: InstanceNorm2d}",
    "{type: Conv2d, out_channels: 4, kernel_size: 3, padding: same}",
    "{type: Conv2d, out_channels: 4, kernel_size: =1 if WHEN else 3, padding: same}",
    "{type: Conv2d, out_channels: 4, kernel_size: 3, padding: same, dilation: =2 if WHEN else 1}",
    "{type: Conv2d, out_channels: 4, kernel_size: 1, bias: =WHEN}",
    "{type: Conv2d, out_channels: =in_channels if WHEN else 4, kernel_size: 1}",
    "{type: ReLU, when: =WHEN}",
    "{type: ReLU, repeat: =3 if WHEN else 1}",
    "{type: Dropout, p: =0.1 * i}",
)


def entry(draw: Random, depth: int) -> str:
    """An entry of a list; a list of them in a container with ``repeat`` one time in three."""
    if depth and draw.random() < 0.6:
        inner = ", ".join(entry(draw, depth - 1) for _ in range(draw.randint(1, 3)))
        kind, key = draw.choice((("Sequential", "layers"), ("Residual", "body")))
        name = f"{draw.choice('abcd')}{draw.randrange(99)}"
        return f"{{type: {kind}, name: {name}, {key}: [{inner}]{times(draw)}}}"
    one = draw.choice(KINDS).replace("WHEN", draw.choice(WHEN))
    return one if "repeat" in one else one.replace("}", f"{times(draw)}}}")


def times(draw: Random) -> str:
    return f", repeat: {draw.randint(1, 5)}" if draw.random() < 0.6 else ""


def text_of(draw: Random) -> str:
    entries = [entry(draw, 2) for _ in range(draw.randint(1, 2))]
    around = f"{{type: Sequential, name: all, repeat: {draw.randint(1, 4)}, layers: [{', '.join(entries)}]}}"
    return f"inputs: {{x: [4, 9, 9]}}\nlayers:\n  - {around}\n"


def told(text: str) -> object:
    """What is said of a network, in many ways."""
    try:
        network = trace(loads(text))
    except SpecError as error:
        return str(error)
    if len(network.layers) > MOST:
        return None
    one, train = Setting(batch=2), TrainingRun("adam")
    return [
        *(json.dumps(document(network, depth)) for depth in (1, 2, None)),
        [
            (layer.name, [reader.layer.name for reader in network.readers_of(layer.name)])
            for layer in network.layers
        ],
        str(inference_memory(network, one)),
        str(training_memory(network, one, train)),
        told_in_summary(Summary(network, one), None),
        sorted((each.place, each.code) for each in check_text(text, "x.yaml", frozenset(RULES)).findings),
        re.sub(r" at 0x[0-9a-f]+", "", str(signal(network))),
    ]


def _none(*_: object) -> None:
    """No turns behind."""


@pytest.mark.parametrize("number", range(samples(120)))
def test_random_turns_are_as_if_walked_through(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of(Random(seed(number)))  # noqa: S311  nothing is secret
    held = told(text)
    monkeypatch.setattr(Walk, "_run_behind", _none)
    assert held == told(text), text
