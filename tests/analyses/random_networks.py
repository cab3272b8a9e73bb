"""Random one-dimensional networks with branches, and what their units read, found by following every index.

The brute force knows only what a layer's arguments mean for indices: output o of a window reads
o stride - padding + k dilation. It shares nothing with the calculators but the spec itself.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from hypothesis import strategies as st

Layer = dict[str, object]
Reads = Callable[[int], "Counter[int]"]
"""Unit -> input positions that it reads (padding included), with how often."""


class Network(NamedTuple):
    """A spec as plain data, and for every named layer the reads of its units."""

    spec: dict[str, object]
    reads: Mapping[str, Reads]


def itself(unit: int) -> Counter[int]:
    """The input's units read themselves."""
    return Counter({unit: 1})


def windowed(before: Reads, kernel: int, stride: int, padding: int, dilation: int) -> Reads:
    """Reads behind a sliding window."""

    def reads(unit: int) -> Counter[int]:
        total: Counter[int] = Counter()
        for tap in range(kernel):
            total.update(before(unit * stride - padding + tap * dilation))
        return total

    return cache(reads)


def joined(parts: "Sequence[Reads]") -> Reads:
    """Reads behind a merge of branches."""

    def reads(unit: int) -> Counter[int]:
        total: Counter[int] = Counter()
        for part in parts:
            total.update(part(unit))
        return total

    return cache(reads)


LENGTH = 600
"""Long enough that few windows are larger than what is left."""


class Builder:
    """A network that grows: its layers, the reads of every unit, and how many units there are."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.layers: list[Layer] = []
        self.reads: dict[str, Reads] = {"x": itself}
        self.units = {"x": LENGTH}

    def window(self, source: str, stride: int) -> str:
        """A convolution or pool with random arguments."""
        kernel, dilation = self.draw(st.integers(1, 4)), self.draw(st.integers(1, 4))
        span = dilation * (kernel - 1) + 1
        if self.draw(st.booleans()):
            padding = self.draw(st.integers(0, kernel // 2))
            return self.put(source, "MaxPool1d", kernel, stride, padding, dilation)
        return self.put(source, "Conv1d", kernel, stride, self.draw(st.integers(0, span)), dilation)

    def put(self, source: str, kind: str, kernel: int, stride: int, padding: int, dilation: int) -> str:
        """One window; small inputs get padding that keeps at least one unit."""
        span = dilation * (kernel - 1) + 1
        missing = span - self.units[source] - 2 * padding
        if missing > 0:
            kind, padding = "Conv1d", padding + missing
        name = f"w{len(self.layers)}"
        written: Layer = {"type": kind, "name": name, "from": source, "kernel_size": kernel}
        written |= {"stride": stride, "padding": padding, "dilation": dilation}
        written |= {"out_channels": 1} if kind == "Conv1d" else {}
        self.layers.append(written)
        self.reads[name] = windowed(self.reads[source], kernel, stride, padding, dilation)
        self.units[name] = (self.units[source] + 2 * padding - span) // stride + 1
        return name

    def branches(self, source: str) -> str:
        """Two or three branches of one stride; longer ones are cut by a last valid convolution."""
        stride = self.draw(st.integers(1, 3))
        ends = [self.branch(source, stride) for _ in range(self.draw(st.integers(1, 2)))]
        ends.append(source if stride == 1 and self.draw(st.booleans()) else self.branch(source, stride))
        shortest = min(self.units[end] for end in ends)
        ends = [
            end
            if self.units[end] == shortest
            else self.put(end, "Conv1d", self.units[end] - shortest + 1, 1, 0, 1)
            for end in ends
        ]
        name = f"m{len(self.layers)}"
        kind = self.draw(st.sampled_from(["Add", "Multiply"]))
        self.layers.append({"type": kind, "name": name, "from": ends})
        self.reads[name] = joined([self.reads[end] for end in ends])
        self.units[name] = shortest
        return name

    def branch(self, source: str, stride: int) -> str:
        """One or two windows, the first with the stride."""
        end = self.window(source, stride)
        return self.window(end, 1) if self.draw(st.booleans()) else end


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """One to four windows or sets of branches, one behind the other."""
    builder = Builder(draw)
    last = "x"
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.sampled_from([False, False, True])):
            last = builder.branches(last)
        else:
            last = builder.window(last, draw(st.integers(1, 3)))
    return Network({"inputs": {"x": [1, LENGTH]}, "layers": builder.layers}, builder.reads)
