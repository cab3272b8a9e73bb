"""Values that several parts of a spec hold: names, references to them, expressions."""

import re
from keyword import iskeyword
from typing import TYPE_CHECKING, Annotated, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    JsonValue,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Expression = Annotated[str, StringConstraints(pattern=r"^\s*=")]
"""A text that starts with ``=``."""
MAX_AXES = 16
"""Of a tensor that is written down."""
MAX_NAME = 100
MAX_PATH = 400
"""Characters of a dotted name."""
MAX_DEPTH = 40
"""Steps of a dotted name."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
"""A part of a name that an expression gives."""
IDENTIFIER = r"[^\W\d]\w*"
RESERVED = frozenset({"input", "i", "block", "in_channels", "in_features", "in_shape"})


class Record(BaseModel, frozen=True, strict=True, extra="forbid", defer_build=True):
    """A mapping of the spec with fixed keys."""


R = TypeVar("R", bound=Record)


def written_as(record: type[R], value: object, info: ValidationInfo) -> R:
    """What is written as a record: most specs have none of it, and build nothing to check it."""
    return value if isinstance(value, record) else record.model_validate(value, context=info.context)


def as_tuple(value: object) -> object:
    """A list as a tuple, so that a record cannot change."""
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def as_name(value: object) -> object:
    """A name as text: torch's containers number their layers, so ``name: 0`` is welcome."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"a name is a text, got {shown(value)}: write it in quotes")  # noqa: TRY004  pydantic retells it
    if len(value) > MAX_NAME or not NAME.fullmatch(value):
        raise ValueError(
            f"a name has only letters, digits, '_' and '-', at most {MAX_NAME}, got {shown(value)}"
        )
    return value


def as_dotted(value: object) -> object:
    """The name of a layer as text: dots stand between the scopes that it is in, from the one around it.

    What stands in braces is an expression, whose value is a part of the name.
    """
    if isinstance(value, float):
        raise ValueError(f"a name is a text, got {value}: write it in quotes")  # noqa: TRY004  pydantic retells it
    if not isinstance(value, str) or not ("." in value or "{" in value):
        return as_name(value)
    if len(value) > MAX_PATH:
        raise ValueError(f"a dotted name has at most {MAX_PATH} characters, got {len(value)}")
    if "{}" in value:
        raise ValueError(f"braces in a name hold an expression, such as {{i + 1}}, got {shown(value)}")
    steps = PLACEHOLDER.sub("0", value).split(".")
    if len(steps) > MAX_DEPTH:
        raise ValueError(f"a dotted name leads through at most {MAX_DEPTH} scopes, got {len(steps)}")
    for step in steps:
        if not step:
            raise ValueError(f"a dotted name has a name on both sides of each dot, got {shown(value)}")
        as_name(step)
    return value


def identifier(what: str, reserved: frozenset[str], name: str) -> str:
    """A name that can stand in an expression; ``what`` it is called by errors."""
    if len(name) > MAX_NAME or not name.isidentifier() or iskeyword(name):
        raise ValueError(
            f"{what} {shown(name)} cannot stand in an expression: "
            f"letters, digits and '_' only, at most {MAX_NAME}"
        )
    if name in reserved:
        raise ValueError(f"{what} {name!r} has a meaning of its own in the spec language; rename it")
    return name


def keys(pattern: str, reserved: "Iterable[str]") -> dict[str, JsonValue]:
    """The schema of a mapping's keys."""
    refused: list[JsonValue] = [*sorted(reserved)]
    names: JsonValue = {"pattern": f"^{pattern}$", "maxLength": MAX_NAME, "not": {"enum": refused}}
    return {"propertyNames": names}


def _as_references(value: object) -> object:
    """One reference or a list of them, as a tuple of texts."""
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    if not values:
        raise ValueError("needs at least 1 name, got none")
    for item in values:
        if isinstance(item, float):
            raise ValueError(f"a name is a text, got {item}: write it in quotes")  # noqa: TRY004  pydantic retells it
    return tuple(map(as_reference, values))


_NAME: dict[str, object] = {
    "anyOf": [
        {"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": MAX_NAME},
        {"type": "integer", "minimum": 0},
    ]
}
_PART = r"(?:[A-Za-z0-9_]|\{[^{}]+\})(?:[A-Za-z0-9_-]|\{[^{}]+\})*"
_DOTTED: dict[str, object] = {
    "anyOf": [
        {"type": "string", "pattern": rf"^{_PART}(?:\.{_PART}){{0,{MAX_DEPTH - 1}}}$", "maxLength": MAX_PATH},
        {"type": "integer", "minimum": 0},
    ]
}
_REFERENCE: dict[str, object] = {"type": ["string", "integer"]}
Name = Annotated[str, BeforeValidator(as_name), WithJsonSchema(_NAME)]
Dotted = Annotated[str, BeforeValidator(as_dotted), WithJsonSchema(_DOTTED)]
SourceNames = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_references),
    WithJsonSchema({"anyOf": [_REFERENCE, {"type": "array", "items": _REFERENCE, "minItems": 1}]}),
]


def as_reference(value: object) -> object:
    """A reference as text: torch's containers number their layers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def named_outputs(outputs: tuple[str, ...] | dict[str, str]) -> "Mapping[str, str]":
    """Name of an output -> what it is inside; in a list the last step of a name is the output's."""
    if isinstance(outputs, dict):
        return outputs
    return {reference.rpartition(".")[2]: reference for reference in outputs}


def _apart(outputs: tuple[str, ...] | dict[str, str]) -> tuple[str, ...] | dict[str, str]:
    """The outputs, where no two of them have one name."""
    names = [each.rpartition(".")[2] for each in outputs] if isinstance(outputs, tuple) else []
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two outputs are called {name!r}: write outputs: {{name: layer, ...}}")
    return outputs


def _as_outputs(value: object) -> object:
    """References as a tuple, or name -> reference."""
    if not isinstance(value, dict):
        return _as_references(value)
    if not value:
        raise ValueError("needs at least 1 output, got none")
    return {name: as_reference(item) for name, item in cast("dict[object, object]", value).items()}


OutputNames = Annotated[
    tuple[str, ...] | dict[Name, str],
    BeforeValidator(_as_outputs),
    AfterValidator(_apart),
    WithJsonSchema(
        {
            "anyOf": [
                _REFERENCE,
                {"type": "array", "items": _REFERENCE, "minItems": 1},
                {"type": "object", "additionalProperties": _REFERENCE, "minProperties": 1},
            ]
        }
    ),
]
"""What leaves a block: names of layers, or a name of its own for each."""


def _as_expected(value: object) -> object:
    """A shape or an expression for one, or several of them by name, with tuples for lists."""
    if not isinstance(value, dict):
        return _expected_shape(value)
    if not value:
        raise ValueError("needs at least 1 output, got none")
    for name in cast("dict[object, object]", value):
        if not isinstance(name, str):
            raise ValueError(f"an output's name is a text, got {shown(name)}: write it in quotes")  # noqa: TRY004  pydantic retells it
    return {name: _expected_shape(each) for name, each in cast("dict[str, object]", value).items()}


def _expected_shape(value: object) -> object:
    if isinstance(value, list):
        sizes = cast("list[object]", value)
        if len(sizes) > MAX_AXES:
            raise ValueError(f"needs at most {MAX_AXES} sizes, got {len(sizes)}")
        for size in sizes:
            if isinstance(size, bool) or not (isinstance(size, int) or is_written(size)):
                raise ValueError(f"a size is a whole number or an expression, got {shown(size)}")
        return tuple(sizes)
    if is_written(value):
        return value
    raise ValueError(f"needs a shape such as [64, 56, 56], or an expression, got {shown(value)}")


def is_written(value: object) -> bool:
    """Whether it is the text of an expression."""
    return isinstance(value, str) and value.lstrip().startswith("=")


_SIZES: dict[str, object] = {
    "anyOf": [
        {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\s*="}]}},
        {"type": "string", "pattern": r"^\s*="},
    ]
}
WrittenSizes = Annotated[
    tuple[int | Expression, ...] | Expression, BeforeValidator(_expected_shape), WithJsonSchema(_SIZES)
]
"""A shape without the batch axis, or an expression for one."""
if TYPE_CHECKING:
    Shaped = tuple[int | Expression, ...] | Expression
    Expected = Shaped | dict[str, Shaped]
else:  # else a schema of all these would be built for every record of a layer, and check them once more
    Expected = Annotated[
        object,
        PlainValidator(_as_expected),
        WithJsonSchema(
            {"anyOf": [_SIZES, {"type": "object", "additionalProperties": _SIZES, "minProperties": 1}]}
        ),
    ]
"""The shape that must come out of a layer, or of its outputs by name."""
Codes = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]
"""Codes of design rules."""
Frozen = Annotated[bool | Expression | tuple[str, ...], BeforeValidator(as_tuple)]
"""Whether the weights of a layer are frozen, or the names of those that are."""
