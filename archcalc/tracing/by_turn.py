"""Whole numbers of layers, where those of one turn stand for those of others."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.tracing.runs import Run, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.tracing.records import TracedLayer
    from archcalc.tracing.shortening import Shortened


class ByTurn(Mapping[str, int]):
    """Whole numbers of the layers of a network, by name.

    Args:
        layers: of the network.
        short: the same with short runs.
        places: name of a layer in it -> its place.
        numbers: of each place the number.
    """

    def __init__(
        self,
        layers: "Sequence[TracedLayer]",
        short: "Shortened",
        places: Mapping[str, int],
        numbers: "Sequence[int]",
    ) -> None:
        self._layers, self._short, self._places, self._numbers = layers, short, places, numbers

    def __getitem__(self, name: str) -> int:
        """The number of a layer; in a turn that is left out that of the one that stands for it."""
        return self._numbers[self._places[name if name in self._places else self._short.standing_for(name)]]

    def __iter__(self) -> Iterator[str]:
        return (layer.name for layer in self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    @cached_property
    def total(self) -> int:
        """Of all layers."""
        return self.together(self._layers)

    def together(self, layers: "Sequence[TracedLayer]") -> int:
        """The numbers of some layers added up."""
        return sum(map(self._of_part, parts_of(layers)))

    def _of_part(self, part: "TracedLayer | Run") -> int:
        if not isinstance(part, Run):
            return self[part.name]
        left = self._short.turns_of(part)
        return sum(self._short.of(layer.name) * self[layer.name] for layer in left)
