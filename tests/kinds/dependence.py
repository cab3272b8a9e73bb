"""What the outputs of a layer really depend on: one number of an input is changed at a time.

All changed samples are one batch, so that a single pass tells every pair of an input's place and an output's
unit; where the samples of a batch meet each other (statistics of a batch, one mask for all), a pass each.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from math import prod
from typing import NamedTuple, cast
from unittest import mock

import torch
from torch import Tensor

from archcalc.bridge.modules.graph import GRAPHS
from archcalc.bridge.table import called as run
from archcalc.facts import Facts
from tests.kinds.drawing import Sample
from tests.kinds.torch_modules import module
from tests.kinds.whole_numbers import CHANGED, MADE, Draw, any_numbers, next_number

BUMPS = (3.0, -3.0)
"""Added to a number between 0.5 and 1.5: it becomes the largest, or the smallest, and leaves what is flat."""
NOISE = 1e-11
ROWS = 400
"""Samples of one pass."""
Rows = tuple[Tensor, ...]


class Found(NamedTuple):
    """Of one output and one input.

    Args:
        depends: (*place, *unit), whether the unit's number is another one after a change at the place.
        tried: (*place), whether another number could stand there.
    """

    depends: Tensor
    tried: Tensor


class Subject:
    """A sample's torch module with random weights, on one random sample."""

    def __init__(self, kind: str, sample: Sample, facts: Facts, seed: int, attempt: int) -> None:
        self.kind, self.sample = kind, sample
        self.drawn = False
        self.attends = facts.attention is not None
        self.seed, self.bump = seed + attempt, BUMPS[attempt % 2]
        self.output = next(iter(facts.outputs.values())).shape
        self.layer = module(kind, sample).double().eval()
        # A graph is the same one in every attempt: what is near a node is in it.
        self.chance, self.same = (torch.Generator().manual_seed(start) for start in (self.seed, seed))
        self.base = tuple(self._input(index) for index in range(len(sample.shapes)))
        # Every other pair of attempts: positive weights alone may shift all that a softmax compares.
        self._weigh(signed=attempt % 4 > 1)

    def _weigh(self, *, signed: bool) -> None:
        """Weights around 1 over the numbers that they add up, so that nothing is flat; small biases."""
        for name, weight in self.layer.named_parameters():
            numbers = torch.rand(weight.shape, generator=self.chance, dtype=torch.float64) + 0.5
            if weight.dim() > 1:
                signs = torch.randint(0, 2, weight.shape, generator=self.chance) * 2 - 1
                numbers = numbers * (signs if signed else 1) / prod(weight.shape[1:])
            weight.data.copy_(numbers / 10 if "bias" in name else numbers)

    def _input(self, index: int) -> Tensor:
        shape, dtype = self.sample.arriving[index]
        if dtype == "bool":
            # A query that asks no key gets no number.
            share = 1.0 if self.attends else 0.5
            return torch.rand(shape, generator=self.chance) < share
        if dtype.startswith("float"):
            return torch.rand(shape, generator=self.chance, dtype=torch.float64) + 0.5
        made = MADE.get(self.kind, any_numbers)(self._draw(index))
        return made.to(cast("torch.dtype", getattr(torch, dtype)))

    def _draw(self, index: int) -> Draw:
        return Draw(self.sample, index, self.output, self.same if self.kind in GRAPHS else self.chance)

    def changed(self, index: int) -> tuple[Tensor, Tensor]:
        """(places, *shape): the input with another number at one place; (places): whether there is one."""
        base = self.base[index]
        rows = base.expand(base.numel(), *base.shape).clone()
        flat = rows.view(len(rows), -1)
        if base.is_floating_point():
            flat.diagonal().add_(self.bump)
        elif base.dtype == torch.bool:
            flat.diagonal().logical_not_()
        else:
            change = CHANGED.get(self.kind, next_number)
            tried = [change(self._draw(index), row, place) for place, row in enumerate(rows)]
            return rows, torch.tensor(tried)
        return rows, torch.ones(len(rows), dtype=torch.bool)

    def outputs(self, *rows: Tensor) -> Rows:
        """The layer on a batch."""
        with one_draw(self.seed) as draws, torch.no_grad():
            found = run(self.layer, *(row.clone() for row in rows))
        self.drawn = bool(draws)
        return found

    def alone(self, *row: Tensor) -> Rows:
        """The outputs of one sample, with the unchanged one beside it in the batch."""
        pairs = (torch.stack(pair) for pair in zip(row, self.base, strict=True))
        return tuple(output[0] for output in self.outputs(*pairs))

    def together(self, rows: Rows) -> Rows:
        """The outputs of many samples, behind a strange one."""
        mixed = (torch.cat([strange(row[:1]), row]) for row in rows)
        return tuple(output[1:] for output in self.outputs(*mixed))

    def all_outputs(self, rows: Rows) -> Rows:
        """The outputs of many samples, of which none has an influence on another one."""
        base = tuple(one[None] for one in self.base)
        plain = zip(self.alone(*self.base), self.together(base), strict=True)
        if all(same(one, many[0]).all() for one, many in plain):
            parts = [
                self.together(tuple(row[at : at + ROWS] for row in rows))
                for at in range(0, len(rows[0]), ROWS)
            ]
        else:
            parts = [tuple(one[None] for one in self.alone(*row)) for row in zip(*rows, strict=True)]
        return tuple(torch.cat(found) for found in zip(*parts, strict=True))

    def look(self) -> list[list[Found]]:
        """For every output what was found of every input."""
        looks = [self.changed(index) for index in range(len(self.base))]
        counts = [len(rows) for rows, _ in looks]
        columns = (
            torch.cat(
                [rows if at == index else base.expand(count, *base.shape) for at, count in enumerate(counts)]
            )
            for index, (base, (rows, _)) in enumerate(zip(self.base, looks, strict=True))
        )
        found: list[list[Found]] = []
        for plain, results in zip(self.alone(*self.base), self.all_outputs(tuple(columns)), strict=True):
            per_input = torch.split(~same(results, plain), counts)
            found.append(
                [
                    Found(each.view(*shape, *plain.shape), tried.view(shape))
                    for each, shape, (_, tried) in zip(per_input, self.sample.shapes, looks, strict=True)
                ]
            )
        return found


def strange(row: Tensor) -> Tensor:
    """Another sample; the same whole numbers, which have to fit each other."""
    if row.dtype == torch.bool:
        return ~row
    return row + torch.rand(row.shape, dtype=row.dtype) if row.is_floating_point() else row


def same(one: Tensor, other: Tensor) -> Tensor:
    """Where two results are the same number but for rounding."""
    if not one.is_floating_point():
        return one == other
    return torch.isclose(one, other, NOISE, NOISE, equal_nan=True)


@contextmanager
def one_draw(seed: int) -> Generator[list[str]]:
    """All samples of a batch draw the same random numbers, and so does every pass; gives what was drawn."""
    rand = cast("Callable[..., Tensor]", torch.rand)
    draws: list[str] = []

    def alike(*size: int, **more: object) -> Tensor:
        draws.append("uniform")
        return rand(1, *size[1:], **more).expand(*size).clone()

    def normal(tensor: Tensor) -> Tensor:
        draws.append("normal")
        return torch.randn(tensor[:1].shape, dtype=tensor.dtype).expand_as(tensor)

    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]  # torch leaves it untyped
    with mock.patch.object(torch, "rand", alike), mock.patch.object(torch, "randn_like", normal):
        yield draws
