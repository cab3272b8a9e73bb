"""Random two-dimensional networks, built layer by layer as torch modules beside their spec.

torch knows every shape and every gradient here: an argument that it refuses is left out of the network.
"""

from typing import TYPE_CHECKING, NamedTuple

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.kinds.drawing import Sample
from tests.kinds.torch_modules import REFUSALS, module

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import DrawFn

Arguments = dict[str, object]
MAX_SIZE = 40
"""Positions per axis that an upsampling layer may reach."""


class Graph(NamedTuple):
    """A spec as plain data, and the output of every layer for an input that gradients can reach."""

    spec: dict[str, object]
    image: Tensor
    outputs: "Mapping[str, Tensor]"

    def __repr__(self) -> str:
        return f"Graph({self.spec})"


class Builder:
    """A network that grows behind its last layer."""

    def __init__(self, draw: "DrawFn") -> None:
        self.draw = draw
        sizes = draw(st.tuples(st.integers(9, 17), st.integers(9, 17)))
        self.image = torch.rand(1, 2, *sizes, dtype=torch.float64).add(0.5).requires_grad_()
        self.rows: list[dict[str, object]] = []
        self.outputs: dict[str, Tensor] = {"image": self.image}

    def put(self, kind: str, arguments: Arguments, *sources: str) -> str | None:
        """One layer behind ``sources``; None where torch refuses it or it is too large."""
        arriving = [self.outputs[source] for source in sources]
        shapes = tuple(tuple(tensor.shape[1:]) for tensor in arriving)
        try:
            layer = module(kind, Sample(arguments, shapes)).double()
            for weight in layer.parameters():
                nn.init.uniform_(weight, 0.5, 1.5)
            output = layer(*arriving)
        except REFUSALS:
            return None
        if 0 in output.shape or max(output.shape[2:]) > MAX_SIZE:
            return None
        name = f"l{len(self.rows)}"
        self.rows.append({"type": kind, "name": name, "from": list(sources), **arguments})
        self.outputs[name] = output
        return name

    def layer(self, source: str) -> str:
        """A random layer behind a source, or the source where torch does not take it."""
        kind, arguments = self.draw(LAYERS)
        return self.put(kind, arguments, source) or source

    def chain(self, source: str, longest: int) -> str:
        """Up to so many layers in a row."""
        for _ in range(self.draw(st.integers(0, longest))):
            source = self.layer(source)
        return source

    def branches(self, source: str) -> str:
        """Two or three branches, cut to a common size and joined."""
        ends = [self.chain(source, 2) for _ in range(self.draw(st.integers(2, 3)))]
        if self.draw(st.booleans()):
            return self.cut_and_join(ends, "Concat")
        return self.cut_and_join(ends, self.draw(st.sampled_from(["Add", "Multiply"])))

    def cut_and_join(self, ends: list[str], kind: str) -> str:
        """The branches sliced to the smallest size of each axis, with equal channels where they are added."""
        for axis in (1, 2):
            smallest = min(self.outputs[end].shape[axis + 1] for end in ends)
            ends = [self.sliced(end, axis, smallest) for end in ends]
        if kind != "Concat":
            ends = [self.put("Conv2d", {"out_channels": 2, "kernel_size": 1}, end) or end for end in ends]
        return self.put(kind, {}, *ends) or ends[0]

    def sliced(self, end: str, axis: int, size: int) -> str:
        """A branch with only ``size`` positions left on an axis, from a random start."""
        more = self.outputs[end].shape[axis + 1] - size
        if not more:
            return end
        start = self.draw(st.integers(0, more))
        return self.put("Slice", {"dim": axis, "start": start, "stop": start + size}, end) or end


def pair(values: "st.SearchStrategy[int]") -> "st.SearchStrategy[list[int]]":
    """One number per axis."""
    return st.lists(values, min_size=2, max_size=2)


# A norm of few different numbers gives 1 and -1, whatever they are, but for its eps.
SMALL, STEP = st.integers(1, 3), st.sampled_from([1, 1, 2, 3])
LAYERS: "st.SearchStrategy[tuple[str, Arguments]]" = st.one_of(
    st.tuples(
        st.just("Conv2d"),
        st.fixed_dictionaries(
            {
                "out_channels": st.just(2),
                "kernel_size": pair(st.integers(1, 4)),
                "stride": pair(STEP),
                "padding": pair(st.integers(0, 2)),
                "dilation": pair(SMALL),
                "padding_mode": st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"]),
            }
        ),
    ),
    st.tuples(
        st.just("ConvTranspose2d"),
        st.fixed_dictionaries(
            {
                "out_channels": st.just(2),
                "kernel_size": pair(st.integers(1, 4)),
                "stride": pair(SMALL),
                "padding": pair(st.integers(0, 2)),
                "dilation": pair(st.integers(1, 2)),
                "output_padding": pair(st.integers(0, 1)),
            }
        ),
    ),
    st.tuples(
        st.just("AvgPool2d"),
        st.fixed_dictionaries(
            {
                "kernel_size": pair(SMALL),
                "stride": pair(STEP),
                "padding": pair(st.integers(0, 1)),
                "ceil_mode": st.booleans(),
            }
        ),
    ),
    st.tuples(st.just("AdaptiveAvgPool2d"), st.fixed_dictionaries({"output_size": pair(st.integers(1, 7))})),
    st.tuples(
        st.sampled_from(["ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d"]),
        st.fixed_dictionaries({"padding": st.lists(st.integers(0, 2), min_size=4, max_size=4)}),
    ),
    st.tuples(
        st.just("Upsample"),
        st.fixed_dictionaries(
            {
                "size": pair(st.integers(2, 30)),
                "mode": st.sampled_from(["nearest", "bilinear", "bicubic"]),
            }
        ),
    ),
    st.tuples(
        st.just("Upsample"),
        st.fixed_dictionaries(
            {
                "scale_factor": st.sampled_from([2, 3]),
                "mode": st.sampled_from(["bilinear", "bicubic"]),
                "align_corners": st.booleans(),
            }
        ),
    ),
    st.tuples(st.just("GroupNorm"), st.just({"num_groups": 1, "eps": 0.5})),
    st.tuples(st.just("Permute"), st.just({"dims": [0, 2, 1]})),
)


@st.composite
def graphs(draw: "DrawFn") -> Graph:
    """One to five layers or sets of branches, one behind the other."""
    builder = Builder(draw)
    last = "image"
    for _ in range(draw(st.integers(1, 5))):
        last = builder.branches(last) if draw(st.sampled_from([False, False, True])) else builder.layer(last)
    shape = list(builder.image.shape[1:])
    return Graph({"inputs": {"image": shape}, "layers": builder.rows}, builder.image, builder.outputs)
