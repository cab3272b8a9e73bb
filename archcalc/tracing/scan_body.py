"""The layers of a step of a recurrence, taken out of a walk: a network of their own."""

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from archcalc.tracing.graph import Trace
from archcalc.tracing.records import Port, TracedLayer, tensor_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.records import Use

T = TypeVar("T")
OUTSIDE = "/"
"""Before the full name of what a step reads from outside: no name of a step begins so."""
OUTPUT = "output"


class Body:
    """The layers of a step among all layers of a walk: what the walk gathers from here on.

    Args:
        ledger: of the walk.
        prefix: of their names.
    """

    def __init__(self, ledger: "Ledger", prefix: str) -> None:
        self.ledger, self.prefix = ledger, prefix
        self.layers: dict[str, TracedLayer] = {}
        self.outside: dict[str, Port] = {}
        self.ends: dict[str, Port] = {}
        self.scopes: dict[str, str] = {}
        self.uses: dict[str, Use] = {}
        self.repeats: dict[str, Sequence[int]] = {}
        self._before = [len(each) for each in (ledger.layers, *self._named(), ledger.within)]

    def _named(self) -> "tuple[dict[str, Port], dict[str, str], dict[str, Use], dict[str, Sequence[int]]]":
        return self.ledger.ends, self.ledger.scopes, self.ledger.uses, self.ledger.repeats

    def take_out(self) -> None:
        """Leave the walk without them; what shares their weights still finds them."""
        layers, ends, scopes, uses, repeats, _ = self._before
        self.layers = _taken(self.ledger.layers, layers)
        self.ledger.within.update(self.layers)
        if self.ledger.above is not None:
            self.ledger.above = min(self.ledger.above, self.ledger.made)
        self.ends, self.scopes = _taken(self.ledger.ends, ends), _taken(self.ledger.scopes, scopes)
        self.uses, self.repeats = _taken(self.ledger.uses, uses), _taken(self.ledger.repeats, repeats)

    def tied(self) -> "Iterator[tuple[str, str]]":
        """Tensors of a step by their names in it, and the ones of layers outside that they are."""
        for name, layer in _since(self.ledger.within, self._before[-1]).items():
            for own, full in layer.tied.items():
                if not full.startswith(self.prefix):
                    yield tensor_name(self._bare(name), own), full

    def trace(self, name: str, arriving: "Mapping[str, Port]", leaving: tuple[Port, ...]) -> Trace:
        """One step as a network of its own."""
        layers = tuple(self._own(layer, arriving) for layer in self.layers.values())
        outputs = tuple(self._port(port, arriving) for port in leaving)
        inputs = {each: port.tensor for each, port in (*arriving.items(), *self.outside.items())}
        return Trace(
            name,
            inputs,
            layers,
            outputs,
            {self._bare(each): kind for each, kind in self.scopes.items()},
            (),
            {self._bare(each): self._port(port, arriving) for each, port in self.ends.items()},
            {self._bare(each): turns for each, turns in self.repeats.items()},
            {self._bare(each): use for each, use in self.uses.items()},
        )

    def _bare(self, name: str) -> str:
        return name.removeprefix(self.prefix)

    def _own(self, layer: TracedLayer, arriving: "Mapping[str, Port]") -> TracedLayer:
        inputs = tuple(self._port(port, arriving) for port in layer.inputs)
        tied = {own: self._bare(full) for own, full in layer.tied.items() if full.startswith(self.prefix)}
        return replace(layer, name=self._bare(layer.name), inputs=inputs, tied=tied)

    def _port(self, port: Port, arriving: "Mapping[str, Port]") -> Port:
        """An output as a step calls it: its own ones, its inputs, or one from outside."""
        if port.layer in self.layers:
            return replace(port, layer=self._bare(port.layer))
        if arriving.get(port.layer) is port:
            return port
        name = OUTSIDE + str(port)
        self.outside[name] = port
        return Port(name, OUTPUT, port.tensor)


def _since(found: dict[str, T], before: int) -> dict[str, T]:
    """What was put into it behind so many, in its order."""
    return dict(reversed([*islice(reversed(found.items()), len(found) - before)]))


def _taken(found: dict[str, T], before: int) -> dict[str, T]:
    """The same, which is in it no more."""
    behind = _since(found, before)
    for name in behind:
        del found[name]
    return behind
