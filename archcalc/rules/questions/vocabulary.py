"""Tables of tokens and the linear maps that score their vocabulary."""

from typing import TYPE_CHECKING

from archcalc.facts import unmoved
from archcalc.rules.language import Context, TracedLayer
from archcalc.rules.questions.functions import distributes
from archcalc.rules.questions.maps import is_map, mixed_axis
from archcalc.rules.questions.neighbours import producer
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TABLES = 16
"""Tables that are remembered, the last ones."""


class Vocabulary(NamedTuple):
    """A table of tokens, and the map behind it that gives a score to each of its rows."""

    table: TracedLayer
    scores: TracedLayer


def is_table(layer: TracedLayer) -> bool:
    """Whether it looks up rows of a table of tokens."""
    return bool(layer.facts.lookups) and layer.facts.positional is None


def looks_up(layer: TracedLayer) -> bool:
    """Whether it looks up a row for every token."""
    return is_table(layer) and layer.facts.first_reads == unmoved(len(layer.facts.first_reads))


def vocabularies(context: Context) -> "Iterator[Vocabulary]":
    """Every linear map at an output that scores the tokens of a table on which it depends, the last such."""
    heads = (producer(context, port, distributes) for port in context.trace.outputs)
    scoring = {head.name: head for head in heads if head is not None and _is_last(head)}
    behind = _tables_behind(context) if scoring else {}
    for name, head in scoring.items():
        table = behind[name].get(head.output.shape[-1])
        if table is not None:
            yield Vocabulary(table, head)


def _is_last(layer: TracedLayer) -> bool:
    """Whether it is a linear map of the last axis."""
    return is_map(layer) and mixed_axis(layer) == len(layer.output.shape) - 1


def _tables_behind(context: Context) -> dict[str, dict[int, TracedLayer]]:
    """Layer -> the tables on which it depends, by their rows; of those with equally many the last one."""
    behind: dict[str, dict[int, TracedLayer]] = {}
    order = {layer.name: index for index, layer in enumerate(context.layers)}
    for layer in context.layers:
        tables: dict[int, TracedLayer] = {}
        for rows, table in (item for port in layer.inputs for item in behind.get(port.layer, {}).items()):
            if rows not in tables or order[table.name] > order[tables[rows].name]:
                tables[rows] = table
        if looks_up(layer):
            tables[layer.facts.weights["weight"][0]] = layer
        if len(tables) > MAX_TABLES:
            tables = dict(sorted(tables.items(), key=lambda item: order[item[1].name])[-MAX_TABLES:])
        behind[layer.name] = tables
    return behind
