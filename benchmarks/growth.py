"""Time a layer in one process: ``python -m benchmarks.growth FORM LAYERS``, an answer in JSON.

A repeated network is one entry with ``repeat``; a flat one has an entry for every layer, all of them
different from their neighbours, in YAML text; of a distinct one no two layers are alike.
"""

import json
import sys
from collections.abc import Callable, Iterable
from time import process_time

import archcalc
from archcalc.analyses.summary import summary
from archcalc.render.emit import text as text_of
from archcalc.render.summary import summary_table
from archcalc.render.view import View

BLOCK = 4
"""Layers of the block that is repeated."""


def repeated(layers: int) -> str:
    """A spec of a block that is repeated."""
    inside = "Conv2d, out_channels: 16, kernel_size: 3, padding: 1, bias: false"
    return (
        "inputs: {image: [16, 32, 32]}\n"
        "layers:\n"
        f"  - {{type: Sequential, repeat: {layers // BLOCK}, layers: [{{type: {inside}}}, BatchNorm2d, ReLU,"
        " Identity]}\n"
    )


def flat(layers: int) -> str:
    """A spec with a line for every layer."""
    return _lines(16 + index % 64 for index in range(layers))


def distinct(layers: int) -> str:
    """The same, where every layer has a width of its own."""
    return _lines(range(16, 16 + layers))


def _lines(widths: Iterable[int]) -> str:
    inside = "kernel_size: 3, padding: 1"  # so that the field of every layer is another one
    lines = (f"  - {{type: Conv2d, out_channels: {width}, {inside}}}" for width in widths)
    return "\n".join(("inputs: {image: [16, 32, 32]}", "layers:", *lines, ""))


FORMS: dict[str, Callable[[int], str]] = {"repeated": repeated, "flat": flat, "distinct": distinct}


def taken(text: str) -> dict[str, float]:
    """Seconds of each step on a spec; of a trace and all analyses together under ``traced``."""
    steps: dict[str, float] = {}
    before = process_time()

    def told(step: str) -> None:
        nonlocal before
        now = process_time()
        steps[step], before = now - before, now

    model = archcalc.loads(text)
    told("load")
    network = archcalc.trace(model)
    told("trace")
    found = summary(network)  # which does each analysis once, as a command does
    _asked(found.params)
    told("params")
    _asked(found.fields)
    told("rf")
    _asked(found.macs, found.footprint, found.by_torchinfo)
    told("bytes")
    steps["traced"] = sum(steps.values()) - steps["load"]
    text_of(summary_table(found, View(depth=1)))  # of a repeat a row, of flat lines all
    told("table")
    return steps


def _asked(*_: object) -> None:
    """What is asked of a summary is worked out now."""


if __name__ == "__main__":
    form, count = sys.argv[1], int(sys.argv[2])
    taken(FORMS[form](BLOCK))  # imports, and makes the classes of the kinds
    try:
        print(json.dumps(taken(FORMS[form](count))))
    except archcalc.SpecError as error:
        sys.exit(error.problems[0].what)
