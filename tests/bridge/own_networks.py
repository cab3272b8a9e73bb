"""Modules as a user may have written them, which ``archcalc verify --against`` is given by name."""

import sys
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from archcalc.bridge.libraries import imported

NOT_A_MODULE = 3
READY = nn.Linear(8, 4)


class Small(nn.Module):
    """A network whose parts may differ from the spec of the tests."""

    def __init__(self, stride: int = 2, width: int = 8, *, bias: bool = True, extra: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, 16, 3, padding=1, bias=bias)
        self.pool = nn.AdaptiveAvgPool2d(1)
        if extra:
            self.conv2.register_parameter("gain", nn.Parameter(torch.ones(16)))
            self.unused = nn.Linear(5, 6)
        self.fc = nn.Linear(16, 10)

    def forward(self, image: Tensor) -> Tensor:
        """N x 3 x H x W -> N x 10."""
        hidden = self.bn1(self.conv1(image)).relu()
        return torch.as_tensor(self.fc(self.pool(self.conv2(hidden).relu()).flatten(1)))


def numbered(*, bias: bool = True, stride: int = 2, kernel: int = 3) -> nn.Module:
    """The same under the numbers of a Sequential."""
    return nn.Sequential(
        nn.Conv2d(3, 8, kernel, stride=stride, padding=kernel // 2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1, bias=bias),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )


class NeedsNumbers(Small):
    """One that can neither be built nor run without numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.least = float(self.fc.weight.min().item())

    def forward(self, image: Tensor) -> Tensor:
        """As Small; asks for numbers on the way."""
        print("a line of the user's own")  # noqa: T201  as users do
        return super().forward(image) if image.sum() > self.least - 1e9 else image


class Alike(nn.Module):
    """Two convolutions of one shape, a pool and a head, wired by an argument."""

    def __init__(self, wiring: str = "plain", *, crop: bool = False) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.pool: nn.Module = nn.MaxPool2d(2)
        self.fc = nn.Linear(36, 5)
        self.wiring = wiring
        self.crop = crop

    def forward(self, image: Tensor) -> Tensor:
        """N x 4 x 6 x 6 -> N x 5."""
        if self.wiring == "swapped":
            hidden = self.first(self.second(image))
        elif self.wiring == "skipping":
            hidden = self.first(image)
        else:
            hidden = self.second(self.first(image))
        scores = self.fc(self.pool(hidden).flatten(1))
        return torch.as_tensor(scores[:, :4] if self.crop else scores)


@dataclass
class Scores:
    """What a network may return that is no tensor."""

    scores: Tensor


class Recording(Alike):
    """One that returns a record."""

    def forward(self, image: Tensor) -> Scores:  # type: ignore[override]  # as users do
        """As Alike."""
        return Scores(super().forward(image))


def swapped() -> nn.Module:
    """The second first."""
    return Alike("swapped")


def skipping() -> nn.Module:
    """Without the second."""
    return Alike("skipping")


def cropped() -> nn.Module:
    """Something behind the last layer."""
    return Alike(crop=True)


def record() -> nn.Module:
    """The same in a record."""
    return Recording(crop=True)


def dilated() -> nn.Module:
    """The same shapes from farther away."""
    made = Alike()
    made.first = nn.Conv2d(4, 4, 3, padding=2, dilation=2)
    return made


def circular() -> nn.Module:
    """Other borders."""
    made = Alike()
    made.first = nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular")
    return made


def averaged() -> nn.Module:
    """Another pool."""
    made = Alike()
    made.pool = nn.AvgPool2d(2)
    return made


def halved() -> nn.Module:
    """In half precision."""
    return Alike().to(torch.bfloat16)


def scripted() -> nn.Module:
    """A module whose parts cannot be watched, as torch.jit makes it."""
    plain = nn.Sequential()
    for name, layer in Alike().named_children():
        if name == "fc":
            plain.add_module("flat", nn.Flatten())
        plain.add_module(name, layer)
    return torch.jit.trace(plain, torch.zeros(2, 4, 6, 6))  # type: ignore[no-any-return, no-untyped-call]  # torch leaves it open


class Tied(nn.Module):
    """A table of tokens and a head, which may be one."""

    def __init__(self, *, tied: bool = True, head: bool = True) -> None:
        super().__init__()
        self.table = nn.Embedding(20, 8)
        self.head = nn.Linear(8, 20, bias=False) if head else None
        if tied and self.head is not None:
            self.head.weight = self.table.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """N x T -> N x T x 20."""
        hidden = self.table(tokens)
        return hidden @ self.table.weight.T if self.head is None else torch.as_tensor(self.head(hidden))


class Sequences(nn.Module):
    """Layers whose outputs have the batch elsewhere, and a Transformer's layer, which torch may fuse."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = nn.Embedding(6, 8)
        self.lstm = nn.LSTM(8, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.last = nn.Linear(8, 3)
        self.register_buffer("mask", torch.ones(6, 6), persistent=False)

    def forward(self, sequence: Tensor) -> dict[str, Tensor]:
        """N x 6 x 8 -> N x 6 x 3."""
        placed = sequence + self.positions(torch.arange(6))
        steps, _ = self.lstm(placed.transpose(0, 1))
        behind = self.layer(steps.transpose(0, 1))
        return {"logits": self.last(behind.flatten(0, 1)).unflatten(0, (-1, 6))}


class SequencesWithNumbers(Sequences):
    """The same, which has to be run on the CPU."""

    def forward(self, sequence: Tensor) -> dict[str, Tensor]:
        """As Sequences; asks for numbers on the way."""
        return super().forward(sequence) if sequence.sum().item() > 0 else {}


class TwoNames(Tied):
    """The head, which is the table, under a name more than the spec has."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(self.table)


class Router(nn.Module):
    """Outputs in another order than the spec has them, or one of them alone."""

    def __init__(self, *, both: bool = True) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 5, batch_first=True)
        self.router = Swapped(both=both)

    def forward(self, sequence: Tensor) -> Tensor:
        """N x 6 x 8 -> N x 6 x 4."""
        hidden, _ = self.lstm(sequence)
        return torch.as_tensor(self.router(hidden)[-1])


class Swapped(nn.Module):
    """Logits, the two largest, and which these are."""

    def __init__(self, *, both: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 5))
        self.both = both

    def forward(self, hidden: Tensor) -> tuple[Tensor, ...]:
        """N x T x 5 -> N T x 4, and twice N T x 2."""
        logits = (hidden @ self.weight.T).flatten(0, 1)
        scores, indices = logits.topk(2)
        return (logits, scores, indices) if self.both else (scores,)


class Huge(nn.Module):
    """One that no memory holds."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(10**7, 10**7)

    def forward(self, wide: Tensor) -> Tensor:
        """N x 10^7 -> N x 10^7."""
        return torch.as_tensor(self.fc(wide))


def raises(message: str = "no such\nlayer") -> nn.Module:
    """A factory that fails."""
    raise ValueError(message)


def leaves() -> nn.Module:
    """A factory that ends the process."""
    sys.exit(7)


def gpt2(**arguments: object) -> nn.Module:
    """GPT-2 of transformers."""
    transformers = imported("transformers")
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**arguments))  # type: ignore[no-any-return]  # untyped


def gpt2_body() -> nn.Module:
    """GPT-2 without its head."""
    transformers = imported("transformers")
    return transformers.GPT2Model(transformers.GPT2Config())  # type: ignore[no-any-return]  # untyped
