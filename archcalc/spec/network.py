"""The whole of a spec file: inputs, variables, blocks, layers, and what the network is for."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from archcalc.layers.registry import KINDS
from archcalc.spec.blocks import Block
from archcalc.spec.goals import KnownLoss, KnownTask
from archcalc.spec.layers import CONTAINERS, AnyLayer
from archcalc.spec.limits import Budgets
from archcalc.spec.values import (
    IDENTIFIER,
    MAX_AXES,
    NAME,
    RESERVED,
    Codes,
    Expression,
    Name,
    Record,
    SourceNames,
    as_name,
    as_tuple,
    identifier,
    keys,
    written_as,
)

Dtype = Literal[
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "complex64",
    "complex128",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
]


def _as_shape(value: object) -> object:
    if not isinstance(value, list):
        return value
    sizes = cast("list[object]", value)
    if len(sizes) > MAX_AXES:
        raise ValueError(f"needs at most {MAX_AXES} sizes, got {len(sizes)}")
    return tuple(sizes)


InputSizes = Annotated[
    tuple[int | Expression, ...],
    BeforeValidator(_as_shape),
    Field(json_schema_extra={"maxItems": MAX_AXES}),
]
"""A shape without the batch axis; []: a number a sample."""


class InputSpec(Record, frozen=True):
    """An input of the network: its shape without the batch axis."""

    shape: InputSizes
    dtype: Dtype = "float32"


def _expand_shape(value: object) -> object:
    """A list is the short form of an input."""
    return {"shape": cast("list[object]", value)} if isinstance(value, list) else value


Input = Annotated[InputSpec, BeforeValidator(_expand_shape), WithJsonSchema({"definition": "Input"})]


def _as_block(name: str) -> str:
    as_name(name)
    if name == "input":
        raise ValueError("the name 'input' means what arrives: give the block another one")
    if name in KINDS or name in CONTAINERS:
        raise ValueError(f"block {name!r} would hide the layer kind of that name; rename it")
    return name


class Training(Record, frozen=True):
    """How the network is trained; lets design checks judge norms and size."""

    batch_size: Annotated[int, Field(ge=1)] | None = None
    """Samples in a batch on one device."""
    samples: Annotated[int, Field(ge=1)] | None = None
    """Samples in the training set."""
    drop_last: bool = False
    """Leave out the last batch of an epoch where it has fewer samples than the others."""
    target: InputSizes | None = None
    """Shape, without the batch, that must come out: of what the loss compares the first output with."""


if TYPE_CHECKING:
    OwnTraining = Training
    OwnBudgets = Budgets
    OwnBlock = Block
else:  # most specs have none of them: their schemas are built when they have
    OwnTraining, OwnBudgets, OwnBlock = (
        Annotated[
            object,
            PlainValidator(partial(written_as, record)),
            WithJsonSchema({"definition": record.__name__}),
        ]
        for record in (Training, Budgets, Block)
    )


class Spec(Record, frozen=True):
    """A whole spec file."""

    name: str | None = None
    """Name of the model; left out: the file's."""
    note: str | None = None
    task: KnownTask = None
    """What the network is for, e.g. classification: lets design checks judge the head and the loss.

    One that is none of the known tasks is written ``{custom: name}``.
    """
    loss: KnownLoss = None
    """torch.nn's name of the training loss; another one is written ``{custom: name}``."""
    min_receptive_field: Annotated[int, Field(ge=1)] | None = None
    """Positions of an input, along each axis, that a unit of the output has to see for the task."""
    vars: Annotated[
        dict[Annotated[str, AfterValidator(partial(identifier, "variable", RESERVED))], object],
        Field(json_schema_extra=keys(IDENTIFIER, RESERVED)),
    ] = Field(default={})
    """Numbers and words for expressions, overridable with --set."""
    inputs: Annotated[dict[Name, Input], Field(min_length=1)]
    """Name -> shape without the batch axis, or {shape, dtype}."""
    blocks: Annotated[
        dict[Annotated[str, AfterValidator(_as_block)], OwnBlock],
        Field(json_schema_extra=keys(NAME.pattern, {"input", *KINDS, *CONTAINERS})),
    ] = Field(default={})
    """Layers under a name of their own."""
    layers: Annotated[tuple[AnyLayer, ...], Field(min_length=1), BeforeValidator(as_tuple)]
    """The network, in execution order."""
    outputs: SourceNames | None = None
    """Names of the layers whose outputs leave the network; left out: the last layer."""
    training: OwnTraining = Training.model_construct()
    """How it is trained: batch_size, samples, drop_last, and the shape of the target."""
    budgets: OwnBudgets = Budgets.model_construct()
    """Limits: params, macs, flops, receptive_field; of the network and of scopes in it."""
    ignore: Codes = ()
    """Codes of design rules that do not apply to this file."""
