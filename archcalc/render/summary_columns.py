"""The columns that a summary may have, by the words that choose them."""

import re
from math import inf, prod
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, nearest
from archcalc.records import dataclass
from archcalc.render.cells import Column, amount
from archcalc.render.columns import (
    counts_column,
    input_column,
    macs_column,
    output_column,
    params_column,
    share_column,
    weights_column,
)
from archcalc.render.fields import size_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcalc.analyses.parameters import LayerParams
    from archcalc.analyses.summary import Summary
    from archcalc.render.cells import Cell
    from archcalc.render.sorting import Size
    from archcalc.tracing import TracedLayer
    from archcalc.tracing.by_turn import ByTurn

NUMBER = r"\d+"


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column that may be chosen.

    Args:
        made: the column of a network's summary, of which it asks the analyses that it needs.
        size: by what its cells are sorted; None: by their words.
    """

    made: "Callable[[Summary], Column]"
    size: "Size | None" = amount


def elements_of_shapes(cell: "Cell") -> float:
    """Elements of the shapes of a cell: ``64x56x56; 8``."""
    return sum(prod(map(int, re.findall(NUMBER, text))) for text in str(cell or "").split(";") if text)


def largest_field(cell: "Cell") -> float:
    """The largest size of a receptive field; what has none in numbers reads everything."""
    told = str(cell or "")
    return max(map(int, re.findall(NUMBER, told)), default=inf if told else 0)


def _kernel(_found: "Summary") -> Column:
    """The window that an argument states."""

    def kernel(layer: "TracedLayer") -> str:
        size = layer.resolved.get("kernel_size")
        if isinstance(size, int):
            return "x".join([str(size)] * getattr(layer.arguments, "rank", 1))
        return "x".join(map(str, cast("tuple[int, ...]", size))) if isinstance(size, tuple) else ""

    return Column("Kernel", kernel, alike=True)


def _counted(header: str, count: "Callable[[LayerParams], int]") -> "Callable[[Summary], Column]":
    """A column of elements that layers have by name."""

    def made(found: "Summary") -> Column:
        layers = found.params.layers
        return counts_column(header, lambda layer: count(layers[layer.name]), alike=True)

    return made


def _bytes(header: str, *kinds: "Callable[[Summary], ByTurn]") -> "Callable[[Summary], Column]":
    """A column of bytes of some kinds, added up."""

    def made(found: "Summary") -> Column:
        every = [kind(found) for kind in kinds]
        return Column(
            header,
            lambda layer: sum(each[layer.name] for each in every) or None,
            lambda scope: sum(each.together(scope.layers) for each in every),
            right=True,
            raw=lambda layer: sum(each[layer.name] for each in every),
        )

    return made


def _params_share(found: "Summary") -> Column:
    counted = found.params
    return share_column("Share", lambda layer: counted.layers[layer.name].params, counted.params)


def _macs_share(found: "Summary") -> Column:
    batch, whole = found.setting.batch, found.of_batch.macs
    return share_column("MACs share", lambda layer: (layer.facts.macs or 0) * layer.samples(batch), whole)


def _weights(found: "Summary") -> "ByTurn":
    return found.footprint.weights


def _activations(found: "Summary") -> "ByTurn":
    return found.footprint.activations


NAME, TYPE = "name", "type"
"""The columns that every row begins with; the second one may be left out."""
CHOICES: "dict[str, ColumnChoice]" = {
    "input": ColumnChoice(lambda _: input_column(), elements_of_shapes),
    "output": ColumnChoice(lambda _: output_column(), elements_of_shapes),
    "kernel": ColumnChoice(_kernel, elements_of_shapes),
    "weights": ColumnChoice(lambda found: weights_column(found.params), None),
    "params": ColumnChoice(lambda found: params_column(found.params)),
    "share": ColumnChoice(_params_share),
    "trainable": ColumnChoice(_counted("Trainable params", lambda counted: counted.trainable)),
    "buffers": ColumnChoice(_counted("Buffers", lambda counted: counted.buffers)),
    "macs": ColumnChoice(lambda found: macs_column(found.setting.batch)),
    "macs_share": ColumnChoice(_macs_share),
    "flops": ColumnChoice(lambda found: macs_column(found.setting.batch, per_mac=2)),
    "param_bytes": ColumnChoice(_bytes("Param bytes", _weights)),
    "activations": ColumnChoice(_bytes("Activation bytes", _activations)),
    "memory": ColumnChoice(_bytes("Memory bytes", _weights, _activations)),
    "receptive_field": ColumnChoice(lambda found: size_column(found.fields), largest_field),
}
"""Word -> column, as ``--columns`` and ``--sort`` have it."""
ALIASES = {
    "layer": NAME,
    "input_size": "input",
    "output_size": "output",
    "kernel_size": "kernel",
    "num_params": "params",
    "params_percent": "share",
    "params_share": "share",
    "trainable_params": "trainable",
    "mult_adds": "macs",
    "activation_bytes": "activations",
    "memory_bytes": "memory",
    "rf": "receptive_field",
    "field": "receptive_field",
}
"""Words of other tools, and of the headers, for the same columns."""


def columns_named(words: "Iterable[str]") -> tuple[str, ...]:
    """The columns that words name, each once, in their order.

    Raises:
        Fault: there is no such column, or none is named.
    """
    found: list[str] = []
    for word in words:
        plain = word.strip().lower().replace("-", "_").replace(" ", "_")
        name = ALIASES.get(plain, plain)
        if name not in KNOWN:
            raise Fault(
                f"no column {word.strip()!r}",
                hint=nearest(plain, (*KNOWN, *ALIASES), f"there are {', '.join(KNOWN)}"),
            )
        found.append(name)
    if not found:
        raise Fault("names no column", hint=f"there are {', '.join(KNOWN)}")
    return tuple(dict.fromkeys(found))


KNOWN = (NAME, TYPE, *CHOICES)
"""All columns."""
