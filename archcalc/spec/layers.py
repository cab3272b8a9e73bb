"""KnownEntries of a list of layers: kinds and blocks with their arguments, and the containers."""

from typing import TYPE_CHECKING, Annotated, TypeAlias, cast

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    StringConstraints,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from archcalc.spec.values import (
    Codes,
    Dotted,
    Expected,
    Expression,
    Frozen,
    Name,
    OutputNames,
    Record,
    SourceNames,
    WrittenSizes,
    as_reference,
    as_tuple,
    named_outputs,
)
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.source import Path

INIT, WITH_INIT = "init", frozenset({"PReLU"})
"""The key, and the kinds that torch gave an argument of this name."""
MAX_TYPE = 510
"""Longer than any name; what begins with ``=`` has the limit of expressions."""


class LayerSpec(Record, frozen=True, extra="allow"):
    """A layer: a kind or a block with its arguments, and the keys every layer may have."""

    type: Annotated[str, StringConstraints(max_length=MAX_TYPE)]
    """A layer kind, a block, or an expression that gives the name of one."""
    name: Dotted | None = None
    """Name within the scope; left out: ``type_index``.

    Dots lead into scopes, made where they are not there yet: ``layer1.0.conv1``. Braces hold expressions;
    with ``i`` in them every turn of a ``repeat`` has its own name in the scope around: ``layer_{i + 1}``.
    """
    from_: SourceNames | None = Field(default=None, alias="from")
    """What it reads: names of layers, inputs, or outputs (``encoder.h_n``); left out: the layer before."""
    repeat: Annotated[int, Field(ge=0)] | Expression | None = None
    """Put it so many times in a row; ``i`` counts from 0."""
    when: bool | Expression = True
    """Leave the layer out when false."""
    frozen: Frozen = False
    """Its weights are not trained; of a single layer also a list of those that are not: ``[weight]``."""
    tie: str | None = None
    """Share the weights of the layer of this name."""
    init: str | float | None = None
    """How its weights are first drawn: ``kaiming_normal``, ``trunc_normal:0.02``; left out: as torch does.

    Of a container or block it is said for all layers inside. A kind with an argument of this name keeps it.
    """
    expect: Expected | None = None
    """The shape that must come out, without the batch; of several outputs the first, or output -> shape."""
    note: str | None = None
    """A remark for readers."""
    ignore: Codes = ()
    """Codes of design rules that do not apply here."""

    @property
    def arguments(self) -> "Mapping[str, object]":
        """The keys that belong to the kind or the block."""
        extra = self.__pydantic_extra__ or {}
        return {**extra, INIT: self.init} if self.init is not None and self.has_own_init else extra

    @property
    def has_own_init(self) -> bool:
        """Whether ``init`` is an argument of its kind, and not how weights are drawn."""
        return self.type in WITH_INIT

    def ways(self) -> "Ways":
        """The lists of layers that a container holds, each with its path below."""
        return ()


COMMON_KEYS = tuple(field.alias or name for name, field in LayerSpec.model_fields.items())


class Sequential(LayerSpec, frozen=True, extra="forbid"):
    """Layers one behind the other."""

    layers: "Layers"
    numbered: bool = False
    """Name the layers that have no name 0, 1, 2 ... as torch's Sequential does.

    A layer that is left out takes no number; every turn of a repeat takes one.
    """
    reopen: bool = False
    """Go on with the scope of this name, which stands above: names in it are still taken."""

    def ways(self) -> "Ways":  # noqa: D102  as above
        return ((("layers",), self.layers),)


class Vmap(LayerSpec, frozen=True, extra="forbid"):
    """Layers applied to every position of an axis of a sample by itself, with the same weights (torch.vmap).

    The axis joins the batch, over which a BatchNorm takes its statistics.
    """

    in_dims: int | Expression = 0
    """The axis of a sample along which they are applied; it is the first one behind them."""
    layers: "Layers"

    def ways(self) -> "Ways":  # noqa: D102  as above
        return ((("layers",), self.layers),)


class ScanState(Record, frozen=True):
    """A state of a recurrence: what it begins with, and what it is at the next step."""

    shape: WrittenSizes | Expression | None = None
    """Its shape without the batch, where it begins with zeros."""
    from_: Annotated[str, BeforeValidator(as_reference)] | None = Field(default=None, alias="from")
    """The layer that gives its first value; else it has a ``shape``."""
    next: Annotated[str, BeforeValidator(as_reference)]
    """The layer inside, or another state, that it is at the next step."""

    @model_validator(mode="after")
    def _begins(self) -> "ScanState":
        if (self.shape is None) == (self.from_ is None):
            raise ValueError(
                "a state begins with zeros of a `shape`, or with what a layer gives (`from`): one of the two"
            )
        return self


class Scan(LayerSpec, frozen=True, extra="forbid"):
    """Layers called for every position of a sequence in turn, with the states of the one before (lax.scan).

    It gives what the steps give, stacked, and the last value of every state under its name with ``_n``.
    """

    inputs: Annotated[tuple[Name, ...], BeforeValidator(as_tuple)] = ()
    """Names inside for the positions of the sequences in ``from``; left out: one, called ``input``."""
    states: Annotated[dict[Name, ScanState], Field(min_length=1)]
    """Name inside -> {shape or from, next}."""
    layers: "Layers"
    """The layers of one step. They may read layers above the Scan too, which are the same at every step."""
    outputs: OutputNames = ()
    """Name -> layer inside, or names of layers, whose outputs are stacked; left out: the last one."""

    @property
    def outputs_by_name(self) -> "Mapping[str, str]":
        """Name of an output -> what it is inside; none: the last layer."""
        return named_outputs(self.outputs)

    def ways(self) -> "Ways":  # noqa: D102  as above
        return ((("layers",), self.layers),)


class Residual(LayerSpec, frozen=True, extra="forbid"):
    """A body and a shortcut around it, merged."""

    body: "Layers"
    shortcut: "Layers" = ()
    """Left out: the identity."""
    merge: "AnyLayer" = LayerSpec(type="Add")
    """The layer that joins the two, body first."""

    def ways(self) -> "Ways":  # noqa: D102  as above
        return ((("body",), self.body), (("shortcut",), self.shortcut))


def _as_branches(value: object) -> object:
    if not isinstance(value, list | dict):
        raise ValueError(f"needs a list or a mapping of branches, each a list of layers, got {shown(value)}")  # noqa: TRY004  pydantic retells it
    if not value:
        raise ValueError("needs at least 1 branch, got none")
    return as_tuple(cast("object", value))


def _branches_tag(value: object) -> str:
    return "named" if isinstance(value, dict) else "listed"


class Branches(LayerSpec, frozen=True, extra="forbid"):
    """Branches that read the same input, merged."""

    branches: Annotated[
        Annotated[dict[Name, "Layers"], Tag("named")] | Annotated[tuple["Layers", ...], Tag("listed")],
        Discriminator(_branches_tag),
        BeforeValidator(_as_branches),
    ]
    """A list of lists of layers, or a mapping name -> list of layers, whose names become scopes."""
    merge: "AnyLayer" = LayerSpec(type="Concat")
    """The layer that joins the branches, in their order."""

    def ways(self) -> "Ways":  # noqa: D102  as above
        named = enumerate(self.branches) if isinstance(self.branches, tuple) else self.branches.items()
        return tuple((("branches", name), layers) for name, layers in named)


CONTAINERS: dict[str, type[LayerSpec]] = {
    "Sequential": Sequential,
    "Vmap": Vmap,
    "Scan": Scan,
    "Residual": Residual,
    "Branches": Branches,
}


def within(entry: LayerSpec) -> "Iterator[tuple[Path, LayerSpec]]":
    """The entries that a container holds, its merge too, each with its path below."""
    for below, layers in entry.ways():
        yield from (((*below, index), layer) for index, layer in enumerate(layers))
    if isinstance(entry, Residual | Branches):
        yield ("merge",), entry.merge


PLAIN = frozenset({str, int, float, bool})
MAX_SHARED = 4_000
"""KnownEntries that others are compared with."""


class KnownEntries(dict[object, LayerSpec]):
    """The entries of one spec, as they are written: those that are written alike are one record."""


def _entry(value: object, info: ValidationInfo) -> LayerSpec:
    """An entry as the record of its container, or of kinds and blocks; a bare word has its defaults.

    The union of all would be built whole, although few specs hold more than one or two kinds of containers.
    """
    if isinstance(value, LayerSpec):
        return value
    known, alike = info.context, _written(value)
    if alike is None or not isinstance(known, KnownEntries):
        return _record(value, known)
    found = known.get(alike)
    if found is None:
        found = _record(value, known)
        if len(known) < MAX_SHARED:
            known[alike] = found
    return found


def _written(value: object) -> object:
    """What entries of words and numbers have in common that are written alike; None: it holds more."""
    if not isinstance(value, dict):
        return value if isinstance(value, str) else None
    written = cast("Mapping[str, object]", value)
    values = tuple(written.values())
    kinds = tuple(map(type, values))  # 1, 1.0 and true are equal
    return (tuple(written), values, kinds) if PLAIN.issuperset(kinds) else None


def _record(value: object, known: object) -> LayerSpec:
    if isinstance(value, str):
        return LayerSpec(type=value)
    if not isinstance(value, dict):
        raise ValueError("a layer is a word such as ReLU or a mapping with `type`")  # noqa: TRY004  pydantic retells it
    written = cast("Mapping[str, object]", value)
    kind = written.get("type")
    record = CONTAINERS.get(kind, LayerSpec) if isinstance(kind, str) else LayerSpec
    return record.model_validate(written, context=known)


if TYPE_CHECKING:
    AnyLayer = LayerSpec
else:  # else the schema of a record that this does not check would be built, to write it
    AnyLayer = Annotated[object, PlainValidator(_entry), WithJsonSchema({"definition": "Layer"})]
Layers = Annotated[tuple[AnyLayer, ...], BeforeValidator(as_tuple)]
Ways: TypeAlias = "tuple[tuple[Path, tuple[LayerSpec, ...]], ...]"
