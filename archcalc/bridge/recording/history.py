"""What every tensor of a run is made of, and its numbers, calculated anew where they are asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from enum import IntEnum
from math import prod
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from archcalc.facts import Shape
from archcalc.records import dataclass

Structure = TypeVar("Structure")
MAX_REPLAYED = 1 << 24
"""Numbers of the largest tensor that is calculated anew."""
MAX_STEPS = 20_000
"""Calls in a history that is calculated anew."""
CPU = torch.device("cpu")


class Depends(IntEnum):
    """What the numbers of a tensor depend on, the strongest of all that it is made of."""

    CONSTANT = 0
    WEIGHTS = 1
    DATA = 2


@dataclass(slots=True, eq=False)
class SeenCall:
    """One call that was seen, with ``Node`` in place of every tensor.

    Args:
        op: full name of the function or of the module's class.
        run: what calculates it anew; None: nothing can.
        args: by position.
        kwargs: by name.
        scope: names of the modules around, the innermost last.
        module: name of the module that was called; None: a function.
        frame: file and line that called.
        result: what came back.
        written: what it changed in place, as it was before.
        flops: as torch counts them.
        with_gradients: torch followed it for a backward pass, outside of ``no_grad``.
    """

    op: str
    run: "Callable[..., object] | None"
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    scope: str
    module: str | None
    frame: "tuple[str, int] | None"
    result: object = None
    written: "SeenTensor | None" = None
    flops: int = 0
    depends: Depends = Depends.CONSTANT
    with_gradients: bool = True


@dataclass(slots=True, eq=False)
class SeenTensor:
    """One value of a run: a tensor between two changes in place.

    Args:
        shape: with the batch.
        dtype: torch's name of it.
        depends: on what.
        name: of the input, the parameter or the buffer that it is.
        made: the call that made it; None: it was there.
        path: where it stands in what the call gave; None: it is what the call changed.
        numbers: on the CPU, as far as they are known.
        sources: names of the buffers that it is made of.
        requires_grad: as torch has it; None: nobody asked.
    """

    shape: Shape
    dtype: str
    depends: Depends
    name: str = ""
    made: SeenCall | None = None
    path: "tuple[object, ...] | None" = ()
    numbers: Tensor | None = None
    sources: frozenset[str] = field(default=frozenset())
    requires_grad: bool | None = None

    def __deepcopy__(self, memo: object) -> "SeenTensor":
        """Itself: a copy of a tensor has the same history."""
        return self


def swapped(
    value: object, one: "Callable[[Tensor], object]", node: "Callable[[SeenTensor], object] | None" = None
) -> object:
    """The same lists, tuples and mappings with something else in place of tensors (or of nodes)."""
    if isinstance(value, Tensor):
        return one(value)
    if isinstance(value, SeenTensor):
        return node(value) if node else value
    return _inside(value, lambda each: swapped(each, one, node))


def _inside(value: object, one: "Callable[[object], object]") -> object:
    """The same structure with something else in place of each part."""
    if isinstance(value, dict):
        return {key: one(each) for key, each in cast("dict[object, object]", value).items()}
    if isinstance(value, slice):
        return slice(*(one(each) for each in bounds(cast("object", value))))
    if isinstance(value, list):
        return [one(each) for each in cast("list[object]", value)]
    if isinstance(value, tuple) and not isinstance(value, torch.Size):
        made = [one(each) for each in cast("tuple[object, ...]", value)]
        return named_tuple(cast("tuple[object, ...]", value), made)
    return value


def named_tuple(like: tuple[object, ...], items: "Sequence[object]") -> object:
    """A tuple of the same class: results of torch have names for their parts."""
    again = cast("Callable[..., object]", type(like))
    if isinstance(like, torch.Size) or type(like) is tuple:
        return tuple(items)
    return again(*items) if hasattr(like, "_fields") else again(items)


def bounds(value: object) -> tuple[object, object, object]:
    """Start, stop and step of a slice, which may be anything."""
    there: Any = value
    return there.start, there.stop, there.step


def nodes_in(value: object) -> "Iterator[SeenTensor]":
    """Every node in arguments or results, in order."""
    if isinstance(value, SeenTensor):
        yield value
    elif isinstance(value, Mapping):
        for each in cast("Mapping[object, object]", value).values():
            yield from nodes_in(each)
    elif isinstance(value, slice):
        for each in bounds(cast("object", value)):
            yield from nodes_in(each)
    elif isinstance(value, list | tuple):
        for each in cast("Sequence[object]", value):
            yield from nodes_in(each)


def at_path(value: object, path: "tuple[object, ...]") -> object:
    """What stands in a result at this place."""
    for key in path:
        if isinstance(value, Mapping):
            value = cast("Mapping[object, object]", value)[key]
        elif isinstance(key, str):
            value = getattr(value, key)
        else:
            value = cast("Sequence[object]", value)[cast("int", key)]
    return value


class NotKnown(Exception):  # noqa: N818  no error, but an answer
    """The numbers of a tensor cannot be calculated."""


RANDOM = frozenset(
    (
        *("rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "bernoulli"),
        *("bernoulli_", "multinomial", "normal", "normal_", "uniform_", "random_", "exponential_", "poisson"),
    )
)
"""Functions that draw numbers: no one knows which."""
EMPTY = {"empty", "empty_like", "new_empty", "empty_strided"}


class Replay:
    """Numbers of nodes, calculated on the CPU by the calls that made them.

    Args:
        stand_in: numbers of what depends on data or weights, by node; None: these are unknown.
    """

    def __init__(self, stand_in: "Callable[[SeenTensor], Tensor] | None" = None) -> None:
        self.stand_in = stand_in
        self.results: dict[int, tuple[SeenCall, object, Tensor | None]] = {}

    def numbers(self, node: SeenTensor | None) -> Tensor:
        """The tensor on the CPU.

        Raises:
            NotKnown: nobody saw it being made; its history is too long or too large, is drawn at random, or
                does not run.
        """
        if node is None:
            raise NotKnown
        waiting, steps = [node], 0
        while waiting:
            top = waiting[-1]
            if self._found(top) is not None:
                waiting.pop()
                continue
            steps += 1
            missing = [each for each in self._needed(top) if self._found(each) is None]
            if steps > MAX_STEPS:
                raise NotKnown
            if missing:
                waiting += missing
            else:
                self._run(cast("SeenCall", top.made))
        return cast("Tensor", self._found(node))

    def _found(self, node: SeenTensor) -> Tensor | None:
        if node.numbers is not None:
            return node.numbers
        if node.made is None:
            return self.stand_in(node) if self.stand_in and node.depends != Depends.CONSTANT else None
        if id(node.made) not in self.results:
            return None
        _, result, changed = self.results[id(node.made)]
        found = changed if node.path is None else at_path(result, node.path)
        if not isinstance(found, Tensor):
            raise NotKnown
        return found

    def _needed(self, node: SeenTensor) -> "Iterator[SeenTensor]":
        made = node.made
        if made is None or made.run is None or prod(node.shape) > MAX_REPLAYED:
            raise NotKnown
        if made.op.rpartition(".")[2] in RANDOM or (node.depends == Depends.DATA and self.stand_in is None):
            raise NotKnown
        yield from nodes_in(made.args)
        yield from nodes_in(made.kwargs)

    def _run(self, event: SeenCall) -> None:
        run = cast("Callable[..., object]", event.run)
        changed: list[Tensor] = []

        def there(node: SeenTensor) -> Tensor:
            numbers = cast("Tensor", self._found(node))
            if node is not event.written:
                return numbers
            changed.append(changed[0] if changed else numbers.clone())
            return changed[0]

        args = cast("tuple[object, ...]", swapped(event.args, lambda each: each, there))
        kwargs = cast("dict[str, object]", swapped(dict(event.kwargs), lambda each: each, there))
        try:
            with torch.no_grad(), torch._C.DisableTorchFunction():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
                result = run(*on_cpu(args), **on_cpu(kwargs))
                if event.op.rpartition(".")[2] in EMPTY:
                    result = _unwritten(result)
        except Exception as error:
            raise NotKnown from error
        self.results[id(event)] = (event, result, changed[0] if changed else None)


def _unwritten(result: object) -> object:
    """What nobody wrote yet, in a form that cannot be taken for numbers that somebody did."""
    if isinstance(result, Tensor) and result.is_floating_point():
        return result.fill_(float("nan"))
    raise NotKnown


def on_cpu(value: Structure) -> Structure:
    """Arguments with the CPU in place of every other device."""
    return cast("Structure", _moved(value))


def _moved(value: object) -> object:
    if isinstance(value, torch.device):
        return CPU
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value)
        return {
            key: CPU if key == "device" and each is not None else _moved(each) for key, each in pairs.items()
        }
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        made = [_moved(each) for each in cast("Sequence[object]", value)]
        return made if isinstance(value, list) else tuple(made)
    return "cpu" if value == "meta" and isinstance(value, str) else value
