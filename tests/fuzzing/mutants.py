"""Mutants: specs and command lines that know the grammar, each from one seed and nothing else."""

from json import dumps, loads
from random import Random
from typing import TYPE_CHECKING, NamedTuple, cast

from tests.fuzzing.lines import line_of
from tests.fuzzing.parts import NUMBERS, TEXTS, parts_of, slots_of, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Changed = Callable[[Random, object, Sequence[object]], object]

OTHERS: "list[object]" = loads(
    '[null, true, false, [], {}, [[]], {"a": 1}, [1, 2, 3], {"type": "ReLU"}, [null]]'
)
KEYS = (
    *("repeat", "from", "when", "tie", "name", "type", "kernel_size", "stride", "padding", "dilation"),
    *("groups", "out_channels", "num_heads", "output_size", "dim", "scale_factor", "frozen", "expect"),
    *("init", "ignore", "note", "bias", "window", "inputs", "outputs", "layers", "body", "branches"),
)
WHOLE = ("task", "loss", "budgets", "training", "vars", "outputs", "ignore", "min_receptive_field", "name")


class Mutant(NamedTuple):
    """A command line, and the text of the spec that it reads from standard input."""

    arguments: tuple[str, ...]
    text: str


def mutant(seed: int, specs: "Sequence[object]") -> Mutant:
    """The mutant of a seed: one to five changes of one of the specs, or none of it and an odd command."""
    draw = Random(seed)  # noqa: S311  nothing is secret
    data = _copied(draw.choice(specs))
    pool = [part for spec in draw.sample(list(specs), min(3, len(specs))) for part in parts_of(spec)]
    for _ in range(draw.choice((0, 1, 1, 2, 3, 5))):
        data = _changed(draw, data, pool)
    return Mutant(line_of(draw, data), dumps(data, ensure_ascii=draw.random() < 0.5))


def _copied(data: object) -> object:
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in cast("dict[str, object]", data).items()}
    return [_copied(each) for each in cast("list[object]", data)] if isinstance(data, list) else data


def _changed(draw: Random, data: object, pool: "Sequence[object]") -> object:
    slots = list(slots_of(data))
    if not slots:
        return data
    if draw.random() < 0.1 and isinstance(data, dict):
        data = cast("dict[str, object]", data)
        data[draw.choice(WHOLE)] = _value(draw, None, pool)
        return data
    where, key = draw.choice(slots)
    value = value_at((where, key))
    new = draw.choice(CHANGES)(draw, value, pool)
    if new is GONE:
        del cast("dict[object, object]", where)[key]
    else:
        cast("dict[object, object]", where)[key] = new
    return data


GONE = object()


def _value(draw: Random, value: object, pool: "Sequence[object]") -> object:
    """A value of another kind, or an extreme one of the same."""
    kinds: Sequence[Sequence[object]] = (NUMBERS, TEXTS, OTHERS, pool)
    if isinstance(value, int) and not isinstance(value, bool) and draw.random() < 0.7:
        return draw.choice(NUMBERS)
    return _copied(draw.choice(draw.choice(kinds)))


def _with_key(draw: Random, value: object, pool: "Sequence[object]") -> object:
    """An entry with one more key."""
    if isinstance(value, str):
        value = {"type": value}
    if not isinstance(value, dict):
        return _value(draw, value, pool)
    return {**cast("dict[str, object]", value), draw.choice(KEYS): _value(draw, 1, pool)}


def _longer(draw: Random, value: object, pool: "Sequence[object]") -> object:
    """A list, or a list of the value, many times as long."""
    places = 1 + sum(1 for _ in slots_of(value))
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    most = max(1, 3000 // places)
    times = min(most, draw.choice((2, 3, 10, 100, 2000)))
    # Each is a copy: what is changed in one of them would be in all, and lists of lists of texts had no end.
    return [_copied(each) for _ in range(times) for each in listed] or [_value(draw, None, pool)]


def _nested(draw: Random, value: object, _: "Sequence[object]") -> object:
    """A value deep inside of containers."""
    for _depth in range(draw.choice((1, 2, 10, 45))):
        value = {"type": draw.choice(("Sequential", "Vmap")), "layers": [value]}
    return value


def _repeated(draw: Random, value: object, pool: "Sequence[object]") -> object:
    entry: object = {"type": value} if isinstance(value, str) else value
    if not isinstance(entry, dict):
        return _value(draw, value, pool)
    return {**cast("dict[str, object]", entry), "repeat": draw.choice((2, 30, 300, 1000, 10_000, 10**9))}


def _removed(_: Random, __: object, ___: "Sequence[object]") -> object:
    return GONE


CHANGES: "tuple[Changed, ...]" = (_value, _value, _value, _with_key, _longer, _nested, _repeated, _removed)
