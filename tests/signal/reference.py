"""The networks of ``propagation.csv`` as specs, and between which of their layers it was measured."""

import csv
from collections import Counter
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archcalc.loading import loads
from archcalc.propagating.walking import signal
from archcalc.tracing import trace
from tests.signal.networks import conv, linear, stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.propagating.records import SignalReport

INITS = {
    "default": (),
    "kaiming_normal fan_in": ("kaiming_normal",),
    "kaiming_normal fan_out": ("kaiming_normal:fan_out",),
    "lecun_normal": ("lecun",),
    "orthogonal": ("orthogonal",),
    "xavier_uniform": ("xavier_uniform",),
}
FUNCTIONS = {"relu": "ReLU", "gelu": "GELU"}
SIZE, STEPS, NEAR = 16, 100, 0.1


class Stated(NamedTuple):
    """What the rules say of a row: log10 of both totals, steps of which they are, why they are not sure."""

    signal: float
    gradient: float
    steps: int
    doubt: str


def stated(row: "Mapping[str, str]") -> Stated:
    """What the rules say where a row was measured."""
    experiment, act, depth = row["experiment"], row["activation"], int(row["depth"])
    init = INITS[row["init"]]
    if experiment.startswith("Linear stack, widths"):
        return _between(_widths(act, depth), init, "map0", f"map{depth - 1}", depth - 1)
    width = int(row["width"])
    if experiment.startswith("Linear"):
        norms = [] if experiment == "Linear stack" else [f"{{type: {experiment.split(', ')[1]}, name: norm}}"]
        text, place = stack(f"[{width}]", linear(width), *norms, act, depth=depth), "norm" if norms else "map"
        return _between(text, init, f"s.0.{place}", f"s.{depth - 1}.{place}", depth - 1)
    if experiment.startswith("Conv2d"):
        norm = "{type: BatchNorm2d, name: norm}"
        text = stack(f"[{width}, {SIZE}, {SIZE}]", conv(width, ", bias: false"), norm, act, depth=depth)
        return _between(text, init, "s.0.norm", f"s.{depth - 1}.norm", depth - 1)
    if experiment.startswith("Transformer"):
        kind = f"TransformerEncoder, num_layers: {depth}"
        if "copies" not in experiment:
            kind = f"TransformerEncoderLayer, repeat: {depth}"
        more = (
            f"dim_feedforward: 512, dropout: 0.0, activation: {FUNCTIONS[act]},"
            f" norm_first: {str('pre-norm' in experiment).lower()}"
        )
        return _between(_framed(64, width, f"type: {kind}, nhead: 8, {more}"), init, "i", "o", depth)
    if experiment.startswith("Multihead"):
        tokens, heads = (
            int(part.split(end)[1])
            for part, end in zip(experiment.split(", ")[1:], ("T=", "heads "), strict=True)
        )
        return _between(
            _framed(tokens, width, f"type: MultiheadAttention, num_heads: {heads}"), init, "i", "o", 1
        )
    return _recurrence(experiment, width)


def verdict(row: "Mapping[str, str]") -> str:
    """``near`` within a tenth a step, ``marked`` where the rules are not sure, else ``off``."""
    found = stated(row)
    pairs = ((found.signal, row["signal"]), (found.gradient, row["gradient"]))
    far = max(abs(10 ** ((said - float(was)) / found.steps) - 1) for said, was in pairs)
    return "marked" if found.doubt else "near" if far <= NEAR else "off"


def main() -> None:
    """Print how many rows of each experiment are near, marked and off."""
    path = Path(__file__).parent / "propagation.csv"
    counts: dict[str, Counter[str]] = {}
    for row in csv.DictReader(path.open(encoding="utf-8")):
        word = "unsaid" if "forget bias" in row["experiment"] else verdict(row)
        counts.setdefault(row["experiment"], Counter())[word] += 1
    for experiment, found in counts.items():
        print(experiment, dict(found))  # noqa: T201  what it is run for


def _widths(act: str, depth: int) -> str:
    """128 features, and 512, and 128 ..."""
    maps = (
        f"  - {{type: Linear, name: map{index}, out_features: {(512, 128)[index % 2]}}}\n  - {act}\n"
        for index in range(depth)
    )
    return f"inputs: {{x: [128]}}\nlayers:\n{''.join(maps)}"


def _framed(tokens: int, width: int, entry: str) -> str:
    return (
        f"inputs: {{x: [{tokens}, {width}]}}\nlayers:\n  - {{type: Identity, name: i}}\n  - {{{entry}}}\n"
        "  - {type: Identity, name: o}\n"
    )


def _between(text: str, init: tuple[str, ...], first: str, last: str, steps: int) -> Stated:
    layers = signal(trace(loads(text)), init).layers
    one, other = layers[first], layers[last]
    assert one.state
    assert other.state
    assert one.gradient
    assert other.gradient
    return Stated(
        log10(other.state.square / one.state.square),
        log10(one.gradient.square / other.gradient.square),
        steps,
        one.doubt or other.doubt,
    )


def _recurrence(experiment: str, width: int) -> Stated:
    kind, features = experiment.replace(",", " ").partition(" ")[0], int(experiment.split("I=")[1])
    more = ", nonlinearity: relu" if "relu" in experiment else ""
    text = (
        f"inputs: {{x: [{STEPS}, {features}]}}\nlayers:\n"
        f"  - {{type: {kind}, name: r, hidden_size: {width}{more}}}\n"
    )
    report: SignalReport = signal(trace(loads(text)))
    steps = report.layers["r"].steps
    assert steps
    return Stated(steps.forward, steps.backward, STEPS - 1, report.layers["r"].doubt)


if __name__ == "__main__":
    main()
