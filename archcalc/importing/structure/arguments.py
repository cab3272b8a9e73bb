"""The arguments of a block: what differs between the scopes that it stands for, as few as will do."""

from enum import Enum
from typing import TYPE_CHECKING, TypeGuard, cast

from archcalc.importing.structure.references import Apart
from archcalc.importing.structure.turns import by_turn, literal
from archcalc.records import dataclass
from archcalc.spec.blocks import RESERVED_ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcalc.facts import Shape

    Values = tuple[object, ...]
    """One for each member; ABSENT where a member has no such layer."""

SIZES = (
    *("out_channels", "in_channels", "out_features", "in_features", "num_features", "num_channels"),
    *("hidden_size", "embed_dim", "embedding_dim", "groups", "normalized_shape"),
)
"""Arguments that count channels or features, so that one is often a multiple of another."""
HERE = ("in_channels", "in_features")
"""Sizes that are others at another layer."""
MOST = 8
"""Largest multiple of what arrives that is written as one."""


class Absence(Enum):
    """The value of an argument of a layer that is not there."""

    ABSENT = "absent"


ABSENT = Absence.ABSENT


@dataclass(frozen=True, slots=True)
class Arrival:
    """Shapes of what arrives, of each member; None where it is not known.

    Args:
        here: at the layer.
        block: at the block.
    """

    here: "tuple[Shape | None, ...]" = ()
    block: "tuple[Shape | None, ...]" = ()


class Arguments:
    """The arguments of a block so far. Of a whole network, which is one member, there are none.

    Args:
        taken: names that no argument may have.
    """

    def __init__(self, taken: "frozenset[str]" = frozenset()) -> None:
        self.taken = RESERVED_ARGUMENTS | taken
        self.values: dict[str, Values] = {}
        self.defaults: dict[str, object] = {}
        self.sizes: dict[str, Values] = {}
        """Texts that stand for numbers of channels or features -> their values."""

    def express(
        self, key: str, values: "Values", arrival: Arrival, default: object = ABSENT, beside: str = ""
    ) -> object:
        """A value of an entry: what all members have, or an expression.

        Args:
            key: whose value it is.
            values: of each member.
            arrival: shapes of what arrives.
            default: that of the kind.
            beside: name of the layer, for an argument that must be told apart from another one.
        """
        known = [each for each in values if each is not ABSENT]
        if all(same_value(each, known[0]) for each in known):
            return known[0]
        return f"={self.text(key, values, arrival, default, beside)}"

    def text(
        self, key: str, values: "Values", arrival: Arrival, default: object = ABSENT, beside: str = ""
    ) -> str:
        """An expression without its ``=``, a literal where all members have the same."""
        known = [each for each in values if each is not ABSENT]
        if all(same_value(each, known[0]) for each in known):
            return literal(known[0])
        found = self._known(values) or next(self._derived(key, values, arrival), "")
        if not found:
            found = self._new(key, values, default, beside)
        if key in SIZES and found.partition(" ")[0] not in HERE:
            self.sizes.setdefault(found, values)
        return found

    def turns(
        self, key: str, values: "Sequence[Values]", arrival: Arrival, default: object = ABSENT
    ) -> object:
        """A value of a repeat: of each member one for each turn."""
        if all(_alike(turns) for turns in values):
            return self.express(key, tuple(_some(turns) for turns in values), arrival, default)
        filled = [_filled(turns) for turns in values]
        if all(same_value(turns, filled[0]) for turns in filled):
            found = by_turn(filled[0])
            if found is None:
                raise Apart
            return f"={found}"
        if not all(_alike(turns[1:]) for turns in filled):
            raise Apart
        first = self.text(key, tuple(turns[0] for turns in filled), arrival, default)
        rest = self.text(key, tuple(turns[1] for turns in filled), arrival, default)
        return f"={first} if i == 0 else {rest}"

    def flag(self, name: str, values: "Values", arrival: Arrival) -> object:
        """When a layer is there that some members lack: true where it is; ABSENT where it does not matter."""
        for known, own in self.values.items():
            if all(each is ABSENT or isinstance(each, bool) for each in own):
                if _fits(own, values):
                    return f"={known}"
                if _fits(tuple(each if each is ABSENT else not each for each in own), values):
                    return f"=not {known}"
        found = next(self._conditions(values, arrival), "")
        return f"={found or self._new(name, values, default=False, beside='')}"

    def _known(self, values: "Values") -> str:
        """An argument that has these values."""
        for name, own in self.values.items():
            if len({type(each) for each in (*own, *values) if each is not ABSENT}) == 1 and _fits(
                own, values
            ):
                self.values[name] = tuple(
                    mine if other is ABSENT else other for mine, other in zip(own, values, strict=True)
                )
                return name
        return ""

    def _derived(self, key: str, values: "Values", arrival: Arrival) -> "Iterator[str]":
        """Expressions of the arguments and shapes that have these values."""
        if not all(each is ABSENT or _whole(each) for each in values):
            return
        if key == "padding":
            for name, own in self.values.items():
                if name.startswith("kernel_size") and _fits(_each(own, lambda size: size // 2), values):
                    yield f"{name} // 2"
        if key not in SIZES:
            return
        arriving = dict(_arriving(arrival, features="features" in key))
        for name, sizes in arriving.items():
            if _fits(sizes, values):
                yield name
        yield from self._multiples(self.sizes, values, most=None)
        yield from self._multiples(arriving, values, most=MOST)

    def _multiples(
        self, known: "Mapping[str, Values]", values: "Values", most: int | None
    ) -> "Iterator[str]":
        for name, sizes in known.items():
            pairs = [
                (cast("int", size), cast("int", value))
                for size, value in zip(sizes, values, strict=True)
                if value is not ABSENT
            ]
            if not all(_whole(size) and size > 0 and value > 0 for size, value in pairs):
                continue
            times = pairs[0][1] // pairs[0][0]
            simple = name if name.isidentifier() or "." in name else f"({name})"
            if times > 1 and (most is None or times <= most) and all(v == s * times for s, v in pairs):
                yield f"{simple} * {times}"
            parts = pairs[0][0] // pairs[0][1]
            if 1 < parts <= MOST and all(v * parts == s for s, v in pairs):
                yield f"{simple} // {parts}"

    def _conditions(self, values: "Values", arrival: Arrival) -> "Iterator[str]":
        """What is true where the layer is there: another stride than 1, or other channels than arrive."""
        strides = self.values.get("stride", ())
        strided = _each(strides, lambda stride: stride != 1)
        if strides and all(each is ABSENT or _whole(each) for each in strides) and _fits(strided, values):
            yield "stride != 1"
        shapes = arrival.block
        if not shapes or None in shapes:
            return
        channels = tuple(cast("Shape", shape)[0] for shape in shapes)
        for name, sizes in self.sizes.items():
            pairs = list(zip(channels, sizes, strict=True))
            changed = tuple(ABSENT if size is ABSENT else channel != size for channel, size in pairs)
            if _fits(changed, values):
                yield f"block.in_channels != {name}"
            kept = tuple(each if each is ABSENT else not each for each in changed)
            if _fits(kept, values):
                yield f"block.in_channels == {name}"
            if ABSENT in strided or len(strided) != len(changed):
                continue
            either = tuple(a or b for a, b in zip(strided, changed, strict=True))
            if _fits(either, values):
                yield f"stride != 1 or block.in_channels != {name}"
            if _fits(tuple(not each for each in either), values):
                yield f"stride == 1 and block.in_channels == {name}"

    def _new(self, key: str, values: "Values", default: object, beside: str) -> str:
        """One more argument, called as the key where that is free."""
        own = [f"{beside}_{key}"] if beside else []
        names = [key, *own, *(f"{key}{number}" for number in range(2, 100))]
        name = next(n for n in names if n.isidentifier() and n not in self.taken and n not in self.values)
        self.values[name] = values
        usual = any(same_value(each, default) for each in values if each is not ABSENT)
        if usual and (key not in SIZES or key == "groups"):
            self.defaults[name] = default
        elif ABSENT in values:
            self.defaults[name] = next(each for each in values if each is not ABSENT)
        return name


def same_value(first: object, second: object) -> bool:
    """Whether two values are one: 1 is not true, and lists are compared item by item."""
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        one, other = list(cast("Sequence[object]", first)), list(cast("Sequence[object]", second))
        return len(one) == len(other) and all(map(same_value, one, other))
    return isinstance(first, bool) is isinstance(second, bool) and first == second


def _fits(own: "Values", values: "Values") -> bool:
    """Whether two columns of values agree wherever both are known."""
    pairs = zip(own, values, strict=True)
    agree = all(mine is ABSENT or other is ABSENT or same_value(mine, other) for mine, other in pairs)
    return agree and any(other is not ABSENT for other in values)


def _alike(values: "Sequence[object]") -> bool:
    known = [each for each in values if each is not ABSENT]
    return all(same_value(each, known[0]) for each in known)


def _some(values: "Sequence[object]") -> object:
    return next((each for each in values if each is not ABSENT), ABSENT)


def _filled(values: "Sequence[object]") -> "Values":
    """The values with those that are not known as the one before."""
    found: list[object] = []
    for each in values:
        found.append(each if each is not ABSENT else found[-1] if found else _some(values))
    return tuple(found)


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _each(values: "Values", work: "Callable[[int], object]") -> "Values":
    return tuple(work(each) if _whole(each) else ABSENT for each in values)


def _arriving(arrival: Arrival, *, features: bool) -> "Iterator[tuple[str, Values]]":
    """The sizes of what arrives, by their names in expressions, those that are likelier first."""
    for begin, shapes in (("", arrival.here), ("block.", arrival.block)):
        if shapes and all(shapes):
            known = cast("Sequence[Shape]", shapes)
            last = f"{begin}in_features", tuple(shape[-1] for shape in known)
            first = f"{begin}in_channels", tuple(shape[0] for shape in known)
            yield from (last, first) if features else (first, last)
