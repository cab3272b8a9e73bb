"""What keys and values are made from: the narrowest tensors that only they read, all that a cache needs.

Where keys and values are functions, position by position, of a narrower tensor (the latent of DeepSeek-AI
2024, arXiv 2405.04434, section 2.1; one tensor that several layers share; fewer heads that are repeated), a
cache may keep that one, and make the keys and values anew or multiply their weights into the queries and the
output. The narrowest such tensors together are a minimal cut of the graph (Ford & Fulkerson 1956).
"""

from math import prod
from typing import TYPE_CHECKING

from archcalc.analyses.cuts import minimal_cut
from archcalc.analyses.growth import asking, kept_numbers
from archcalc.facts import IDENTITY
from archcalc.formulas.attention import padded
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.growth import Asking
    from archcalc.tracing import Port, Trace, TracedLayer

KEY, VALUE = 1, 2
"""Inputs of attention that are read as keys and as values; where there is no third, the second is both."""


class _Place(NamedTuple):
    """An output of a layer and the axis that runs along with the tokens; or what attention keeps of one.

    Args:
        layer: its name.
        output: the output's name; of attention ``(key)`` or ``(value)``.
        axis: None of attention.
    """

    layer: str
    output: str
    axis: int | None


@dataclass(frozen=True, slots=True)
class Latent:
    """A tensor that a cache may keep.

    Args:
        name: the layer's that makes it, with the output's where it has several; or of attention.
        made: whether it is a tensor that keys and values are made from, and no key or value itself.
        numbers: of one position.
        askings: how the attention layers behind it ask for positions.
    """

    name: str
    made: bool
    numbers: int
    askings: "tuple[Asking, ...]"

    def kept(self, tokens: int, page: int = 1) -> int:
        """Numbers that are kept of so many tokens, in whole pages of positions."""
        return self.numbers * padded(max(each.kept(tokens) for each in self.askings), page)


def latents(trace: "Trace", tokens: str) -> tuple[Latent, ...]:
    """The fewest numbers that a cache may keep; empty where these are the keys and values themselves.

    Args:
        trace: the network.
        tokens: name of the input that grows.
    """
    graph = _Graph(trace, tokens)
    # From the keys and values back: of several cuts with as many numbers the one nearest to them counts.
    cut = minimal_cut(graph.weights(), graph.made_from, graph.ends, graph.starts)
    found = [graph.latent(place) for place in graph.readers if place in cut]
    return tuple(found) if any(each.made for each in found) else ()


class _Graph:
    """Places at which something could be kept, from what others read too down to keys and values."""

    def __init__(self, trace: "Trace", tokens: str) -> None:
        self._trace, self._grows = trace, trace.behind(tokens)
        length = trace.inputs[tokens].shape[0]
        found = ((layer, asking(layer, length, self._grows)) for layer in trace.layers)
        self._attention = {
            layer.name: asks for layer, asks in found if asks is not None and layer.name in self._grows
        }
        self._alone = self._read_by_keys_alone()
        self.readers: dict[_Place, list[_Place]] = {}
        self.made_from: dict[_Place, list[_Place]] = {}
        self.starts: dict[_Place, None] = {}
        """Places that are made from what others read too."""
        self.ends: dict[_Place, int] = {}
        """Keys and values, with the numbers of one position."""
        for name in self._attention:
            self._enter(trace.by_name[name])

    def weights(self) -> "dict[_Place, int | None]":
        """Numbers of one position, where they may be kept: what a linear map makes, or what comes first.

        What stands between such a map and the keys, as a norm or one part of a split, is made again.
        """
        return {place: self._weight(place) for place in self.readers}

    def _weight(self, place: _Place) -> int | None:
        if place.axis is None:
            return self.ends[place]
        layer = self._trace.by_name[place.layer]
        if place not in self.starts and not layer.arguments.linear:
            return None
        shape = layer.facts.outputs[place.output].shape
        return prod(shape) // shape[place.axis]

    def latent(self, place: _Place) -> Latent:
        """What is kept at a place of the cut."""
        behind, waiting = set[_Place](), [place]
        while waiting:
            each = waiting.pop()
            if each not in behind:
                behind.add(each)
                waiting += self.readers[each]
        askings = dict.fromkeys(self._attention[each.layer] for each in self.ends if each in behind)
        whole = place.axis is None or place.output == "output"
        name = place.layer if whole else f"{place.layer}.{place.output}"
        return Latent(name, place.axis is not None, self._weight(place) or 0, tuple(askings))

    def _read_by_keys_alone(self) -> "set[tuple[str, str]]":
        """Outputs that lead to keys and values and nowhere else."""
        alone: set[tuple[str, str]] = set()
        leaving = {(port.layer, port.output) for port in self._trace.outputs}
        for layer in reversed(self._trace.layers):
            for output in layer.facts.outputs:
                readers = [each for each in self._trace.readers_of(layer.name) if each.output == output]
                known = all(self._is_key(each.layer, each.position, alone) for each in readers)
                if readers and known and (layer.name, output) not in leaving:
                    alone.add((layer.name, output))
        return alone

    def _is_key(self, reader: "TracedLayer", position: int, alone: "set[tuple[str, str]]") -> bool:
        if reader.name in self._attention:
            return position in (KEY, VALUE)
        read = {each.output for each in self._trace.readers_of(reader.name)}
        return bool(read) and all((reader.name, output) in alone for output in read)

    def _enter(self, layer: "TracedLayer") -> None:
        """Enter the keys and the values of an attention layer, and what they are made from."""
        found, numbers = layer.facts.attention, kept_numbers(layer)
        if found is None:
            return
        of_keys = numbers * found.head_dim // (found.head_dim + found.value_dim)
        for position, own in ((KEY, of_keys), (VALUE, numbers - of_keys)):
            place = _Place(layer.name, "(key)" if position == KEY else "(value)", None)
            self.readers[place], self.made_from[place], self.ends[place] = [], [], own
            port = layer.inputs[min(position, len(layer.inputs) - 1)]
            self._trace_back(place, port, len(port.tensor.shape) - 2)

    def _trace_back(self, place: _Place, port: "Port", axis: int) -> None:
        """Enter what a place reads, and all that this is made from."""
        waiting: list[tuple[_Place, Port, int | None]] = [(place, port, axis)]
        while waiting:
            reader, read, along = waiting.pop()
            if along is None or (read.layer, read.output) not in self._alone:
                self.starts[reader] = None
                continue
            made = _Place(read.layer, read.output, along)
            if made not in self.readers:
                self.readers[made], self.made_from[made] = [], []
                layer = self._trace.by_name[read.layer]
                waiting += ((made, before, same) for before, same in self._read_along(layer, made))
            self.readers[made].append(reader)
            self.made_from[reader].append(made)

    def _read_along(self, layer: "TracedLayer", place: _Place) -> "Iterator[tuple[Port, int | None]]":
        """What a place is made from, with the axis that runs along; None: not position by position."""
        for port, reads in zip(layer.inputs, layer.facts.reads_of(place.output), strict=True):
            if port.layer not in self._grows:
                continue
            along = next((axis for axis, read in enumerate(reads) if read.to == place.axis), None)
            own = along is not None and reads[along].reach == IDENTITY and not reads[along].statistic
            yield port, along if own else None
