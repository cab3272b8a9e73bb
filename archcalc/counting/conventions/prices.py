"""What prices are made of: numbers of a layer's work, its weights, what it reads and what it gives."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.layers.operations import BIAS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.tracing import TracedLayer
    from archcalc.work import Work

    Price = Callable[[TracedLayer], int | None]
    """Operations that a tool counts for a layer; None where the layer's own are not known."""
    Prices = Mapping[str, Price]
    """Kind -> its price."""

RANKS = ("1d", "2d", "3d")


def ranked(*families: str) -> tuple[str, ...]:
    """The kinds of families for one, two and three axes of positions."""
    return tuple(family + rank for family in families for rank in RANKS)


CONVOLUTIONS = ranked("Conv")
TRANSPOSED = ranked("ConvTranspose")
BATCH_NORMS = ranked("BatchNorm")
INSTANCE_NORMS = ranked("InstanceNorm")
MAX_POOLS = ranked("MaxPool", "AdaptiveMaxPool")
MEAN_POOLS = ranked("AvgPool")
ADAPTIVE_MEANS = ranked("AdaptiveAvgPool")
RECURRENT = ("RNN", "LSTM", "GRU")
CELLS = tuple(f"{name}Cell" for name in RECURRENT)


def prices(price: "Price", *kinds: str) -> "dict[str, Price]":
    """The same price for several kinds."""
    return dict.fromkeys(kinds, price)


def unseen(layer: "TracedLayer") -> int:
    """It is not seen."""
    del layer
    return 0


def products(layer: "TracedLayer") -> int | None:
    """All multiply-accumulates."""
    return layer.facts.macs


def doubled(layer: "TracedLayer") -> int | None:
    """Two operations per multiply-accumulate."""
    macs = products(layer)
    return None if macs is None else 2 * macs


def maps(layer: "TracedLayer") -> int | None:
    """Those with weights, and not those of two things that the layer makes (scores, mixing)."""
    return _sum(layer, lambda work: work.sort == "product" and bool(work.weights))


def is_bias(name: str) -> bool:
    """Whether a weight is a bias of a map, and no table of positions that has the word in its name."""
    last = name.rpartition(".")[2]
    return last.endswith(BIAS) or last.startswith(f"{BIAS}_")


def biases(layer: "TracedLayer") -> int:
    """A sum for every number to which a bias is added."""

    def adds(work: "Work") -> bool:
        return work.sort == "elementwise" and bool(work.weights) and all(map(is_bias, work.weights))

    return _sum(layer, adds) or 0


def with_biases(price: "Price") -> "Price":
    """The same, and the sums with biases."""

    def priced(layer: "TracedLayer") -> int | None:
        macs = price(layer)
        return None if macs is None else macs + biases(layer)

    return priced


def _sum(layer: "TracedLayer", chosen: "Callable[[Work], bool]") -> int | None:
    counts = [work.count for work in layer.facts.work if chosen(work)]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def reductions(layer: "TracedLayer") -> int | None:
    """Numbers that are taken in."""
    return _sum(layer, lambda work: work.sort == "reduction")


def numbers_read(layer: "TracedLayer") -> int:
    """Numbers of the first input."""
    return prod(layer.inputs[0].tensor.shape)


def numbers_given(layer: "TracedLayer") -> int:
    """Numbers of the first output."""
    return prod(layer.output.shape)


def per_number(times: int, learned: int | None = None) -> "Price":
    """So many for every number that is read; ``learned`` where the layer has a learned scale."""

    def priced(layer: "TracedLayer") -> int:
        return (times if learned is None or not layer.facts.weights else learned) * numbers_read(layer)

    return priced


def per_output(times: int) -> "Price":
    """So many for every number that is given."""
    return lambda layer: times * numbers_given(layer)


def added(*several: "Price") -> "Price":
    """The sum of several prices."""

    def priced(layer: "TracedLayer") -> int | None:
        found = [price(layer) for price in several]
        known = [each for each in found if each is not None]
        return sum(known) if len(known) == len(found) else None

    return priced
