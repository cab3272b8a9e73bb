"""Small networks, each with something that a record may get wrong."""

# Written as users write them: torch leaves what modules give open.
# mypy: disable-error-code="no-any-return, no-untyped-call"
# pyright: basic

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Net(nn.Module):
    """A network of a few layers of 4 features."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(4, 4)
        self.two = nn.Linear(4, 4)


class Residual(Net):
    """Dropout and Identity return the very tensor that they get."""

    def __init__(self) -> None:
        super().__init__()
        self.drop, self.same = nn.Dropout(0.5), nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        there = self.one(x)
        return there + self.two(functional.dropout(self.same(self.drop(there)), 0.25, self.training))


class Aliased(Net):
    """What Dropout returns is changed in place, and with it what it got."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        there = self.one(x)
        self.drop(there).relu_()
        return self.two(there)


class InPlace(Net):
    """Values that change under one name."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        there = self.one(x)
        before = there * 2
        there += x
        functional.relu(there, inplace=True)
        there[:, 1] = 0
        part = there[:, 2:]
        part.mul_(3)
        return self.two(there) + before


class Viewed(Net):
    """A view is read after what it views was changed."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 2 x 2."""
        there = self.one(x)
        view = there.view(-1, 2, 2)
        there.add_(1)
        return view.exp()


class ThroughViews(Net):
    """What is viewed is read after its views were changed, of which one can be turned back."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        there = self.one(x)
        there.view(-1, 2, 2).add_(1)
        other = self.two(there)
        other.mT.mul_(2)
        return other + x


class Shared(nn.Module):
    """One module under two names, called twice, and a parameter under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(4, 4, bias=False))
        self.second = nn.Sequential(self.first[0])
        self.third = nn.Linear(4, 4, bias=False)
        self.third.weight = self.first.get_parameter("0.weight")

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        return self.third(self.second(self.first(x)))


class Constants(nn.Module):
    """Tensors that depend on nothing."""

    rates: Tensor
    table: Tensor

    def __init__(self) -> None:
        super().__init__()
        rates = 1.0 / 10000 ** (torch.arange(0, 8, 2).float() / 8)
        self.register_buffer("rates", rates, persistent=False)
        self.register_buffer("table", torch.arange(6)[:, None] - torch.arange(6)[None, :])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """N x 6 x 8 -> tensors that read a constant each."""
        length = x.shape[1]
        angles = torch.arange(length, device=x.device)[:, None] * self.rates
        angles = torch.cat([angles, angles], dim=-1)
        causal = torch.ones(length, length, device=x.device).tril().bool()
        hidden = torch.full((length, length), float("-inf")).triu(1)
        band = causal & ~torch.ones(length, length, dtype=torch.bool).tril(-3)
        mask = torch.zeros(length, 8)
        mask[1:] = 2
        return (
            x * angles.cos(),
            x * angles.sin(),
            x.masked_fill(causal[:, :1], 0) + torch.where(causal, 1.0, 0.0)[0, 0],
            x @ x.mT + hidden,
            torch.where(band, x @ x.mT, torch.zeros_like(hidden)),
            x[:, torch.arange(length)],
            x * mask,
            x + torch.full((x.shape[0], 1, 8), 3.0),
            (x @ x.mT)[:, self.table[0].abs()],
        )


class Steered(Net):
    """Python that asks for numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.rates = [rate.item() for rate in torch.linspace(0, 0.5, 3)]
        self.drop = nn.Dropout(self.rates[1])

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        mask = torch.ones(4, device=x.device)
        if mask.all() and int(mask.sum()) == 4 and float(mask[0]) == 1.0 and mask.tolist() == [1.0] * 4:
            x = self.one(x)
        if torch.isnan(x).any():
            x = self.two(x)
        return self.drop(x)


class Pair(NamedTuple):
    """Two results."""

    left: Tensor
    right: Tensor


class Structured(Net):
    """Results in dicts, tuples, lists, and None; arguments by name."""

    def forward(self, x: Tensor, *, other: Tensor) -> dict[str, object]:
        """N x 4, N x 3 -> several."""
        low, high = x.max(dim=1)
        pieces = self.one(input=x).split([1, 3], dim=1)
        return {"pair": Pair(low, high), "parts": [pieces[1], None], "sum": torch.cat((x, other), 1), "n": 3}


class Moved(nn.Module):
    """The batch is the second axis for a while, and joined with another one."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(4, 6)
        self.bn = nn.BatchNorm1d(6)

    def forward(self, x: Tensor) -> Tensor:
        """N x T x 4 -> N T x 6."""
        steps, (_, _) = self.rnn(x.transpose(0, 1))
        return self.bn(steps.transpose(0, 1).reshape(-1, 6)).view(x.shape[0] * x.shape[1], 6)


class Owner(nn.Module):
    """Weights that are read beside their modules."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.gain = nn.Parameter(torch.ones(4))
        self.normed = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))
        self.old = nn.utils.weight_norm(nn.Linear(4, 4))
        self.unread = nn.Parameter(torch.ones(2))

    def forward(self, ids: Tensor) -> Tensor:
        """N x T -> N x T x 10."""
        there = self.old(self.normed(self.embed(ids))) * self.gain
        return functional.linear(there, self.embed.weight)


class Operators(nn.Module):
    """Operators and attributes that are functions of torch, and sizes that are none."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 3 x 3 -> N x 3 x 3."""
        turned = (1 - x.mT) / 2 + (-x) ** 2
        left, right, last = turned.unbind(-1)
        assert x.shape[0] == x.size(0) == len(x)
        assert x.dim() == x.ndim
        return torch.stack((left, right, last), -1) @ turned.float()


class Attending(nn.Module):
    """Torch's attention in the fused form."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(8, 24)

    def forward(self, x: Tensor) -> Tensor:
        """N x T x 8 -> N x T x 8."""
        query, key, value = self.qkv(x).view(x.shape[0], -1, 3, 2, 4).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return mixed.transpose(1, 2).flatten(2)


class Widened(nn.Conv2d):
    """A convolution that is called as its parent, with a parameter that nobody reads."""

    def __init__(self) -> None:
        super().__init__(3, 4, 3)
        self.gain = nn.Parameter(torch.ones(1))


class Scaled(nn.Conv2d):
    """A convolution that does something of its own."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  torch's name
        """Twice the weights."""
        return functional.conv2d(input, self.weight * 2, self.bias)


class Wide(nn.Conv2d):
    """A convolution whose forward is torch's, and what it calls is not."""

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:  # noqa: A002  torch's name
        return super()._conv_forward(input, weight * 2, bias)


class Looping(Net):
    """A loop over the samples."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        return torch.stack([self.one(sample) for sample in x])


class Failing(nn.Module):
    """A convolution of other channels than arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3),
            nn.Conv2d(9, 8, 3),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Never gets there."""
        return self.body(image)


class Caught(Net):
    """An error that the network expects."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        try:
            there = self.one(x[:, :3])
        except RuntimeError:
            there = x + 1
        return self.two(there)


class Selecting(Net):
    """Shapes that depend on the numbers of a constant."""

    kept: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kept", torch.tensor([True, False, True, True]))

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 3."""
        return x[:, self.kept]


class OfGraphs(nn.Module):
    """A layer over the edges of a graph."""

    def __init__(self) -> None:
        super().__init__()
        from torch_geometric.nn import GCNConv

        self.conv = GCNConv(4, 6)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """V x 4, 2 x E -> V x 6."""
        return self.conv(x, edge_index).relu()


@cache
def steps(length: int) -> Tensor:
    """Kept from one run to the next."""
    return torch.arange(length)


class Keeping(nn.Module):
    """Reads a constant that is made once for all."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        return x[:, steps(x.shape[1])]


class Straight(torch.autograd.Function):
    """Rounds, and hands gradients on."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        """Round."""
        del ctx
        return x.round()


class Rounding(Net):
    """A function with a gradient of its own."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        return self.two(Straight.apply(self.one(x)))


class Counting(Net):
    """A cache that makes the second forward another one, and a number that goes to NumPy."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        if self.cache is None:
            self.cache = self.one(x)
        return self.two(x) + self.cache


class Numeric(Net):
    """Runs on the CPU alone: NumPy takes part."""

    def forward(self, x: Tensor) -> Tensor:
        """N x 4 -> N x 4."""
        return self.two(torch.from_numpy(self.one(x).detach().numpy() * 2))


READY = Counting()


def raising() -> nn.Module:
    """A factory that raises."""
    raise ValueError("no such size")


def numberless() -> int:
    """A factory of something else."""
    return 3
