"""The spec language: what a file may hold, before any expression is evaluated or any shape is known."""

import re
from keyword import iskeyword
from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from archcalc.budgets import METRICS, Budget, Limit, Metric
from archcalc.errors import nearest
from archcalc.layers.arguments import shown
from archcalc.layers.registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Expression = Annotated[str, StringConstraints(pattern=r"^\s*=")]
"""A text that starts with ``=``."""
MAX_NAME = 100
MAX_AXES = 16
MAX_TYPE = 510
"""Longer than any name; what begins with ``=`` has the limit of expressions."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
RESERVED = frozenset({"input", "i", "block", "in_channels", "in_features", "in_shape"})
Dtype = Literal[
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"
]


def _as_name(value: object) -> object:
    """A name as text: torch's containers number their layers, so ``name: 0`` is welcome."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValueError(f"a name is a text, got {shown(value)}: write it in quotes")  # noqa: TRY004  pydantic retells it
    if len(value) > MAX_NAME or not NAME.fullmatch(value):
        raise ValueError(
            f"a name has only letters, digits, '_' and '-', at most {MAX_NAME}, got {shown(value)}"
        )
    if value == "input":
        raise ValueError("the name 'input' means what arrives at the enclosing scope")
    return value


def _as_references(value: object) -> object:
    """One reference or a list of them, as a tuple of texts."""
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    if not values:
        raise ValueError("needs at least 1 name, got none")
    return tuple(
        str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in values
    )


def _as_shape(value: object) -> object:
    if not isinstance(value, list):
        return value
    sizes = cast("list[object]", value)
    if len(sizes) > MAX_AXES:
        raise ValueError(f"needs at most {MAX_AXES} sizes, got {len(sizes)}")
    return tuple(sizes)


def _as_tuple(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


_NAME: dict[str, object] = {
    "anyOf": [
        {"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": MAX_NAME},
        {"type": "integer", "minimum": 0},
    ]
}
_REFERENCE: dict[str, object] = {"type": ["string", "integer"]}
Name = Annotated[str, BeforeValidator(_as_name), WithJsonSchema(_NAME)]
SourceNames = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_references),
    WithJsonSchema({"anyOf": [_REFERENCE, {"type": "array", "items": _REFERENCE, "minItems": 1}]}),
]
Codes = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class Record(BaseModel, frozen=True, strict=True, extra="forbid"):
    """A mapping of the spec with fixed keys."""


class LayerSpec(Record, frozen=True, extra="allow"):
    """A layer: a kind or a block with its arguments, and the keys every layer may have."""

    type: Annotated[str, StringConstraints(max_length=MAX_TYPE)]
    """A layer kind, a block, or an expression that gives the name of one."""
    name: Name | None = None
    """Name within the scope; left out: ``type_index``."""
    from_: SourceNames | None = Field(default=None, alias="from")
    """What it reads: names of layers, inputs, or outputs (``encoder.h_n``); left out: the layer before."""
    repeat: Annotated[int, Field(ge=0)] | Expression | None = None
    """Put it so many times in a row; ``i`` counts from 0."""
    when: bool | Expression = True
    """Leave the layer out when false."""
    frozen: bool | Expression = False
    """Its weights are not trained."""
    tie: str | None = None
    """Share the weights of the layer of this name."""
    note: str | None = None
    """A remark for readers."""
    ignore: Codes = ()
    """Codes of design rules that do not apply here."""

    @property
    def arguments(self) -> "Mapping[str, object]":
        """The keys that belong to the kind or the block."""
        return self.model_extra or {}

    def inner_layers(self) -> "tuple[tuple[LayerSpec, ...], ...]":
        """The lists of layers that a container holds."""
        return ()


COMMON_KEYS = tuple(field.alias or name for name, field in LayerSpec.model_fields.items())


def _expand_word(value: object) -> object:
    """A bare word is a layer with its defaults."""
    if isinstance(value, str):
        return {"type": value}
    if not isinstance(value, dict):
        raise ValueError("a layer is a word such as ReLU or a mapping with `type`")  # noqa: TRY004  pydantic retells it
    return cast("object", value)


def _tag(value: object) -> str:
    """Which model reads a layer: that of its container, or the one for kinds and blocks."""
    written: object = cast("Mapping[str, object]", value).get("type") if isinstance(value, dict) else None
    return written if isinstance(written, str) and written in CONTAINERS else "layer"


CONTAINERS = ("Sequential", "Residual", "Branches")
AnyLayer = Annotated[
    Annotated["Sequential", Tag("Sequential")]
    | Annotated["Residual", Tag("Residual")]
    | Annotated["Branches", Tag("Branches")]
    | Annotated[LayerSpec, Tag("layer")],
    Discriminator(_tag),
    BeforeValidator(_expand_word),
    WithJsonSchema({"definition": "Layer"}),
]
Layers = Annotated[tuple[AnyLayer, ...], BeforeValidator(_as_tuple)]


class Sequential(LayerSpec, frozen=True, extra="forbid"):
    """Layers one behind the other."""

    layers: Layers
    numbered: bool = False
    """Name the layers that have no name 0, 1, 2 ... as torch's Sequential does.

    A layer that is left out takes no number; every turn of a repeat takes one.
    """

    def inner_layers(self) -> tuple[tuple[LayerSpec, ...], ...]:  # noqa: D102  as above
        return (self.layers,)


class Residual(LayerSpec, frozen=True, extra="forbid"):
    """A body and a shortcut around it, merged."""

    body: Layers
    shortcut: Layers = ()
    """Left out: the identity."""
    merge: AnyLayer = LayerSpec(type="Add")
    """The layer that joins the two, body first."""

    def inner_layers(self) -> tuple[tuple[LayerSpec, ...], ...]:  # noqa: D102  as above
        return (self.body, self.shortcut, (self.merge,))


def _as_branches(value: object) -> object:
    if not isinstance(value, list | dict):
        raise ValueError(f"needs a list or a mapping of branches, each a list of layers, got {shown(value)}")  # noqa: TRY004  pydantic retells it
    if not value:
        raise ValueError("needs at least 1 branch, got none")
    return _as_tuple(cast("object", value))


def _branches_tag(value: object) -> str:
    return "named" if isinstance(value, dict) else "listed"


class Branches(LayerSpec, frozen=True, extra="forbid"):
    """Branches that read the same input, merged."""

    branches: Annotated[
        Annotated[dict[Name, Layers], Tag("named")] | Annotated[tuple[Layers, ...], Tag("listed")],
        Discriminator(_branches_tag),
        BeforeValidator(_as_branches),
    ]
    """A list of lists of layers, or a mapping name -> list of layers, whose names become scopes."""
    merge: AnyLayer = LayerSpec(type="Concat")
    """The layer that joins the branches, in their order."""

    def inner_layers(self) -> tuple[tuple[LayerSpec, ...], ...]:  # noqa: D102  as above
        branches = self.branches if isinstance(self.branches, tuple) else tuple(self.branches.values())
        return (*branches, (self.merge,))


class InputSpec(Record, frozen=True):
    """An input of the network: its shape without the batch axis."""

    shape: Annotated[
        tuple[int | Expression, ...],
        BeforeValidator(_as_shape),
        Field(min_length=1, json_schema_extra={"maxItems": MAX_AXES}),
    ]
    dtype: Dtype = "float32"


def _expand_shape(value: object) -> object:
    """A list is the short form of an input."""
    return {"shape": cast("list[object]", value)} if isinstance(value, list) else value


Input = Annotated[
    InputSpec,
    BeforeValidator(_expand_shape),
    WithJsonSchema({"definition": "Input"}),
]


def _keys(pattern: str, reserved: "Iterable[str]") -> dict[str, JsonValue]:
    """The schema of a mapping's keys."""
    refused: list[JsonValue] = [*sorted(reserved)]
    names: JsonValue = {"pattern": f"^{pattern}$", "maxLength": MAX_NAME, "not": {"enum": refused}}
    return {"propertyNames": names}


def _identifier(name: str, what: str, reserved: "frozenset[str]") -> str:
    if len(name) > MAX_NAME or not name.isidentifier() or iskeyword(name):
        raise ValueError(
            f"{what} {shown(name)} cannot stand in an expression: "
            f"letters, digits and '_' only, at most {MAX_NAME}"
        )
    if name in reserved:
        raise ValueError(f"{what} {name!r} has a meaning of its own in the spec language; rename it")
    return name


def _as_variable(name: str) -> str:
    return _identifier(name, "variable", RESERVED)


def _as_argument(name: str) -> str:
    return _identifier(name, "argument", RESERVED.union(COMMON_KEYS))


def _as_block(name: str) -> str:
    _as_name(name)
    if name in KINDS or name in CONTAINERS:
        raise ValueError(f"block {name!r} would hide the layer kind of that name; rename it")
    return name


class Block(Record, frozen=True):
    """Layers under a name of their own, with arguments."""

    args: Annotated[
        dict[Annotated[str, AfterValidator(_as_argument)], object],
        Field(json_schema_extra=_keys("[^\\W\\d]\\w*", RESERVED.union(COMMON_KEYS))),
    ] = {}
    """Argument -> default; ``required`` has none."""
    inputs: Annotated[tuple[Name, ...], BeforeValidator(_as_tuple)] = ()
    """Names for what the block reads; left out: one input."""
    layers: Layers
    note: str | None = None
    """What it is, in a line."""
    paper: str | None = None
    """Where it comes from: authors, title, year."""
    about: dict[str, str] = {}
    """Argument -> what it means."""
    params: Expression | None = None
    """Number of parameters as an expression over the arguments and the shape that arrives."""

    @field_validator("about")
    @classmethod
    def _of_arguments(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        arguments = cast("dict[str, object]", info.data.get("args", {}))
        for name in value:
            if name not in arguments:
                raise ValueError(f"{name!r} is not an argument; {nearest(name, arguments)}")
        return value


class Limits(Record, frozen=True):
    """Limits of a network, or of one layer or scope of it."""

    params: Budget | None = None
    """Elements of all weights; tied ones count once."""
    trainable_params: Budget | None = None
    """Elements of the weights that are trained."""
    macs: Budget | None = None
    """Multiply-accumulates of one sample."""
    flops: Budget | None = None
    """Twice the MACs."""
    memory: Budget | None = None
    """Bytes; read, but not judged yet."""
    receptive_field: Budget | None = None
    """Positions of an input, along each axis, that a unit of the output reads."""

    def written(self) -> "Iterator[tuple[Metric, Limit]]":
        """The limits that are given."""
        for metric in METRICS:
            limit = cast("Limit | None", getattr(self, metric))
            if limit is not None:
                yield metric, limit


class Budgets(Limits, frozen=True):
    """Limits of the whole network, and of layers and scopes in it."""

    scopes: dict[str, Limits] = {}
    """Full name of a layer, container, block or repeat -> its own limits."""


class Training(Record, frozen=True):
    """How the network is trained; lets design checks judge norms and size."""

    batch_size: Annotated[int, Field(ge=1)] | None = None
    """Samples in a batch on one device."""
    samples: Annotated[int, Field(ge=1)] | None = None
    """Samples in the training set."""


class Spec(Record, frozen=True):
    """A whole spec file."""

    name: str | None = None
    """Name of the model; left out: the file's."""
    note: str | None = None
    task: str | None = None
    """What the network is for, e.g. classification: lets design checks judge the head and the loss."""
    loss: str | None = None
    """torch.nn's name of the training loss."""
    min_receptive_field: Annotated[int, Field(ge=1)] | None = None
    """Positions of an input, along each axis, that a unit of the output has to see for the task."""
    vars: Annotated[
        dict[Annotated[str, AfterValidator(_as_variable)], object],
        Field(json_schema_extra=_keys("[^\\W\\d]\\w*", RESERVED)),
    ] = {}
    """Numbers and words for expressions, overridable with --set."""
    inputs: Annotated[dict[Name, Input], Field(min_length=1)]
    """Name -> shape without the batch axis, or {shape, dtype}."""
    blocks: Annotated[
        dict[Annotated[str, AfterValidator(_as_block)], Block],
        Field(json_schema_extra=_keys(NAME.pattern, {"input", *KINDS, *CONTAINERS})),
    ] = {}
    """Layers under a name of their own."""
    layers: Annotated[tuple[AnyLayer, ...], Field(min_length=1), BeforeValidator(_as_tuple)]
    """The network, in execution order."""
    outputs: SourceNames | None = None
    """Names of the layers whose outputs leave the network; left out: the last layer."""
    training: Training = Training()
    """How it is trained: batch_size, samples."""
    budgets: Budgets = Budgets()
    """Limits: params, macs, flops, memory, receptive_field; of the network and of scopes in it."""
    ignore: Codes = ()
    """Codes of design rules that do not apply to this file."""


CONTAINER_MODELS: dict[object, type[LayerSpec]] = {
    "Sequential": Sequential,
    "Residual": Residual,
    "Branches": Branches,
}
