"""Functions of torch that are layers of their own kinds: what is read of them calculates the same."""

# Functions of modules that are whatever a case makes them: their lambdas have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc import facts
from archcalc.layers.registry import KINDS
from tests.importing.reading import Calling, assert_same

F = functional
Case = tuple[Callable[..., object], "list[tuple[int, ...]]", str]


def with_part(x: Tensor, y: Tensor) -> Tensor:
    """A part of x replaced by y."""
    x = x.clone()
    x[:, 1:, 2] = y
    return x


def increased(x: Tensor, y: Tensor) -> Tensor:
    """A part of x increased by y."""
    x = x.clone()
    x[:, :, 1:] += y
    return x


NUMBERS: "dict[str, Case]" = {
    "add a number": (lambda _, x: x + 1, [(3,)], "Offset"),
    "less a number": (lambda _, x: x - 0.5, [(3,)], "Offset"),
    "from a number": (lambda _, x: 1 - x, [(3,)], "Neg Offset"),
    "over": (lambda _, x: 2 / x, [(3,)], "Reciprocal Scale"),
    "power": (lambda _, x: x**3, [(3,)], "Pow"),
    "square": (lambda _, x: x.square(), [(3,)], "Pow"),
    "of a number": (lambda _, x: 2**x, [(3,)], "Scale Exp"),
    "functions": (
        lambda _, x: x.exp().log().sqrt().rsqrt().abs().neg(),
        [(3,)],
        "Exp Log Sqrt Rsqrt Abs Neg",
    ),
    "waves": (lambda _, x: torch.sin(torch.cos(torch.erf(x))), [(3,)], "Erf Cos Sin"),
    "limits": (lambda _, x: x.clamp(min=0.2, max=0.6), [(3,)], "Clamp"),
    "less": (lambda _, x, y: x - y, [(3,), (3,)], "Subtract"),
    "through": (lambda _, x, y: x / y.unsqueeze(1), [(2, 3), (3,)], "Unsqueeze Divide"),
    "to the power": (lambda _, x, y: x**y, [(3,), (3,)], "Power"),
    "larger": (lambda _, x, y: torch.maximum(x, y), [(3,), (3,)], "Maximum"),
    "choice": (lambda _, x, y: torch.where(x > 0.5, x, y), [(3,), (3,)], "Compare Where"),
    "mask": (lambda _, x: x.masked_fill(x <= 0.5, -1.0), [(3,)], "Compare MaskedFill"),
    "both": (
        lambda _, x, y: ((x < y) & ~(x > 0.9)).float(),
        [(3,), (3,)],
        "Compare Compare LogicalNot LogicalAnd Cast",
    ),
    "in place": (lambda _, x: x.clone().add_(1).mul_(2), [(3,)], "Offset Scale"),
}
MOVES: "dict[str, Case]" = {
    "select": (lambda _, x: x[:, 1], [(3, 4)], "Select"),
    "roll": (lambda _, x: torch.roll(x, (1, -2), (1, 2)), [(3, 4)], "Roll"),
    "flip": (lambda _, x: x.flip(1, 2), [(3, 4)], "Flip"),
    "expand": (lambda _, x: x[:, None].expand(-1, 5, -1), [(3,)], "Unsqueeze Expand"),
    "repeat": (lambda _, x: x.repeat(1, 2, 3), [(3, 4)], "Repeat"),
    "interleaved": (lambda _, x: x.repeat_interleave(2, dim=1), [(3, 4)], "RepeatInterleave"),
    "unbind": (lambda _, x: x.unbind(1)[1] * 2, [(3, 4)], "Unbind Scale"),
    "pad": (lambda _, x: F.pad(x, (1, 2, 0, 1)), [(3, 4, 5)], "Pad"),
    "pad, channels last": (lambda _, x: F.pad(x, (0, 0, 1, 1)), [(3, 4)], "Pad"),
    "windows": (lambda _, x: x.unfold(1, 3, 2), [(7, 2)], "UnfoldAxis"),
    "triangle": (lambda _, x: x.tril(-1), [(3, 4)], "Tril"),
    "part written": (
        lambda _, x, y: with_part(x, y),
        [(3, 4), (2,)],
        "Slice Unsqueeze SliceScatter SliceScatter",
    ),
    "part increased": (lambda _, x, y: increased(x, y), [(3, 4), (3, 3)], "Slice Add SliceScatter"),
    "cast": (lambda _, x: (x > 0).to(torch.int64).float(), [(3,)], "Compare Cast Cast"),
}
FOLDS: "dict[str, Case]" = {
    "norm": (lambda _, x: x.norm(dim=-1, keepdim=True), [(3, 4)], "Norm"),
    "p-norm": (lambda _, x: torch.linalg.vector_norm(x, 3, (1, 2)), [(3, 4, 2)], "Norm"),
    "normalize": (lambda _, x: F.normalize(x, dim=1), [(3, 4)], "Normalize"),
    "variance": (lambda _, x: x.var(1, unbiased=False), [(3, 4)], "Var"),
    "deviation": (lambda _, x: x.std(-1, keepdim=True), [(3, 4)], "Std"),
    "smallest": (lambda _, x: x.min(1).values, [(3, 4)], "Min"),
    "top": (lambda _, x: x.topk(2, -1).values, [(3, 4)], "TopK"),
    "gathered": (lambda _, x: x.gather(1, x.argmax(1, keepdim=True)), [(3, 4)], "Argmax Gather"),
    "running sum": (lambda _, x: x.cumsum(1), [(3, 4)], "Cumsum"),
}
PRODUCTS: "dict[str, Case]" = {
    "einsum": (lambda _, x, y: torch.einsum("bhd,bkd->bhk", x, y), [(3, 4), (5, 4)], "Einsum"),
    "einsum with dots": (lambda _, x, y: torch.einsum("...i,...j->...ij", x, y), [(3,), (4,)], "Einsum"),
    "attention": (
        lambda _, x: F.scaled_dot_product_attention(x, x, x, is_causal=True),
        [(2, 5, 4)],
        "ScaledDotProductAttention",
    ),
    "attention with heads put apart": (
        lambda _, x: (
            F.scaled_dot_product_attention(*(x.view(-1, 5, 2, 4).transpose(1, 2) for _ in "qkv"))
            .transpose(1, 2)
            .flatten(2)
        ),
        [(5, 8)],
        "ScaledDotProductAttention",
    ),
    "baddbmm": (
        lambda _, x, y: torch.baddbmm(x, y, y.mT, beta=0.5, alpha=2.0),
        [(3, 3), (3, 4)],
        "Transpose MatMul Scale Scale Add",
    ),
}
COMPOSED: "dict[str, Case]" = {
    "cosine similarity": (
        lambda _, x, y: F.cosine_similarity(x, y, -1),
        [(3, 4), (3, 4)],
        "Normalize Normalize Multiply Sum",
    ),
    "variance and mean": (lambda _, x: torch.var_mean(x, -1)[1], [(3, 4)], "Var Mean"),
    "one-hot": (lambda _, x: F.one_hot(x.argmax(-1), 5), [(3, 4)], "Argmax Unsqueeze Constant Compare Cast"),
    "scattered truths": (
        lambda _, x: torch.zeros_like(x).scatter(1, x.topk(2, 1).indices, 3.0),
        [(5, 2)],
        "TopK Unsqueeze Constant Unsqueeze Compare Cast Max Scale",
    ),
    "a number": (lambda _, x: (x.norm(dim=1) + 1).unsqueeze(1), [(3,)], "Norm Reshape Offset Reshape"),
    "to a number": (lambda _, x: x.sum(1, keepdim=True).squeeze(1).exp(), [(3,)], "Sum Reshape Exp"),
    "tensordot": (
        lambda _, x: torch.tensordot(x.transpose(1, 3), torch.ones(4, 3, 2), 2),
        [(3, 4, 5)],
        "Transpose Constant Einsum",
    ),
}
CASES = {**NUMBERS, **MOVES, **FOLDS, **PRODUCTS, **COMPOSED}
"""Name -> function of the module and its inputs, their shapes, the kinds of the steps."""
# A case joins as soon as its kinds are there.
THERE = [name for name, (_, _, kinds) in CASES.items() if set(kinds.split()) <= KINDS.keys()]


@pytest.mark.parametrize("name", THERE)
def test_function(name: str) -> None:
    function, shapes, kinds = CASES[name]
    assert assert_same(lambda: Calling(function), *shapes).kinds == kinds.split()


def parameter(*shape: int) -> nn.Parameter:
    """A learned tensor."""
    return nn.Parameter(torch.zeros(shape))


Held = tuple[Callable[[], nn.Module], "list[tuple[int, ...]]", str]
HOLDING: "dict[str, Held]" = {
    "scaled by a parameter": (
        lambda: Calling(lambda self, x: x * self.gamma, gamma=parameter(4)),
        [(3, 4)],
        "Parameter Multiply",
    ),
    "weight of another form": (
        lambda: Calling(lambda self, x: x @ self.weight, weight=parameter(4, 5)),
        [(3, 4)],
        "Parameter Transpose FunctionalLinear",
    ),
    "weight put together": (
        lambda: Calling(
            lambda self, x: F.linear(x, torch.cat([self.one, self.two])),
            one=parameter(2, 4),
            two=parameter(3, 4),
        ),
        [(3, 4)],
        "Parameter Parameter Concat FunctionalLinear",
    ),
    "calculated kernel": (
        lambda: Calling(
            lambda self, x: F.conv2d(x, self.kernel * 2, padding=1), kernel=parameter(4, 3, 3, 3)
        ),
        [(3, 5, 5)],
        "Parameter Scale FunctionalConv2d",
    ),
    "rows of a table": (
        lambda: Calling(
            lambda self, x: x + self.table[self.places.view(-1)].view(3, 3, 2).permute(2, 0, 1),
            table=parameter(5, 2),
            places=torch.tensor([[0, 1, 2], [1, 0, 3], [4, 4, 0]]),
        ),
        [(2, 3, 3)],
        "Parameter Constant IndexSelect Unflatten Permute Add Buffer",
    ),
    "class token and positions": (
        lambda: Calling(
            lambda self, x: torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.positions,
            token=parameter(1, 1, 4),
            positions=parameter(1, 4, 4),
        ),
        [(3, 4)],
        "ClassToken LearnedPositionalEncoding",
    ),
    "a weight used by itself too": (
        lambda: Calling(lambda self, x: self.inner(x) * self.inner.weight.t(), inner=nn.Linear(3, 3)),
        [(3, 3)],
        "Parameter Parameter FunctionalLinear Transpose Multiply",
    ),
    "standardised weight": (
        lambda: Calling(
            lambda self, x: F.conv1d(
                x,
                F.batch_norm(self.kernel.reshape(1, 4, -1), None, None, training=True, eps=1e-6).view(
                    4, 3, 3
                ),
            ),
            kernel=parameter(4, 3, 3),
        ),
        [(3, 5)],
        "Parameter Reshape LayerNorm Reshape FunctionalConv1d",
    ),
    "never used": (
        lambda: Calling(lambda self, x: self.inner(x), inner=nn.Linear(3, 3), spare=nn.Linear(3, 2)),
        [(3,)],
        "Linear Parameter Parameter",
    ),
}
"""Name -> what makes a module with parameters, the shapes of its inputs, the kinds of the steps."""
HELD = [name for name, (_, _, kinds) in HOLDING.items() if set(kinds.split()) <= KINDS.keys()]


@pytest.mark.parametrize("name", HELD)
def test_holding(name: str) -> None:
    make, shapes, kinds = HOLDING[name]
    assert assert_same(make, *shapes).kinds == kinds.split()


def test_positions_by_number() -> None:
    def make() -> nn.Module:
        return Calling(
            lambda self, ids: (
                self.words(ids) + self.places(torch.arange(ids.shape[1], device=ids.device)[None])
            ),
            words=nn.Embedding(7, 4),
            places=nn.Embedding(9, 4),
        )

    found = assert_same(make, facts.Tensor((5,), "int64"))
    assert found.kinds == ["Embedding", "LearnedPositionalEncoding"]
    assert found.only("LearnedPositionalEncoding").arguments == {"max_len": 9}
