"""Types of the layers' arguments: torch's "one number, or one per axis", with errors in plain words."""

from math import inf, isfinite
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar, cast

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from archcalc.errors import Fault, nearest
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Schema = dict[str, object]

T = TypeVar("T", int, int | None, float)
PerAxis = int | tuple[int, ...]


def _whole_numbers(minimum: int | None, many: str = "one per axis") -> "Callable[[object], PerAxis]":
    def validate(value: object) -> PerAxis:
        if type(value) is int and (minimum is None or value >= minimum):
            return value  # as most are written
        values = _listed(value)
        wholes = tuple(item for item in values if isinstance(item, int) and not isinstance(item, bool))
        if not wholes or len(wholes) != len(values):
            raise ValueError(f"needs a whole number, or {many}, got {shown(value)}")
        if minimum is not None and min(wholes) < minimum:
            raise ValueError(f"needs at least {minimum}, got {shown(value)}")
        return wholes if isinstance(value, tuple) else wholes[0]

    return validate


_from_0, _from_1 = _whole_numbers(0), _whole_numbers(1)


def _listed(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


def _schema(minimum: int | None, *words: str) -> WithJsonSchema:
    number: Schema = {"type": "integer"} if minimum is None else {"type": "integer", "minimum": minimum}
    enum: Schema = {"enum": [*words]}
    return _one_or_list(number, number, *([enum] if words else []))


def _one_or_list(one: "Schema", item: "Schema", *others: "Schema") -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": item}, *others]})


def _padding(value: object) -> "PerAxis | Literal['same', 'valid']":
    if isinstance(value, str):
        if value not in ("same", "valid"):
            hint = nearest(value, ("same", "valid"), " ").strip()
            fact = f"needs a whole number, one per axis, 'same' or 'valid', got {shown(value)}"
            raise Fault(fact, hint=hint)
        return "same" if value == "same" else "valid"
    return _from_0(value)


def _one_size(value: object) -> int:
    number = _from_1(value)
    if isinstance(number, tuple):
        raise ValueError(f"needs a whole number, got {shown(value)}")  # noqa: TRY004  pydantic retells it
    return number


def _list_from(minimum: int | None) -> "Callable[[object], tuple[int, ...]]":
    validate = _whole_numbers(minimum, "a list of them")

    def listed(value: object) -> tuple[int, ...]:
        numbers = validate(value)
        return numbers if isinstance(numbers, tuple) else (numbers,)

    return listed


def _without_point(value: float) -> int | float:
    return int(value) if isfinite(value) and value == int(value) else value


def _sizes_or_open(value: object, meaning: str) -> tuple[int, ...]:
    sizes = _list_from(None)(value)
    if min(sizes) < -1 or 0 in sizes:
        raise ValueError(f"needs sizes of at least 1, or -1 for {meaning}, got {shown(value)}")
    return sizes


def _expanded_sizes(value: object) -> tuple[int, ...]:
    return _sizes_or_open(value, "a size that stays")


def _new_sizes(value: object) -> tuple[int, ...]:
    if value == ():
        return ()
    sizes = _sizes_or_open(value, "what is left")
    if sizes.count(-1) > 1:
        raise ValueError(f"needs at most one -1, got {shown(value)}")
    return sizes


def whole_shape(value: object, least: int = 1) -> tuple[int, ...]:
    """Sizes of a tensor; a number has none.

    Args:
        value: as it is written.
        least: that a size may be.

    Raises:
        ValueError: it is no list of whole numbers that are so large.
    """
    value = tuple(cast("list[object]", value)) if isinstance(value, list) else value
    if value == ():
        return ()
    sizes = _whole_numbers(least, "a list of them")(value)
    return sizes if isinstance(sizes, tuple) else (sizes,)


def _adaptive_sizes(value: object) -> "int | tuple[int | None, ...]":
    """Sizes as torch takes them: null for the axes of a list only."""
    if isinstance(value, tuple):
        items = _listed(cast("object", value))
        return tuple(None if item is None else _one_size(item) for item in items)
    return _one_size(value)


def _scales(value: object) -> "float | tuple[float, ...]":
    numbers = tuple(
        float(item) for item in _listed(value) if isinstance(item, int | float) and not isinstance(item, bool)
    )
    if not numbers or len(numbers) != len(_listed(value)):
        raise ValueError(f"needs a number, or one per axis, got {shown(value)}")
    if not all(0 < number < inf for number in numbers):
        raise ValueError(f"needs finite numbers above 0, got {shown(value)}")
    return numbers if isinstance(value, tuple) else numbers[0]


Number = Annotated[int | float, AfterValidator(_without_point)]
"""A number, a whole one without a point: torch leaves whole numbers whole beside it."""
Positive = Annotated[int, Field(ge=1)]
"""A whole number of at least 1."""
Probability = Annotated[float, Field(ge=0, le=1)]
Sizes = Annotated[PerAxis, PlainValidator(_from_1), _schema(1)]
"""Whole numbers of at least 1: one for all axes, or one per axis."""
Paddings = Annotated[PerAxis, PlainValidator(_from_0), _schema(0)]
"""Whole numbers of at least 0: one for all axes, or one per axis."""
SignedPaddings = Annotated[PerAxis, PlainValidator(_whole_numbers(None, "one per side")), _schema(None)]
"""Whole numbers, negative ones too: one for all sides, or one per side."""
ConvPadding = Annotated[
    PerAxis | Literal["same", "valid"], PlainValidator(_padding), _schema(0, "same", "valid")
]
Sections = Annotated[PerAxis, PlainValidator(_whole_numbers(1, "a list of them")), _schema(1)]
"""Whole numbers of at least 1: one, or a list of them."""
AxisOrList = Annotated[PerAxis, PlainValidator(_whole_numbers(None, "a list of them")), _schema(None)]
"""An axis, or a list of axes."""
AxisList = Annotated[tuple[int, ...], PlainValidator(_list_from(None)), _schema(None)]
"""A list of axes; a single one may be written without brackets."""
WholeList = Annotated[PerAxis, PlainValidator(_whole_numbers(None, "a list of them")), _schema(None)]
"""Whole numbers, negative ones too: one, or a list of them."""
Counts = Annotated[tuple[int, ...], PlainValidator(_list_from(1)), _schema(1)]
"""A list of whole numbers of at least 1; a single one may be written without brackets."""
SideList = Annotated[tuple[int, ...], PlainValidator(_list_from(None)), _schema(None)]
"""A list of whole numbers, negative ones too."""
ExpandedSizes = Annotated[tuple[int, ...], PlainValidator(_expanded_sizes), _schema(-1)]
"""Sizes of at least 1, or -1: what it is. A single one may be written without brackets."""
NewSizes = Annotated[tuple[int, ...], PlainValidator(_new_sizes), _schema(-1)]
"""Sizes of at least 1, one of which may be -1: what is left; [] for a number. One needs no brackets."""
WholeShape = Annotated[tuple[int, ...], PlainValidator(whole_shape), _schema(1)]
"""Sizes of at least 1; [] is the shape of a number. A single one may be written without brackets."""
AdaptiveSizes = Annotated[
    int | tuple[int | None, ...],
    PlainValidator(_adaptive_sizes),
    _one_or_list({"type": "integer", "minimum": 1}, {"type": ["integer", "null"], "minimum": 1}),
]
"""Output positions: one number for all axes, or one per axis, where null keeps the size of that axis."""
POSITIVE: "Schema" = {"type": "number", "exclusiveMinimum": 0}
Scales = Annotated[float | tuple[float, ...], PlainValidator(_scales), _one_or_list(POSITIVE, POSITIVE)]
"""Finite numbers above 0: one for all axes, or one per axis."""


def per_axis(value: "T | tuple[T, ...]", rank: int, key: str) -> "tuple[T, ...]":
    """One value for each of ``rank`` axes."""
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise Fault(f"{key} has {len(value)} values for {rank} axes", key=key)
    return value


PLAIN = frozenset({int, str})


def are_plain(values: "Sequence[object]") -> bool:
    """Whether numbers, words and tuples of them are nothing but that.

    Of plain ones what was found once is found again; a size that remembers how it came about keeps results of
    its own.
    """
    if PLAIN.issuperset(map(type, values)):
        return True
    lists = [cast("tuple[object, ...]", each) for each in values if type(each) is tuple]
    return PLAIN.issuperset({*map(type, values)} - {tuple}) and all(map(are_plain, lists))
