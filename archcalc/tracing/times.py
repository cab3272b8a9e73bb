"""How often layers stand in a network, and of how many entries of its text they are."""

from typing import TYPE_CHECKING

from archcalc.tracing.runs import Run, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.tracing.records import TracedLayer


def with_times(layers: "Sequence[TracedLayer]") -> "Iterator[tuple[int, TracedLayer]]":
    """The layers, of runs those of one turn alone, each with how often it stands there."""
    for part in parts_of(layers):
        if isinstance(part, Run):
            yield from ((len(part.turns), layer) for layer in part.turn(part.turns[0]))
        else:
            yield 1, part


def entries_of(layers: "Sequence[TracedLayer]") -> int:
    """Entries of a text that layers come from: the turns of a repeat have the same ones."""
    return len({(id(layer.origin.document), layer.origin.path) for _, layer in with_times(layers)})
