"""Modules as people write them: what is special to each is read, and calculates what the module does."""

# Functions of modules that are whatever a case makes them: their lambdas have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportAttributeAccessIssue=false

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.parameter import is_lazy

from archcalc import facts
from tests.importing.reading import Calling, assert_same, imported

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

F = functional
IDS = facts.Tensor((3,), "int64")


def shared_weight() -> nn.Module:
    """The weight of one Linear is that of another, whose bias is not: `out.weight = encoder.weight`."""
    inner, out = nn.Linear(4, 4), nn.Linear(4, 4)
    out.weight = inner.weight
    return Calling(lambda self, x: self.out(F.relu(self.inner(x))), inner=inner, out=out)


def test_a_shared_weight_leaves_each_layer_its_own_bias() -> None:
    """A tie of the layers would share the bias too, and lose a parameter."""
    found = assert_same(shared_weight, (3, 4))
    assert found.agreement.params == 4 * 4 + 4 + 4


CASES: "dict[str, tuple[Callable[[], nn.Module], list[facts.Tensor]]]" = {
    "one id a sample": (
        lambda: Calling(lambda self, x: self.table(x[:, 1]), table=nn.Embedding(5, 4)),
        [IDS],
    ),
    "a token at a time": (
        lambda: Calling(
            lambda self, x: torch.stack([self.table(x.t()[i].unsqueeze(0)).squeeze(0) for i in range(3)], 1),
            table=nn.Embedding(5, 4),
        ),
        [IDS],
    ),
    "a time step a sample": (
        lambda: Calling(
            lambda self, x, t: x * self.of_time(t[:, None].float().sin()), of_time=nn.Linear(1, 3)
        ),
        [facts.Tensor((3,)), facts.Tensor((), "int64")],
    ),
    "pairwise distance": (
        lambda: Calling(lambda _, x, y: F.pairwise_distance(x, y)),
        [facts.Tensor((3,)), facts.Tensor((3,))],
    ),
    "pairwise distance, p and keepdim": (
        lambda: Calling(lambda _, x, y: F.pairwise_distance(x, y, p=1.0, eps=0.0, keepdim=True)),
        [facts.Tensor((2, 3)), facts.Tensor((2, 3))],
    ),
    "old weight_norm": (
        lambda: nn.Sequential(nn.utils.weight_norm(nn.Conv1d(2, 4, 3)), nn.ReLU()),
        [facts.Tensor((2, 9))],
    ),
    "old weight_norm of another axis": (
        lambda: nn.Sequential(nn.utils.weight_norm(nn.Linear(3, 4), dim=1), nn.ReLU()),
        [facts.Tensor((3,))],
    ),
    "old spectral_norm": (
        lambda: nn.Sequential(nn.utils.spectral_norm(nn.Conv2d(2, 4, 3)), nn.ReLU()),
        [facts.Tensor((2, 5, 5))],
    ),
    "bilinear": (
        lambda: Calling(lambda self, x, y: self.b(x, y).relu(), b=nn.Bilinear(4, 5, 6)),
        [facts.Tensor((4,)), facts.Tensor((5,))],
    ),
}


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
@pytest.mark.parametrize("name", CASES)
def test_what_people_write_is_the_same_network(name: str) -> None:
    """Tensors, shapes, MACs and numbers."""
    make, inputs = CASES[name]
    assert_same(make, *inputs)


def test_noise_is_a_constant() -> None:
    """`eps = torch.randn_like(std)` takes a shape, and no numbers that anything comes from."""
    found = imported(
        lambda: Calling(lambda self, x: x + torch.randn_like(self.f(x)), f=nn.Linear(3, 3)), (3,)
    )
    assert found.agreement.exact
    assert found.kinds == ["Linear", "Constant", "Add"]


class Asking(nn.Module):
    """Looks at numbers on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: "Tensor") -> object:
        """By what is in x."""
        assert not torch.isnan(x).any()
        if x.abs().mean() > 0:
            x = self.one(x)
        return self.other(x * 2 if x.max() > x.min() else x)


def test_what_only_python_asked_for_is_no_layer() -> None:
    """Truths that an `if` or an `assert` asked for, and sums made for them, stay out of the network."""
    found = imported(Asking, (4,))
    assert found.agreement.exact
    assert found.kinds == ["Linear", "Linear"]  # ones are as large as ones
    assert not found.trace.findings


def codebook(self: Any, x: "Tensor") -> object:  # noqa: ANN401
    """Products with every row of a table, and the table again."""
    return F.linear(x @ self.table, self.table) @ self.table.t().t()


def test_a_weight_that_is_turned_over_for_a_product_leaves_nothing_behind() -> None:
    """Its transposition is that of the product, which has taken it over."""
    found = imported(lambda: Calling(codebook, table=nn.Parameter(torch.ones(4, 3))), (4,))
    assert found.agreement.exact
    assert not found.trace.findings, found.kinds


def test_a_result_that_is_forgotten_is_still_told() -> None:
    """`functional.relu(x)` without a place for its result is a mistake, and no question."""

    def forgetting(self: Any, x: "Tensor") -> object:  # noqa: ANN401
        F.relu(x)
        return self.f(x)

    found = imported(lambda: Calling(forgetting, f=nn.Linear(3, 3)), (3,))
    assert [each.what for each in found.trace.findings] == ["nothing reads its output"]


class Positions(nn.Module):
    """Ids of positions in a buffer, as BERT has them."""

    ids: "Tensor"

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(9, 4), nn.Embedding(8, 4)
        self.register_buffer("ids", torch.arange(8).expand(1, -1), persistent=False)
        self.register_buffer("never", torch.zeros(3))

    def forward(self, tokens: "Tensor") -> object:
        """Words and where they stand."""
        return self.words(tokens) + self.places(self.ids[:, : tokens.size(1)])


def test_a_buffer_that_constants_are_made_of_is_read() -> None:
    """And one that nothing looks at is told."""
    found = imported(Positions, IDS)
    assert found.agreement.exact
    assert [each.source for each in found.trace.findings] == ["never"]


class Experts(nn.Module):
    """Each expert reads the rows that are sent to it; the run sends none to the last."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(4, 3)
        self.experts = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

    def forward(self, x: "Tensor") -> "Tensor":
        """Row by row."""
        chosen = self.gate(x).topk(1, -1).indices
        out = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            rows, _ = torch.where(chosen == number)
            out[rows] += expert(x[rows])
        return out


def test_an_expert_that_gets_no_rows_keeps_its_weights() -> None:
    """Sizes of 0 stand in Opaque layers."""
    found = imported(Experts, (4,))
    assert found.agreement.exact
    assert found.agreement.params == 4 * 3 + 3 + 3 * (4 * 4 + 4)
    assert not found.agreement.unused


def test_complex_numbers_are_opaque() -> None:
    """A spectrum has a dtype of its own, and products with it keep this."""

    def mixing(self: Any, x: "Tensor") -> object:  # noqa: ANN401
        spectrum = torch.fft.rfft(x) * torch.view_as_complex(self.w)
        return torch.fft.irfft(spectrum, n=x.shape[-1])

    found = imported(lambda: Calling(mixing, w=nn.Parameter(torch.ones(5, 2))), (8,))
    assert found.agreement.exact
    assert found.kinds == ["Opaque", "Parameter", "Opaque", "Multiply", "Opaque"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Conv2d(2, 4, 3))),
        lambda: nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d()),
    ],
)
def test_how_weights_are_made_is_no_remark(make: "Callable[[], nn.Module]") -> None:
    """Power iterations and lazy statistics change tensors while a module is built, not while it runs."""
    assert not imported(make, (2, 5, 5)).recording.remarks


LAZY = nn.Sequential(
    nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.LazyLinear(3), nn.LazyBatchNorm1d()
)


def test_a_lazy_module_that_is_there_already_is_read_as_it_is() -> None:
    """Its shapes come of a run of a copy; the module itself stays lazy."""
    found = imported(lambda: LAZY, (2, 5, 5))
    assert found.agreement.exact
    assert found.trace.layers[-2].facts.weights["weight"] == (3, 36)
    assert all(map(is_lazy, LAZY[3].parameters()))
