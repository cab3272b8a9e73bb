"""Random networks over (C, L) that join and cut axes in every way, run in torch beside their spec."""

from typing import TYPE_CHECKING, NamedTuple

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import DrawFn

    Made = Tensor | tuple[Tensor, ...]

MAX_CHANNELS = 12
MAX_LENGTH = 14


class Network(NamedTuple):
    """A spec as plain data, and every output of every layer; ``from`` names the outputs as ``cut.1``.

    Args:
        spec: inputs and layers.
        x: the input, which gradients can reach.
        outputs: (layer, output) -> tensor with a batch of one.
        plain: nothing but channels was joined, so that every field is one interval.
    """

    spec: dict[str, object]
    x: Tensor
    outputs: "Mapping[tuple[str, str], Tensor]"
    plain: bool

    def __repr__(self) -> str:
        return f"Network({self.spec})"


class Builder:
    """A network that grows; every layer reads any output that is there."""

    def __init__(self, draw: "DrawFn") -> None:
        self.draw = draw
        channels, length = draw(st.sampled_from([2, 4])), draw(st.integers(5, 9))
        self.x = torch.rand(1, channels, length, dtype=torch.float64).add(0.5).requires_grad_()
        self.rows: list[dict[str, object]] = []
        self.outputs: dict[tuple[str, str], Tensor] = {}
        self.ends: dict[str, Tensor] = {"x": self.x}
        self.plain = True

    def put(self, kind: str, sources: list[str], made: "Made", **arguments: object) -> list[str]:
        """A layer that gives these tensors; those that are too large stay out."""
        several = isinstance(made, tuple)
        parts = made if isinstance(made, tuple) else (made,)
        if any(part.shape[1] > MAX_CHANNELS or part.shape[2] > MAX_LENGTH for part in parts):
            return sources
        name = f"l{len(self.rows)}"
        self.rows.append({"type": kind, "name": name, "from": sources, **arguments})
        names = [str(index) for index in range(len(parts))] if several else ["output"]
        for output, part in zip(names, parts, strict=True):
            self.outputs[name, output] = part
        ends = [f"{name}.{output}" if several else name for output in names]
        self.ends.update(zip(ends, parts, strict=True))
        return ends

    def any_end(self) -> str:
        """One of the last few outputs, or the input."""
        return self.draw(st.sampled_from(list(self.ends)[-6:]))

    # layers of one input

    def convolution(self, source: str) -> None:
        """Channels mixed, all of them or in groups."""
        tensor = self.ends[source]
        channels = tensor.shape[1]
        groups = self.draw(st.sampled_from([n for n in (1, 1, 2, 4) if channels % n == 0]))
        out = groups * self.draw(st.integers(1, 2))
        kernel, stride = self.draw(st.sampled_from([(1, 1), (3, 1), (3, 2), (2, 1)]))
        padding = self.draw(st.integers(0, kernel - 1))
        if tensor.shape[2] + 2 * padding < kernel:
            return
        weight = torch.rand(out, channels // groups, kernel, dtype=torch.float64) + 0.5
        made = functional.conv1d(tensor, weight, None, stride, padding, 1, groups)
        sizes = {"kernel_size": kernel, "stride": stride, "padding": padding, "groups": groups}
        self.put("Conv1d", [source], made, out_channels=out, **sizes)

    def pool(self, source: str) -> None:
        """Each channel by itself."""
        if self.ends[source].shape[2] >= 2:
            made = functional.avg_pool1d(self.ends[source], 2, 1)
            self.put("AvgPool1d", [source], made, kernel_size=2, stride=1)

    def cut(self, source: str) -> None:
        """A slice of the channels, or of the positions."""
        tensor = self.ends[source]
        dim = self.draw(st.sampled_from([0, 0, 0, 1]))
        size, step = tensor.shape[dim + 1], self.draw(st.sampled_from([1, 1, 2]))
        start = self.draw(st.integers(0, size - 1))
        stop = self.draw(st.integers(start + 1, size))
        places = torch.arange(start, stop, step)
        self.put(
            "Slice",
            [source],
            tensor.index_select(dim + 1, places),
            dim=dim,
            start=start,
            stop=stop,
            step=step,
        )

    def chunk(self, source: str) -> None:
        """Parts of one size."""
        self.put("Chunk", [source], self.ends[source].chunk(2, 1), chunks=2)

    def split(self, source: str) -> None:
        """Parts of given sizes."""
        size = self.ends[source].shape[1]
        first = self.draw(st.integers(1, size))
        sections = [first, size - first] if first < size else [first]
        self.put(
            "Split", [source], torch.split(self.ends[source], sections, 1), split_size_or_sections=sections
        )

    def shuffle(self, source: str) -> None:
        """Channels dealt out in turn."""
        if self.ends[source].shape[1] % 2 == 0:
            made = nn.ChannelShuffle(2)(self.ends[source])
            self.put("ChannelShuffle", [source], made, groups=2)

    def halves(self, source: str) -> None:
        """A half of the channels gates the other one."""
        if self.ends[source].shape[1] % 2 == 0:
            self.put("GLU", [source], functional.glu(self.ends[source], 1), dim=1)

    def upsample(self, source: str) -> None:
        """Positions repeated, so that units differ by phase."""
        self.put(
            "Upsample", [source], functional.interpolate(self.ends[source], scale_factor=2), scale_factor=2
        )

    def statistic(self, source: str) -> None:
        """Means over positions, of all channels or of each."""
        groups = self.draw(st.sampled_from([1, 2]))
        if self.ends[source].shape[1] % groups == 0 and self.ends[source][0].numel() > groups:
            made = functional.group_norm(self.ends[source], groups, eps=0.5)
            self.put("GroupNorm", [source], made, num_groups=groups, eps=0.5)

    # layers of several

    def join(self, source: str) -> None:
        """Two or three outputs of one length, side by side."""
        length = self.ends[source].shape[2]
        alike = [end for end, tensor in self.ends.items() if tensor.shape[2] == length]
        others = self.draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2))
        sources = [source, *others]
        self.put("Concat", sources, torch.cat([self.ends[end] for end in sources], 1), dim=0)

    def lengthen(self, source: str) -> None:
        """Two outputs of as many channels, one behind the other."""
        channels = self.ends[source].shape[1]
        alike = [end for end, tensor in self.ends.items() if tensor.shape[1] == channels]
        sources = [source, self.draw(st.sampled_from(alike))]
        self.plain = False
        self.put("Concat", sources, torch.cat([self.ends[end] for end in sources], 2), dim=1)

    def add(self, source: str) -> None:
        """Two outputs of one shape."""
        shape = self.ends[source].shape
        alike = [end for end, tensor in self.ends.items() if tensor.shape == shape]
        other = self.draw(st.sampled_from(alike))
        self.put("Add", [source, other], self.ends[source] + self.ends[other])

    def pile(self, source: str) -> None:
        """Outputs on a new axis, of which one or both are taken back."""
        shape = self.ends[source].shape
        alike = [end for end, tensor in self.ends.items() if tensor.shape == shape]
        sources = [source, self.draw(st.sampled_from(alike))]
        dim, chosen = self.draw(st.integers(0, 2)), self.draw(st.integers(0, 1))
        stacked = f"l{len(self.rows)}"
        self.rows.append({"type": "Stack", "name": stacked, "from": sources, "dim": dim})
        sliced = f"l{len(self.rows)}"
        part = {"dim": dim, "start": chosen, "stop": chosen + 1}
        self.rows.append({"type": "Slice", "name": sliced, "from": [stacked], **part})
        self.put("Squeeze", [sliced], self.ends[sources[chosen]].clone(), dim=dim)


STEPS: "tuple[Callable[[Builder, str], None], ...]" = (
    *(Builder.join,) * 4,
    *(Builder.cut,) * 4,
    *(Builder.convolution,) * 4,
    *(Builder.chunk, Builder.split) * 2,
    Builder.pool,
    Builder.shuffle,
    Builder.halves,
    Builder.upsample,
    Builder.statistic,
    Builder.lengthen,
    Builder.add,
    Builder.pile,
)


CUTS: "tuple[Callable[[Builder, str], None], ...]" = (
    Builder.cut,
    Builder.chunk,
    Builder.split,
    Builder.shuffle,
    Builder.pile,
)


@st.composite
def networks(draw: "DrawFn") -> Network:
    """Two fields side by side, cut, and up to eight layers more, each behind any of those before."""
    builder = Builder(draw)
    weight = torch.rand(builder.x.shape[1], builder.x.shape[1], 3, dtype=torch.float64) + 0.5
    made = functional.conv1d(builder.x, weight, None, 1, 1)
    (wide,) = builder.put("Conv1d", ["x"], made, out_channels=weight.shape[0], kernel_size=3, padding=1)
    (joined,) = builder.put("Concat", ["x", wide], torch.cat([builder.x, made], 1), dim=0)
    draw(st.sampled_from(CUTS))(builder, joined)
    for _ in range(draw(st.integers(1, 8))):
        draw(st.sampled_from(STEPS))(builder, builder.any_end())
    spec: dict[str, object] = {"inputs": {"x": list(builder.x.shape[1:])}, "layers": builder.rows}
    return Network(spec, builder.x, builder.outputs, builder.plain)
