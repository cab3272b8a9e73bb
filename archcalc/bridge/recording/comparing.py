"""Two runs, on batches of 2 and of 3 samples, beside each other: what grew is the batch."""

from collections.abc import Mapping, Sequence
from typing import cast

import torch

from archcalc.bridge.recording.contents import content
from archcalc.bridge.recording.history import Depends, NotKnown, Replay, SeenCall, SeenTensor, bounds
from archcalc.bridge.recording.places import line_place
from archcalc.bridge.recording.running import RecordedRun
from archcalc.errors import Fault
from archcalc.importing.recording import (
    Content,
    GrowingSize,
    RecordedArgument,
    RecordedCall,
    RecordedValue,
    Ref,
)

UNLIKE = "a network that does other things for more samples, as a loop over them does, cannot be read"


class Differs(Exception):  # noqa: N818  told as a Fault with its place
    """Two runs differ."""


class TwoRuns:
    """Values and calls of two runs.

    Args:
        first: on fewer samples.
        second: on more.
    """

    def __init__(self, first: RecordedRun, second: RecordedRun) -> None:
        self.first, self.second = first, second
        self.numbers: dict[int, int] = {}
        self.pairs: list[tuple[SeenTensor, SeenTensor]] = []
        self.remarks: dict[str, None] = dict(first.answers.remarks)
        self.replay = Replay()
        self.contents: dict[object, Content] = {}
        shapes = [[node.shape for node in run.inputs.values()] for run in (first, second)]
        self.alone = shapes[0] == shapes[1]
        if self.alone:
            self.remarks["no input has a batch: what is counted is one run"] = None

    def calls(self) -> tuple[RecordedCall, ...]:
        """Every call that did more than make constants.

        Raises:
            Fault: the runs differ.
        """
        mine, other = ([each for each in run.events if each.depends] for run in (self.first, self.second))
        made: list[RecordedCall] = []
        for one, two in zip(mine, other, strict=False):
            try:
                made.append(self._call(one, two))
            except Differs as differs:
                raise self._fault(one, two, str(differs)) from None
        if len(mine) != len(other):
            rest = (mine + other[len(mine) :])[min(len(mine), len(other))]
            counts = f"{len(mine)} calls, with {self.second.batch} {len(other)}"
            fact = f"with {self.first.batch} samples it makes {counts}"
            raise Fault(f"{fact}: {_told(rest)} is one of those that come besides", hint=_hint(rest))
        return tuple(made)

    def _fault(self, one: SeenCall, two: SeenCall, differs: str) -> Fault:
        if differs:
            return Fault(f"{_called(one)} depends on the number of samples: {differs}", hint=_hint(one))
        first, second = (
            f"{_told(call)} with {run.batch}" for call, run in ((one, self.first), (two, self.second))
        )
        return Fault(f"what is called depends on the number of samples: {first}, {second}", hint=_hint(one))

    def _both(self, one: object, two: object) -> Differs:
        """What arrives with either number of samples."""
        return Differs(f"{one} with {self.first.batch}, {two} with {self.second.batch}")

    def _call(self, one: SeenCall, two: SeenCall) -> RecordedCall:
        if (one.op, one.module, one.scope) != (two.op, two.module, two.scope):
            raise Differs
        slope, fixed = self.cost(one.flops, two.flops)
        return RecordedCall(
            one.op,
            one.scope,
            one.module,
            cast("tuple[RecordedArgument, ...]", self.stated(one.args, two.args)),
            cast("Mapping[str, RecordedArgument]", self.stated(dict(one.kwargs), dict(two.kwargs))),
            self.stated(one.result, two.result),
            line_place(one.frame),
            None if one.written is None or two.written is None else self.number(one.written, two.written),
            slope,
            fixed,
            one.with_gradients,
        )

    def cost(self, one: int, two: int) -> tuple[int, int]:
        """MACs of a sample, and those that do not grow."""
        if self.alone:
            return two // 2, 0
        grown = self.second.batch - self.first.batch
        slope = (two - one) // 2 // grown
        return slope, one // 2 - slope * self.first.batch

    def number(self, one: SeenTensor, two: SeenTensor) -> int:
        """Of a value in both runs."""
        if id(one) not in self.numbers:
            if len(one.shape) != len(two.shape) or one.dtype != two.dtype:
                raise self._both(f"{list(one.shape)} {one.dtype}", f"{list(two.shape)} {two.dtype}")
            self.numbers[id(one)] = len(self.pairs)
            self.pairs.append((one, two))
        elif self.pairs[self.numbers[id(one)]][1] is not two:
            raise Differs("it gets other tensors")
        return self.numbers[id(one)]

    def stated(self, one: object, two: object) -> RecordedArgument:
        """An argument of both runs."""
        if isinstance(one, SeenTensor) and isinstance(two, SeenTensor):
            return Ref(self.number(one, two))
        if isinstance(one, SeenTensor) or isinstance(two, SeenTensor):
            raise Differs("it gets a tensor with one of them only")
        if isinstance(one, int) and isinstance(two, int) and not isinstance(one, bool):
            return self.grown(one, two)
        if isinstance(one, bool | str | float) or one is None:
            return self._equal(one, two)
        return self._structure(one, two) if _has_parts(one) else _word(one)

    def _structure(self, one: object, two: object) -> RecordedArgument:
        unlike = self._both(type(one).__name__, type(two).__name__)
        if isinstance(one, slice) and isinstance(two, slice):
            ends = zip(bounds(cast("object", one)), bounds(cast("object", two)), strict=True)
            return slice(*(self.stated(*pair) for pair in ends))
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            return self._mapping(cast("Mapping[object, object]", one), cast("Mapping[object, object]", two))
        if isinstance(one, list | tuple | range) and isinstance(two, list | tuple | range):
            mine, other = cast("Sequence[object]", one), cast("Sequence[object]", two)
            if len(mine) != len(other):
                raise self._both(f"{len(mine)} parts", f"{len(other)} parts")
            return tuple(self.stated(*pair) for pair in zip(mine, other, strict=True))
        raise unlike

    def _equal(self, one: "float | str | bool | None", two: object) -> RecordedArgument:
        if one != two and one == one:  # noqa: PLR0124  nan
            if isinstance(one, float) and isinstance(two, float):
                self.remarks[f"a number is {one!r} with {self.first.batch} samples and {two!r} with more"] = (
                    None
                )
            else:
                raise self._both(repr(one), repr(two))
        return one

    def _mapping(self, one: Mapping[object, object], two: Mapping[object, object]) -> RecordedArgument:
        if list(one) != list(two):
            raise self._both(", ".join(map(str, one)), ", ".join(map(str, two)))
        return {str(key): self.stated(one[key], two[key]) for key in one if key != "device"}

    def grown(self, one: int, two: int) -> "int | GrowingSize":
        """A whole number of both runs."""
        if one == two:
            return one
        slope, over = divmod(two - one, self.second.batch - self.first.batch)
        if over:
            raise self._both(one, two)
        return GrowingSize(slope, one - slope * self.first.batch)

    def values(self) -> tuple[RecordedValue, ...]:
        """Every tensor that was numbered."""
        return tuple(self._value(*pair) for pair in self.pairs)

    def _value(self, one: SeenTensor, two: SeenTensor) -> RecordedValue:
        sizes = tuple(self.grown(*pair) for pair in zip(one.shape, two.shape, strict=True))
        constant = one.depends == Depends.CONSTANT
        known = self._content(one) if constant or (one.name and one.sources) else None
        return RecordedValue(
            sizes,
            one.dtype,
            one.name,
            constant,
            known,
            tuple(sorted(one.sources - {one.name})),
            one.requires_grad,
        )

    def _content(self, node: SeenTensor) -> Content | None:
        """What is in a constant; the views of a table are looked at once."""
        try:
            numbers = self.replay.numbers(node)
        except NotKnown:
            return None
        layout = tuple(pair for pair in zip(numbers.shape, numbers.stride(), strict=True) if pair[0] > 1)
        key = (numbers.data_ptr(), numbers.dtype, layout)
        if key not in self.contents:
            self.contents[key] = content(numbers)
        return self.contents[key]


def _has_parts(value: object) -> bool:
    return isinstance(value, slice | Mapping | list | tuple | range)


def _word(value: object) -> RecordedArgument:
    """What is no number and no tensor, as a word."""
    if value is Ellipsis:
        return "..."
    if isinstance(value, torch.dtype | torch.memory_format | torch.layout):
        return str(value).removeprefix("torch.")
    if isinstance(value, torch.device):
        return None
    if isinstance(value, complex):
        return str(value)
    return cast("str", getattr(value, "__name__", type(value).__name__))


def _told(event: SeenCall) -> str:
    at = line_place(event.frame)
    return f"{_called(event)} at {at.file}:{at.line}" if at else _called(event)


def _called(event: SeenCall) -> str:
    return event.module or event.op


def _hint(event: SeenCall) -> str:
    """What to do, and where in Python the runs part."""
    at = line_place(event.frame)
    return f"{UNLIKE}\nat {at.file}:{at.line}" if at else UNLIKE
