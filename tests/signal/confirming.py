"""Networks drawn at random behind the rules, to confirm them: torch's numbers are in ``confirmed.csv``.

``python -m tests.signal.confirming`` prints how many places are near, marked and off, and which are off.
"""

import csv
from collections import Counter
from math import log
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from archcalc.loading import loads
from archcalc.propagating.walking import signal
from archcalc.tracing import trace
from tests.signal.networks import conv, linear, residual, stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SEED, COUNT = 20261130, 15
"""Drawn once; another seed draws other networks, of which nothing is measured yet."""
NEAR = 0.1
"""Of the logarithm, for each trained layer between a place and where the gradient, or the signal, begins."""
CHANCE = 3.0
"""Standard errors of a mean over draws."""
ACTIVATIONS = ("ReLU", "GELU", "SiLU", "Tanh", "ELU", "Mish", "Softsign", "Hardswish", "Sigmoid", "LeakyReLU")
INITS = (
    (),
    ("kaiming_normal",),
    ("xavier_uniform",),
    ("lecun",),
    ("orthogonal",),
    ("kaiming_uniform:fan_out",),
)
SMALL = ((), ("normal:0.02",), ("xavier_normal",), ("trunc_normal:0.05",))
HEAD = "  - {type: Linear, name: head, out_features: 24}\n"
POOLED = "  - {type: AdaptiveAvgPool2d, output_size: 1}\n  - Flatten\n" + HEAD


class Confirming(NamedTuple):
    """A network: its spec, and how its weights are drawn."""

    text: str
    init: tuple[str, ...]


def networks(seed: int = SEED, count: int = COUNT) -> "dict[str, Confirming]":
    """Random networks of five families."""
    random = Random(seed)  # noqa: S311  a test, no secret
    families = (_features, _maps, _blocks, _tokens, _steps)
    return {
        f"{families[at % len(families)].__name__[1:]} {at}": families[at % len(families)](random)
        for at in range(count)
    }


def _features(random: Random) -> Confirming:
    width = random.choice([40, 64, 88, 128])
    norm = random.choice([[], [], ["LayerNorm"], ["RMSNorm"], ["BatchNorm1d"]])
    text = stack(
        f"[{random.choice([32, 64, 100])}]",
        linear(width),
        *norm,
        random.choice(ACTIVATIONS),
        *random.choice([[], [], ["{type: Dropout, p: 0.2}"]]),
        depth=random.randint(3, 9),
        end=HEAD,
    )
    return Confirming(text, random.choice(INITS))


def _maps(random: Random) -> Confirming:
    width, size = random.choice([12, 20, 32]), random.choice([12, 16, 24])
    norm = random.choice([[], ["BatchNorm2d"], ["BatchNorm2d"], ["{type: GroupNorm, num_groups: 4}"]])
    pool = random.choice(
        [[], [], ["{type: AvgPool2d, kernel_size: 2}"], ["{type: MaxPool2d, kernel_size: 2}"]]
    )
    depth = 2 if pool else random.randint(3, 7)
    text = stack(
        f"[{random.choice([3, width])}, {size}, {size}]",
        conv(width),
        *norm,
        random.choice(ACTIVATIONS[:8]),
        *pool,
        depth=depth,
        end=POOLED,
    )
    return Confirming(text, random.choice(INITS))


def _blocks(random: Random) -> Confirming:
    width = random.choice([48, 64, 96])
    body = [
        *random.choice([["LayerNorm"], ["RMSNorm"], ["BatchNorm1d"], []]),
        linear(width * random.choice([1, 2])),
        random.choice(ACTIVATIONS[:6]),
        f"{{type: Linear, name: back, out_features: {width}}}",
    ]
    behind = random.choice([[], [], ["LayerNorm"]])
    text = stack(f"[{width}]", residual(*body), *behind, depth=random.randint(3, 8), end=HEAD)
    return Confirming(text, random.choice(INITS))


def _tokens(random: Random) -> Confirming:
    kind = (
        f"type: TransformerEncoderLayer, name: t, nhead: {random.choice([2, 4, 8])},"
        f" dim_feedforward: {random.choice([96, 128, 256])}, dropout: {random.choice([0.0, 0.1])},"
        f" activation: {random.choice(['ReLU', 'GELU'])}, norm_first: {random.choice(['true', 'false'])},"
        f" repeat: {random.randint(2, 6)}"
    )
    text = (
        f"inputs: {{x: [{random.choice([8, 24, 48])}, 64]}}\nlayers:\n  - {{{kind}}}\n  - LayerNorm\n"
        "  - {type: Mean, dim: 0}\n" + HEAD
    )
    return Confirming(text, random.choice(SMALL))


def _steps(random: Random) -> Confirming:
    kind = random.choice(["RNN", "LSTM", "GRU"])
    text = (
        f"inputs: {{x: [{random.randint(4, 16)}, {random.choice([16, 32, 48])}]}}\nlayers:\n"
        f"  - {{type: {kind}, name: r, hidden_size: {random.choice([32, 48, 64])},"
        f" num_layers: {random.randint(1, 2)}}}\n  - {{type: Mean, dim: 0}}\n" + HEAD
    )
    return Confirming(text, random.choice([(), (), ("orthogonal",), ("xavier_uniform",)]))


class Judged(NamedTuple):
    """A number of a layer beside what was measured.

    Args:
        network: the network's name.
        layer: the layer's.
        what: signal or gradient.
        off: logarithm of what is said over what was measured.
        allowed: what of it may be.
        marked: it is told to be unreliable.
    """

    network: str
    layer: str
    what: str
    off: float
    allowed: float
    marked: bool

    @property
    def word(self) -> str:
        """``marked``, ``near`` or ``off``."""
        return "marked" if self.marked else "near" if abs(self.off) <= self.allowed else "off"


def judged(rows: "list[dict[str, str]]") -> "Iterator[Judged]":
    """Every number of every layer that was measured."""
    for name, (text, init) in networks().items():
        yield from _of_network(name, text, init, [row for row in rows if row["network"] == name])


def _of_network(
    name: str, text: str, init: tuple[str, ...], rows: "list[dict[str, str]]"
) -> "Iterator[Judged]":
    from tests.signal.test_signal import between

    network = trace(loads(text))
    layers, depths = signal(network, init).layers, between(network)
    for row in rows:
        found = layers[row["layer"]]
        said = {
            "signal": found.state.square if found.state else 0.0,
            "gradient": found.gradient.square if found.gradient else 0.0,
        }
        for (what, number), depth in zip(said.items(), depths[row["layer"]], strict=True):
            was = float(row[what] or 0)
            if was and number:
                allowed = NEAR * depth + CHANCE * float(row[f"{what}_error"])
                yield Judged(name, row["layer"], what, log(number / was), allowed, not found.reliable)
            elif was and found.reliable:
                yield Judged(name, row["layer"], what, float("inf"), 0.0, marked=False)


def measured_rows() -> "list[dict[str, str]]":
    """What was measured."""
    with (Path(__file__).parent / "confirmed.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counted(found: "list[Judged]") -> "Mapping[str, int]":
    """How many numbers are near, marked and off."""
    return Counter(each.word for each in found)


def main() -> None:
    """Print what came of it."""
    found = list(judged(measured_rows()))
    print(dict(counted(found)))  # noqa: T201  what it is run for
    within = sum(abs(each.off) <= log(1 + NEAR) for each in found if not each.marked)
    print(f"{within} of {sum(not each.marked for each in found)} within a tenth wherever they stand")  # noqa: T201
    for each in found:
        if each.word == "off":
            print(each)  # noqa: T201  as above


if __name__ == "__main__":
    main()
