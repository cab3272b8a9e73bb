"""Blocks: layers under a name of their own, with arguments."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from archcalc.errors import nearest
from archcalc.spec.layers import COMMON_KEYS, Layers
from archcalc.spec.values import (
    IDENTIFIER,
    RESERVED,
    Expression,
    Name,
    OutputNames,
    Record,
    as_tuple,
    identifier,
    keys,
    named_outputs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

RESERVED_ARGUMENTS = RESERVED.union(COMMON_KEYS)


class Block(Record, frozen=True):
    """Layers under a name of their own, with arguments."""

    args: Annotated[
        dict[Annotated[str, AfterValidator(partial(identifier, "argument", RESERVED_ARGUMENTS))], object],
        Field(json_schema_extra=keys(IDENTIFIER, RESERVED_ARGUMENTS)),
    ] = Field(default={})
    """Argument -> default; ``required`` has none."""
    inputs: Annotated[tuple[Name, ...], BeforeValidator(as_tuple)] = ()
    """Names for what the block reads; left out: one input."""
    layers: Layers
    outputs: OutputNames = ()
    """Name -> layer inside, or names of layers, for what is read from outside: ``from: use.low``.

    The first one is what the next layer reads; left out: the last layer.
    """
    note: str | None = None
    """What it is, in a line."""
    paper: str | None = None
    """Where it comes from: authors, title, year."""
    copies: bool = False
    """Whether torch's module of this name begins with copies of one layer."""
    about: dict[str, str] = Field(default={})
    """Argument -> what it means."""
    params: Expression | None = None
    """Number of parameters as an expression over the arguments and the shape that arrives."""

    @property
    def outputs_by_name(self) -> "Mapping[str, str]":
        """Name of an output -> what it is inside; in a list the last step of a name is the output's."""
        return named_outputs(self.outputs)

    @field_validator("about")
    @classmethod
    def _of_arguments(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        arguments = cast("dict[str, object]", info.data.get("args", {}))
        for name in value:
            if name not in arguments:
                raise ValueError(f"{name!r} is not an argument; {nearest(name, arguments)}")
        return value
