"""Recordings become programs that calculate the same: function by function, and over random views."""

# Functions of modules that are whatever a case makes them: their lambdas have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc import facts
from tests.importing.reading import Calling, assert_same, imported, programmed

F = functional
Case = tuple[Callable[..., object], list[tuple[int, ...]], list[str]]

FUNCTIONS: "dict[str, Case]" = {
    # activations
    "relu": (lambda _, x: F.relu(x), [(3,)], ["ReLU"]),
    "gelu tanh": (lambda _, x: F.gelu(x, approximate="tanh"), [(3,)], ["GELU"]),
    "leaky relu": (lambda _, x: F.leaky_relu(x, 0.2), [(3,)], ["LeakyReLU"]),
    "in place": (lambda _, x: F.relu(x.clone(), inplace=True), [(3,)], ["ReLU"]),
    "softmax": (lambda _, x: x.softmax(-1), [(3, 4)], ["Softmax"]),
    "softmax of axis 1": (lambda _, x: torch.softmax(x, 1), [(3, 4)], ["Softmax"]),
    "softmax, batch second": (lambda _, x: x.transpose(0, 1).softmax(0), [(3, 4)], ["Softmax"]),
    "glu": (lambda _, x: F.glu(x, 1), [(4, 3)], ["GLU"]),
    "dropout": (lambda self, x: F.dropout(x, 0.1, self.training), [(3,)], ["Dropout"]),
    # arithmetic
    "twice": (lambda _, x: 2 * x, [(3,)], ["Scale"]),
    "half": (lambda _, x: x / 2, [(3,)], ["Scale"]),
    "merges": (lambda _, x, y: x + y * x, [(3,), (3,)], ["Multiply", "Add"]),
    "broadcast": (lambda _, x, y: x * y.unsqueeze(1), [(3, 4), (4,)], ["Unsqueeze", "Multiply"]),
    "nothing": (lambda _, x: (x * 1 + 0).contiguous().float(), [(3,)], ["Identity"]),
    # moving
    "flatten": (lambda _, x: torch.flatten(x, 1), [(3, 4, 5)], ["Flatten"]),
    "flatten some": (lambda _, x: x.flatten(2), [(3, 4, 5)], ["Flatten"]),
    "heads": (lambda _, x: x.view(len(x), 3, 2, 4).transpose(1, 2), [(3, 8)], ["Unflatten", "Transpose"]),
    "merged": (lambda _, x: x.view(-1, 4).view(-1, 3, 4), [(3, 4)], ["Identity"]),
    "windows": (
        lambda _, x: (
            x.view(-1, 2, 2, 2, 3).permute(0, 1, 3, 2, 4).reshape(-1, 4, 3).softmax(-1).reshape(-1, 2, 4, 3)
        ),
        [(4, 2, 3)],
        ["Unflatten", "Transpose", "Flatten", "Softmax"],
    ),
    "cat": (lambda _, x, y: torch.cat([x, y], 1), [(3, 4), (2, 4)], ["Concat"]),
    "cat from the end": (lambda _, x, y: torch.cat([x, y], -1), [(3, 4), (3, 2)], ["Concat"]),
    "stack": (lambda _, x, y: torch.stack([x, y], 1), [(3,), (3,)], ["Stack"]),
    "chunk": (lambda _, x: x.chunk(2, 1)[1], [(4, 3)], ["Chunk"]),
    "split": (lambda _, x: x.split([1, 3], 1)[1], [(4, 3)], ["Split"]),
    "slices": (lambda _, x: x[:, 1:, ::2], [(4, 3)], ["Slice", "Slice"]),
    "whole slices": (lambda _, x: x[:, 0:4][:, :9], [(4, 3)], ["Identity"]),
    "new axes": (lambda _, x: x[:, None, ..., None], [(4, 3)], ["Unsqueeze", "Unsqueeze"]),
    # folds
    "mean": (lambda _, x: x.mean((-2, -1)), [(4, 3, 2)], ["Mean"]),
    "mean kept": (lambda _, x: x.mean(1, keepdim=True), [(4, 3)], ["Mean"]),
    "sum": (lambda _, x: x.sum(dim=2), [(4, 3)], ["Sum"]),
    "max": (lambda _, x: x.max(1)[0], [(4, 3)], ["Max"]),
    # products
    "matmul": (lambda _, x, y: x @ y.transpose(-1, -2), [(4, 3), (5, 3)], ["Transpose", "MatMul"]),
    "bmm over heads": (
        lambda _, x: torch.bmm(x.reshape(-1, 3, 4), x.reshape(-1, 3, 4).mT).view(len(x), 2, 3, 3),
        [(2, 3, 4)],
        ["Transpose", "MatMul"],
    ),
    # pools and sizes
    "max pool": (lambda _, x: F.max_pool2d(x, 2), [(2, 4, 4)], ["MaxPool2d"]),
    "average pool": (
        lambda _, x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
        [(2, 4, 4)],
        ["AvgPool2d"],
    ),
    "adaptive pool": (lambda _, x: F.adaptive_avg_pool2d(x, (1, 1)), [(2, 4, 4)], ["AdaptiveAvgPool2d"]),
    "interpolate": (
        lambda _, x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False),
        [(2, 4, 4)],
        ["Upsample"],
    ),
    "interpolate to a size": (lambda _, x: F.interpolate(x, size=(5, 6)), [(2, 4, 4)], ["Upsample"]),
    "layer norm": (lambda _, x: F.layer_norm(x, (4,)), [(3, 4)], ["LayerNorm"]),
    "shuffle": (lambda _, x: F.pixel_shuffle(x, 2), [(4, 2, 2)], ["PixelShuffle"]),
}
"""Name -> function of the module and its inputs, their shapes, the kinds of the steps."""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name: str) -> None:
    function, shapes, kinds = FUNCTIONS[name]
    assert assert_same(lambda: Calling(function), *shapes).kinds == kinds


MODULES: "dict[str, tuple[Callable[[], nn.Module], list[tuple[int, ...]], list[str]]]" = {
    "plain": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
        ),
        [(3, 5, 5)],
        ["Conv2d", "BatchNorm2d", "ReLU"],
    ),
    "arguments": (
        lambda: nn.Conv2d(
            4, 6, (3, 1), stride=2, padding="valid", dilation=(2, 1), groups=2, padding_mode="reflect"
        ),
        [(4, 9, 9)],
        ["Conv2d"],
    ),
    "recurrent": (lambda: nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True), [(5, 3)], ["LSTM"]),
    "attention": (
        lambda: Calling(
            lambda self, x: self.inner(x, x, x)[0], inner=nn.MultiheadAttention(6, 2, batch_first=True)
        ),
        [(5, 6)],
        ["MultiheadAttention"],
    ),
    "attention with weights": (
        lambda: Calling(
            lambda self, x, y: self.inner(x, y, y), inner=nn.MultiheadAttention(6, 2, batch_first=True)
        ),
        [(5, 6), (4, 6)],
        ["MultiheadAttention"],
    ),
    "pools with places": (
        lambda: Calling(
            lambda self, x: self.back(*self.pool(x)),
            pool=nn.MaxPool2d(2, return_indices=True),
            back=nn.MaxUnpool2d(2),
        ),
        [(2, 4, 4)],
        ["MaxPool2d", "MaxUnpool2d"],
    ),
    "transposed to a size": (
        lambda: Calling(
            lambda self, x: self.up(x, output_size=(10, 9)), up=nn.ConvTranspose2d(2, 3, 3, 2, padding=1)
        ),
        [(2, 5, 5)],
        ["ConvTranspose2d"],
    ),
    "shared module": (
        lambda: Calling(lambda self, x: self.inner(self.inner(x)), inner=nn.Linear(3, 3)),
        [(3,)],
        ["Linear", "Linear"],
    ),
    "the weight of a module": (
        lambda: Calling(
            lambda self, x: F.linear(F.linear(x, self.inner.weight), self.inner.weight),
            inner=nn.Linear(3, 3, bias=False),
        ),
        [(3,)],
        ["Linear", "Linear"],
    ),
    "weight norm": (
        lambda: nn.utils.parametrizations.weight_norm(nn.Conv1d(2, 3, 3)),
        [(2, 5)],
        ["Conv1d"],
    ),
    "softmax of three axes": (lambda: nn.Softmax(dim=-1), [(2, 5)], ["Softmax"]),
    "sequence first": (
        lambda: Calling(lambda self, x: self.inner(x.transpose(0, 1)).transpose(0, 1), inner=nn.Linear(3, 4)),
        [(2, 3)],
        ["Linear"],
    ),
    "batch norm of merged axes": (
        lambda: Calling(lambda self, x: self.inner(x.flatten(0, 1)).view(x.shape), inner=nn.BatchNorm1d(3)),
        [(2, 3)],
        ["BatchNorm1d"],
    ),
    "convolution of merged axes": (
        lambda: Calling(
            lambda self, x: self.inner(x.flatten(0, 1)).unflatten(0, (-1, 2)), inner=nn.Conv2d(3, 4, 3)
        ),
        [(2, 3, 5, 5)],
        ["Conv2d"],
    ),
}
"""Name -> what makes a module, the shapes of its inputs, the kinds of the steps."""


@pytest.mark.parametrize("name", MODULES)
def test_module(name: str) -> None:
    make, shapes, kinds = MODULES[name]
    assert assert_same(make, *shapes).kinds == kinds


def test_arguments_are_those_that_are_no_defaults() -> None:
    found = imported(MODULES["arguments"][0], (4, 9, 9))
    wanted = {
        "out_channels": 6,
        "kernel_size": (3, 1),
        "stride": 2,
        "padding": "valid",
        "dilation": (2, 1),
        "groups": 2,
        "padding_mode": "reflect",
    }
    assert found.only("Conv2d").arguments == wanted


def test_second_call_is_a_tie() -> None:
    first, second = imported(MODULES["shared module"][0], (3,)).program.steps
    assert (first.name, first.tie, second.name, second.tie) == ("inner", None, None, "inner")


def test_merged_axes_are_mapped() -> None:
    assert imported(MODULES["batch norm of merged axes"][0], (2, 3)).only("BatchNorm1d").mapped == 1


def test_shared_parameter_is_a_tie() -> None:
    def make() -> nn.Module:
        module = Calling(
            lambda self, x: self.head(self.table(x)),
            table=nn.Embedding(5, 3),
            head=nn.Linear(3, 5, bias=False),
        )
        module.head.weight = module.table.weight  # type: ignore[union-attr]  # both are there
        return module

    found = assert_same(make, facts.Tensor((4,), "int64"))
    assert found.only("Linear").tie == "table"


def test_frozen() -> None:
    def make() -> nn.Module:
        module = nn.Linear(3, 4)
        module.requires_grad_(requires_grad=False)
        return nn.Sequential(module)

    assert assert_same(make, (3,)).only("Linear").frozen


def test_unknown_is_opaque_with_a_reason() -> None:
    _, program = programmed(lambda: Calling(lambda _, x: torch.erfinv(x) + x.mean(0)), (4,))
    opaque = [step for step in program.steps if step.kind == "Opaque"]
    assert [step.arguments["operator"] for step in opaque] == ["torch.erfinv", "torch.Tensor.mean"]
    assert [step.note for step in opaque] == ["torch.erfinv has no layer", "it acts on the batch axis"]


Drawn = tuple[Tensor, int]
"""A tensor, and the axis of its batch."""


def permuted(x: Tensor, batch: int, draw: random.Random) -> Drawn:
    """Its axes in another order."""
    order = draw.sample(range(x.dim()), x.dim())
    return x.permute(order), order.index(batch)


def merged_behind(x: Tensor, batch: int, draw: random.Random) -> Drawn:
    """The batch made one axis with the one behind, moved, and apart again."""
    if batch + 1 == x.dim():
        return x, batch
    sizes = x.shape[batch : batch + 2]
    x, batch = permuted(x.flatten(batch, batch + 1), batch, draw)
    return x.reshape(*x.shape[:batch], *sizes, *x.shape[batch + 1 :]), batch


def merged_before(x: Tensor, batch: int, draw: random.Random) -> Drawn:
    """The batch made one axis with the one before, a softmax, and apart again."""
    del draw
    if not batch or batch + 1 == x.dim():
        return x, batch
    apart = x.shape
    return x.flatten(batch - 1, batch).softmax(-1).reshape(apart), batch


def with_axis(x: Tensor, batch: int, draw: random.Random) -> Drawn:
    """A new axis."""
    place = draw.randint(0, x.dim())
    return x.unsqueeze(place), batch + (place <= batch)


def all_joined(x: Tensor, batch: int, draw: random.Random) -> Drawn:
    """All axes behind the first made one, where that is the batch; else twice its numbers."""
    del draw
    return (x.flatten(1), 0) if not batch and x.dim() > 1 else (2 * x, batch)


MOVES = (permuted, merged_behind, merged_before, with_axis, all_joined)


def views(seed: int) -> "tuple[Callable[[Tensor], Tensor], tuple[int, ...]]":
    """A chain of views that begins and ends with the batch alone in an axis, and the shape of a sample."""
    first = random.Random(seed)  # noqa: S311  no secret
    shape = tuple(first.choice((1, 2, 3, 4, 6)) for _ in range(first.randint(1, 4)))

    def chain(x: Tensor) -> Tensor:
        draw, batch = random.Random(seed + 1), 0  # noqa: S311  no secret
        for _ in range(draw.randint(1, 6)):
            x, batch = draw.choice(MOVES)(x, batch, draw)
        return x

    return chain, shape


@pytest.mark.parametrize("seed", range(24))
def test_random_views(seed: int) -> None:
    chain, shape = views(seed)
    _ = assert_same(lambda: Calling(lambda _, x: chain(x)), shape)
