"""LeNet-5 of 1998 against the paper's counts, its connection table and a torch module written after it."""

from typing import cast

import pytest
import torch
from torch import Tensor, nn

from archcalc import params
from tests.zoo.comparison import half_flops, output_shape, tensors, torch_tensors, totals, traced

# Table I: the rows are the maps of S2, the columns those of C3.
TABLE = (
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
)
COLUMNS = [{row for row in range(6) if TABLE[row][column] == "X"} for column in range(16)]
GROUPS = ((0, 6), (6, 12), (12, 15), (15, 16))
"""Columns that read equally many maps."""


def test_c3_reads_the_maps_of_table_1() -> None:
    layers = {layer.name: layer for layer in traced("lenet_1998").layers}
    read: list[set[int]] = []
    for name, width in (("triples", 3), ("fours", 4), ("pairs", 4)):
        maps = [int(port.output) for port in layers[name].inputs]
        assert {port.layer for port in layers[name].inputs} == {"map"}
        assert layers[f"c3_{name}"].facts.weights["weight"][1] == width
        read += [set(maps[start : start + width]) for start in range(0, len(maps), width)]
    assert [str(port) for port in layers["c3_all"].inputs] == ["s2.squash"]
    assert [*read, set(range(6))] == COLUMNS
    assert [str(port) for port in layers["c3"].inputs] == ["c3_triples", "c3_fours", "c3_pairs", "c3_all"]


@pytest.mark.parametrize(
    ("layer", "count"),
    [("c1", 156), ("s2", 12), ("c3", 1_516), ("s4", 32), ("c5", 48_120), ("f6", 10_164), ("output", 840)],
)
def test_each_layer_has_the_parameters_of_the_paper(layer: str, count: int) -> None:
    counted = params(traced("lenet_1998")).layers
    assert sum(found.params for name, found in counted.items() if name.startswith(layer)) == count


def test_60_000_parameters_are_trained() -> None:
    counted = params(traced("lenet_1998"))
    assert (counted.trainable, counted.non_trainable) == (60_000, 840)


class Subsampling(nn.Module):
    """The sum of 2x2 units times a coefficient, plus a bias, for every map; squashed."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.sum = nn.AvgPool2d(2, divisor_override=1)
        self.scale = nn.Conv2d(maps, maps, 1, groups=maps)

    def forward(self, maps: Tensor) -> Tensor:
        """(C, H, W) -> (C, H / 2, W / 2)."""
        return cast("Tensor", self.scale(self.sum(maps))).tanh()


class LeNet(nn.Module):
    """Maps of C3 that read equally many maps come from one grouped convolution over a list of maps."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        for name, (first, last) in zip(("triples", "fours", "pairs", "all"), GROUPS, strict=True):
            maps, width = last - first, len(COLUMNS[first])
            self.add_module(f"c3_{name}", nn.Conv2d(maps * width, maps, 5, groups=maps))
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, 10, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        """(1, 32, 32) -> (10,)."""
        maps = self.s2(self.c1(image).tanh())
        convolutions = [self.get_submodule(f"c3_{name}") for name in ("triples", "fours", "pairs", "all")]
        parts = [
            convolution(maps[:, [row for column in COLUMNS[first:last] for row in sorted(column)]])
            for convolution, (first, last) in zip(convolutions, GROUPS, strict=True)
        ]
        c5 = self.c5(self.s4(torch.cat(parts, 1).tanh())).tanh()
        return cast("Tensor", self.output(self.f6(c5.flatten(1)).tanh()))


def test_tensors_macs_and_output_are_those_of_the_torch_module() -> None:
    network = traced("lenet_1998")
    with torch.device("meta"):
        module = LeNet()
    assert tensors(network) == torch_tensors(module)
    assert totals(network).macs == half_flops(module, (1, 32, 32))
    assert network.outputs[0].tensor.shape == output_shape(module, (1, 32, 32))
