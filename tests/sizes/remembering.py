"""Tools of these tests: a kind's sample on a tape, the same afresh, and other sizes near by."""

from random import Random
from typing import TYPE_CHECKING, NamedTuple, cast

from archcalc.facts import Tensor
from archcalc.layers.registry import kind
from archcalc.sizes.arguments import with_sizes
from archcalc.sizes.size import plain
from archcalc.sizes.tape import Tape

if TYPE_CHECKING:
    from archcalc.facts import Facts
    from tests.kinds.drawing import Sample

Sizes = dict[str, int]


class Asked(NamedTuple):
    """What a kind states on sizes that remember."""

    tape: Tape
    facts: "Facts"

    @property
    def sizes(self) -> Sizes:
        """The sizes it was asked at."""
        return {name: plain(size) for name, size in self.tape.given.items()}


def asked(name: str, sample: "Sample", *, arguments: bool) -> Asked:
    """A sample on a tape: the sizes that arrive, called ``x0[1]``, and at will its arguments."""
    tape = Tape()
    values = {
        key: _given(tape, key, value) if arguments else value for key, value in sample.arguments.items()
    }
    tensors = tuple(
        Tensor(tuple(tape.give(f"x{index}[{axis}]", size) for axis, size in enumerate(shape)), dtype)
        for index, (shape, dtype) in enumerate(sample.arriving)
    )
    return Asked(tape, with_sizes(kind(name).model_validate(values), values).infer(tensors))


def _given(tape: Tape, key: str, value: object) -> object:
    if type(value) is int:
        return tape.give(key, value)
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        return tuple(_given(tape, f"{key}[{index}]", item) for index, item in enumerate(items))
    return value


def afresh(name: str, sample: "Sample", sizes: Sizes) -> "Facts":
    """The same sample asked with plain numbers at other sizes."""
    values = {key: _plain(sizes, key, value) for key, value in sample.arguments.items()}
    tensors = tuple(
        Tensor(tuple(sizes[f"x{index}[{axis}]"] for axis in range(len(shape))), dtype)
        for index, (shape, dtype) in enumerate(sample.arriving)
    )
    return kind(name).model_validate(values).infer(tensors)


def _plain(sizes: Sizes, key: str, value: object) -> object:
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        return tuple(_plain(sizes, f"{key}[{index}]", item) for index, item in enumerate(items))
    return sizes.get(key, value)


def others(sizes: Sizes, random: "Random") -> Sizes:
    """Sizes near by: those that are equal stay so, one alone, all multiplied, or each by itself.

    Sizes of inputs, whose names end with an axis, stay at 1 or more.
    """
    way = random.choice((0, 0, 0, 1, 2, 3))
    if way == 0:
        steps = {size: random.choice((0, 1, 2, -1, 3, 8, size)) for size in sizes.values()}
        found = {name: size + steps[size] for name, size in sizes.items()}
    elif way == 1:
        name = random.choice(list(sizes))
        found = {**sizes, name: sizes[name] + random.choice((1, 2, -1, -2, 4, sizes[name]))}
    elif way == 2:
        factor = random.choice((2, 3))
        found = {name: size * factor if name.startswith("x") else size for name, size in sizes.items()}
    else:
        found = {name: size + random.choice((0, 1, 2, -1)) for name, size in sizes.items()}
    return {name: max(1, size) if name.startswith("x") else size for name, size in found.items()}


def seeded(seed: int | str) -> Random:
    """Random numbers that come again."""
    return Random(seed)  # noqa: S311  nothing is kept secret with them
