"""Turns of a repeat that are the same but for their numbers: one of them stands for all, and is held once."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar, overload

from archcalc.tracing.records import Port, TracedLayer
from archcalc.tracing.written_turn import Link, Turn
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


T = TypeVar("T")
FEW = 8
"""Inputs of a layer that are not worth counting."""
KEPT = 10_000
"""Layers of a run that are kept when all are asked for."""


REMEMBERED = 4_000
"""Names that are remembered with what they mean."""


class InRun(NamedTuple):
    """What has a full name within a run: the number of its turn, and its name behind that."""

    run: "Run"
    turn: int
    below: str

    def layers(self) -> tuple[TracedLayer, ...]:
        """The layers of this name and inside of it, in execution order."""
        return tuple(self.run.layer(at, self.turn) for at in self.run.within.get(self.below, ()))

    def encloses(self) -> bool:
        """Whether there are layers inside of what has this name."""
        places = self.run.within.get(self.below, ())
        return len(places) > (self.below in self.run.places)


class Run:
    """The turns behind one that is written.

    Args:
        name: full name of the repeat.
        written: the turn before the first of them, to which they are the same.
        turns: their numbers.
        behind: how many layers, scopes, ends, repeats and uses of a walk stand before them.
    """

    def __init__(self, name: str, written: Turn, turns: Sequence[int], behind: tuple[int, ...]) -> None:
        self.name, self.written, self.turns, self.behind = name, written, turns, behind
        self._made: dict[int, tuple[TracedLayer, ...]] = {}

    def __len__(self) -> int:
        return len(self.turns) * len(self.written.layers)

    @property
    def many_inputs(self) -> int:
        """What its layers read together, of each more than a few: what follows the layers goes through it."""
        return len(self.turns) * sum(max(len(layer.inputs) - FEW, 0) for layer in self.written.layers)

    def below(self, name: str) -> str:
        """The name of something in the written turn behind that of the turn."""
        return name[len(self.written.name) :]

    def has(self, name: str) -> bool:
        """Whether this is the name of the written turn, or one inside it."""
        return name == self.written.name or name.startswith(f"{self.written.name}.")

    def turn_name(self, turn: int) -> str:
        """The full name of a turn."""
        return f"{self.name}.{turn}"

    def link(self, port: Port) -> Link:
        """What an output that the written turn reads is in the others."""
        arriving = self.written.arriving
        if (port.layer, port.output) == (arriving.layer, arriving.output):
            leaving = self.leaving
            return Link(leaving, self.below(leaving.layer), before=True)
        return Link(port, self.below(port.layer)) if self.has(port.layer) else Link(port)

    @cached_property
    def leaving(self) -> Port:
        """What leaves the written turn."""
        port = self.written.done.port
        if port is None:
            raise AssertionError(self.name)
        return port

    @cached_property
    def links(self) -> tuple[tuple[Link, ...], ...]:
        """What each layer of a turn reads."""
        return tuple(tuple(map(self.link, layer.inputs)) for layer in self.written.layers)

    @cached_property
    def outside(self) -> tuple[Port, ...]:
        """What every turn reads from outside, besides what leaves the turn before."""
        return _once(link.port for links in self.links for link in links if link.below is None)

    @cached_property
    def reads(self) -> tuple[Port, ...]:
        """All that it reads from outside, in the order in which it is first read."""
        every = (link for links in self.links for link in links)
        return _once(link.port for link in every if link.before or link.below is None)

    def before(self, turn: int) -> int:
        """The turn that another one reads."""
        return turn - 1

    def port(self, link: Link, turn: int) -> Port:
        """What is read in a turn."""
        if link.below is None:
            return link.port
        around = self.turn_name(self.before(turn) if link.before else turn)
        return Port(around + link.below, link.port.output, link.port.tensor)

    def turn(self, turn: int) -> tuple[TracedLayer, ...]:
        """The layers of a turn, made when it is first asked for."""
        if turn not in self._made:
            self._made[turn] = tuple(self._fresh(turn))
        return self._made[turn]

    def _fresh(self, turn: int) -> "Iterator[TracedLayer]":
        return map(partial(self.anew, turn), range(len(self.written.layers)))

    def layer(self, at: int, turn: int) -> TracedLayer:
        """The layer at a place of the turn, in the turn of this number."""
        return self.turn(turn)[at]

    def anew(self, turn: int, at: int) -> TracedLayer:
        """The same, made for this question alone: where one of a turn is asked for, of a million turns."""
        one = self.written.layers[at]
        inputs = tuple([self.port(link, turn) for link in self.links[at]])
        return one.again(self.turn_name(turn) + self.below(one.name), inputs)

    def layers(self) -> "Iterator[TracedLayer]":
        """All layers of all turns; of many they are made anew each time, and not kept."""
        if len(self) <= KEPT:
            yield from chain.from_iterable(map(self.turn, self.turns))
            return
        for turn in self.turns:
            yield from self._made.get(turn) or self._fresh(turn)

    @property
    def last(self) -> TracedLayer:
        """The layer from which the last turn is left."""
        return self.layer(self.places[self.below(self.leaving.layer)], self.turns[-1])

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Name of a layer behind that of its turn -> its place in the turn."""
        return {self.below(layer.name): at for at, layer in enumerate(self.written.layers)}

    @cached_property
    def within(self) -> Mapping[str, list[int]]:
        """Name behind that of its turn -> the places in it of the layer of this name, and of those inside."""
        found: dict[str, list[int]] = {}
        for below, at in self.places.items():
            end = len(below)
            while end >= 0:
                found.setdefault(below[:end], []).append(at)
                end = below.rfind(".", 0, end)
        return found

    @cached_property
    def read_at(self) -> Mapping[tuple[str | None, bool], list[tuple[int, int, str]]]:
        """What is read, and whether of the turn before -> by which layers, as which input, which output."""
        found: dict[tuple[str | None, bool], list[tuple[int, int, str]]] = {}
        for at, links in enumerate(self.links):
            for index, link in enumerate(links):
                found.setdefault((link.below, link.before), []).append((at, index, link.port.output))
        return found


class Runs:
    """The runs of a network, found by names."""

    def __init__(self) -> None:
        self.all: list[Run] = []
        self._by_name: dict[str, Run] = {}
        self._known: dict[str, InRun | None] = {}
        """What was looked for lately: tables and reports ask several things of one layer."""

    def add(self, run: Run) -> None:
        """Put one behind the others."""
        self.all.append(run)
        self._by_name[run.name] = run
        self._known.clear()

    def __bool__(self) -> bool:
        return bool(self.all)

    def named(self, name: str) -> Run | None:
        """The run of the repeat of this name."""
        return self._by_name.get(name)

    def find(self, name: str) -> InRun | None:
        """What in a run has this full name; None: that is not in any."""
        if not self._by_name:
            return None
        known = self._known
        if name not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[name] = self._looked_for(name)
        return known[name]

    def _looked_for(self, name: str) -> InRun | None:
        end = name.find(".")
        while end >= 0:
            run = self._by_name.get(name[:end])
            if run is not None:
                number, dot, below = name[end + 1 :].partition(".")
                turn = int(number) if number.isdecimal() and number.isascii() else -1
                if turn in run.turns and number == str(turn):
                    return InRun(run, turn, dot + below)
            end = name.find(".", end + 1)
        return None

    def layer(self, name: str) -> TracedLayer | None:
        """The layer of this name in a run."""
        found = self.find(name)
        at = found.run.places.get(found.below) if found else None
        return None if found is None or at is None else found.run.layer(at, found.turn)


NO_RUNS = Runs()


class TurnedLayers(Sequence[TracedLayer]):
    """Layers in execution order, among them runs, whose layers are made when they are first asked for."""

    def __init__(self, parts: "Iterable[TracedLayer | Run]", runs: Runs) -> None:
        self.parts, self.runs = tuple(parts), runs

    @cached_property
    def _made(self) -> tuple[TracedLayer, ...]:
        each = ((part,) if isinstance(part, TracedLayer) else part.layers() for part in self.parts)
        return tuple(chain.from_iterable(each))

    @cached_property
    def _length(self) -> int:
        return sum(1 if isinstance(part, TracedLayer) else len(part) for part in self.parts)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> "Iterator[TracedLayer]":
        return iter(self._made)

    def __reversed__(self) -> "Iterator[TracedLayer]":
        return reversed(self._made)

    @overload
    def __getitem__(self, index: int) -> TracedLayer: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[TracedLayer, ...]: ...
    def __getitem__(self, index: int | slice) -> "TracedLayer | tuple[TracedLayer, ...]":
        if isinstance(index, int) and "_made" not in self.__dict__:
            for last, part in ((0, self.parts[0]), (-1, self.parts[-1])) if self.parts else ():
                if index == last and isinstance(part, TracedLayer):
                    return part
                if index == last and isinstance(part, Run):
                    return part.layer(last, part.turns[last])
        return self._made[index]

    def __eq__(self, other: object) -> bool:
        return self._made == (other._made if isinstance(other, TurnedLayers) else other)

    __hash__ = None  # type: ignore[assignment]  # as layers have none

    def __repr__(self) -> str:
        """How many there are."""
        return f"<{len(self):,} layers>"


def _once(ports: "Iterable[Port]") -> tuple[Port, ...]:
    """Each output once; by its name, for sizes that remember hold at one value where they are hashed."""
    return tuple({(port.layer, port.output): port for port in ports}.values())


def layers_of(parts: "Sequence[TracedLayer | Run]", runs: Runs) -> Sequence[TracedLayer]:
    """The layers that these parts are."""
    own = tuple(part for part in parts if isinstance(part, TracedLayer))
    return own if len(own) == len(parts) else TurnedLayers(parts, runs)


def runs_of(layers: Sequence[TracedLayer]) -> Runs:
    """The runs among the layers, by name."""
    return layers.runs if isinstance(layers, TurnedLayers) else NO_RUNS


def parts_of(layers: Sequence[TracedLayer]) -> "Sequence[TracedLayer | Run]":
    """The layers, with their runs as one each."""
    return layers.parts if isinstance(layers, TurnedLayers) else layers
