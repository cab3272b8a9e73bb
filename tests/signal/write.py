"""Measures the networks anew: ``python -m tests.signal.write`` writes the ``csv`` files beside it.

Seeds are in the files; a run takes some minutes.
"""

import csv
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.loading import loads
from archcalc.tracing import trace
from tests.signal.confirming import networks
from tests.signal.fresh import FRESH
from tests.signal.measuring import Measured, measured
from tests.signal.networks import MEASURED, STUCK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.tracing import Trace

HERE = Path(__file__).parent
DRAWS, BATCH, SEED = 32, 64, 1000
MANY, OF_MANY = 512, ("drops",)
"""Samples for norms over the batch behind dropouts, whose numbers have long tails."""
POINTS = 9
"""Layers of a network that are kept."""


def main() -> None:
    """Write all files."""
    write_measured(HERE / "measured.csv")
    write_fresh(HERE / "fresh.csv")
    write_stuck(HERE / "stuck.csv")
    write_confirmed(HERE / "confirmed.csv")


def write_measured(path: Path) -> None:
    """Mean squares layer by layer."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("network", "layer", "signal", "gradient", "draws", "batch", "seed"))
        for index, (name, (text, init)) in enumerate(MEASURED.items()):
            network = trace(loads(text))
            seed = SEED * (index + 1)
            found = measured(network, init, draws=DRAWS, batch=BATCH, seed=seed)
            for layer in chosen(network):
                gradient = found.gradients.get(layer)
                shown = "" if gradient is None else f"{gradient:.5g}"
                rows.writerow((name, layer, f"{found.squares[layer]:.5g}", shown, DRAWS, BATCH, seed))


def write_fresh(path: Path) -> None:
    """Mean squares of all layers of the networks by which rules were mended, and how sure they are."""
    _write_all(path, FRESH, 250_000)


def write_confirmed(path: Path) -> None:
    """The same of networks that were drawn at random behind the rules."""
    _write_all(path, networks(), 900_000)


def _write_all(path: Path, specs: "Mapping[str, tuple[str, tuple[str, ...]]]", first: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        means, errors = ("signal", "gradient"), ("signal_error", "gradient_error")
        rows.writerow(("network", "layer", *means, *errors, "draws", "batch", "seed"))
        for index, (name, (text, init)) in enumerate(specs.items()):
            network, batch = trace(loads(text)), MANY if name in OF_MANY else BATCH
            seed = SEED * (index + 1) + first
            found = measured(network, init, draws=DRAWS, batch=batch, seed=seed)
            for layer in (layer.name for layer in network.layers if layer.output.is_float):
                told = [f"{found.squares[layer]:.5g}", _told(found.gradients.get(layer), "5g")]
                told += [f"{found.square_errors[layer]:.3f}", _told(found.gradient_errors.get(layer), "3f")]
                rows.writerow((name, layer, *told, DRAWS, batch, seed))


def _told(number: float | None, how: str) -> str:
    return "" if number is None else f"{number:.{how}}"


def write_stuck(path: Path) -> None:
    """Lengths of gradients of networks that cannot begin to learn."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("network", "length_first_over_last", "draws", "seed"))
        for index, (name, stuck) in enumerate(STUCK.items()):
            seed = SEED * (index + 1) + 500
            ratio = length(trace(loads(stuck.text)), draws=4, seed=seed)
            rows.writerow((name, f"{ratio:.4g}", 4, seed))


def chosen(network: "Trace") -> list[str]:
    """An even choice of the layers with real numbers, the first and the last among them."""
    names = [layer.name for layer in network.layers if layer.output.is_float]
    step = max(1, len(names) // POINTS)
    return list(dict.fromkeys([*names[::step], names[-1]]))


def length(network: "Trace", *, draws: int, seed: int) -> float:
    """Length of the gradient at the output of the first trained layer over that at the last hidden one.

    Of a recurrence: at the first step over that at the last one, of a gradient that arrives there alone.
    """
    from tests.signal.measuring import over_steps

    first = network.layers[0]
    if "weight_hh_l0" in first.facts.weights:
        return over_steps(first, draws=draws, seed=seed)
    found: Measured = measured(network, draws=draws, batch=16, seed=seed, wide=True)
    trained = [layer.name for layer in network.layers if layer.facts.macs]
    before = trained[-2] if len(trained) > 2 else trained[-1]
    return sqrt(found.gradients[trained[0]] / found.gradients[before])


if __name__ == "__main__":
    main()
