"""A network of one layer, one of whose arguments is varied."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, SpecError, nearest
from archcalc.quantities.table import measured
from archcalc.solving.searching import tried
from archcalc.solving.solution import solution
from archcalc.solving.varying import GivenNetwork, Varied
from archcalc.spec.values import RESERVED
from archcalc.tuples import NamedTuple
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.expressions import Value
    from archcalc.solving.solution import Solution
    from archcalc.solving.wants import Want

MAX_COMBINATIONS = 64
"""Of different values along the axes."""
VALUE = "value"
"""The variable of an argument whose name an expression uses otherwise."""


class LayerSolution(NamedTuple):
    """What was found for an argument.

    Args:
        same: with one value for all axes.
        each: where none such has it, values for every axis on its own that have, all of them.
    """

    same: "Solution"
    each: tuple[tuple[int, ...], ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is an answer."""
        return self.same.found or bool(self.each)


class LoneLayer(NamedTuple):
    """A layer alone.

    Args:
        kind: its type.
        inputs: name -> shape, or shape and dtype, as a spec has them.
        arguments: key -> value.
    """

    kind: str
    inputs: "Mapping[str, object]"
    arguments: "Mapping[str, object]"


def argument_varied(layer: LoneLayer, key: str) -> Varied:
    """The argument of a layer that takes the values.

    Raises:
        Fault: the layer has none of that name, or it is no number.
        SpecError: the layer cannot be read.
    """
    from archcalc.layers.registry import KINDS, kind
    from archcalc.loading import load

    known = list(kind(layer.kind).model_fields) if layer.kind in KINDS else list(layer.arguments)
    if layer.kind in KINDS and key not in known:
        raise Fault(f"{layer.kind} has no argument {key!r}", hint=nearest(key, known))
    given = layer.arguments.get(key)
    default = kind(layer.kind).model_fields[key].default if layer.kind in KINDS else None
    if isinstance(given if given is not None else default, bool | float | str):
        fact = (
            f"{key} of {layer.kind} is no whole number but {shown(given if given is not None else default)}"
        )
        raise Fault(fact, hint="solve tries whole numbers")
    name = VALUE if key in RESERVED else key
    start = next((each for each in (given, default) if type(each) is int), None)
    entry = {"type": layer.kind, "from": list(layer.inputs), **_channels(layer), **layer.arguments}
    if layer.kind.isidentifier():
        entry.setdefault("name", layer.kind.lower())
    data = {
        "name": layer.kind,
        "vars": {name: 1 if start is None else start},
        "inputs": dict(layer.inputs),
        "layers": [{**entry, key: f"={name}"}],
    }
    return Varied(GivenNetwork(load(data)), (name,), start=start)


def _channels(layer: LoneLayer) -> dict[str, object]:
    """As many channels leave as arrive, where nothing says how many and the kind asks for it."""
    from archcalc.layers.registry import KINDS, kind

    field = kind(layer.kind).model_fields.get("out_channels") if layer.kind in KINDS else None
    first = next(iter(layer.inputs.values()))
    shape = cast("Mapping[str, object]", first)["shape"] if isinstance(first, dict) else first
    sizes = cast("Sequence[int]", shape)
    return {"out_channels": sizes[0]} if field is not None and field.is_required() and len(sizes) > 1 else {}


def layer_solution(varied: Varied, wanted: "Sequence[Want]", values: "Sequence[int]") -> LayerSolution:
    """The values of an argument that give what is wanted: one for all axes, else one for each.

    Raises:
        Fault: the argument changes nothing of it.
        SpecError: the layer cannot be read.
    """
    same = solution(varied, wanted, values)
    return LayerSolution(same, () if same.kept else tuple(_by_axis(varied, wanted, values)))


def _by_axis(
    varied: Varied, wanted: "Sequence[Want]", values: "Sequence[int]"
) -> "Iterator[tuple[int, ...]]":
    """Values for every axis on its own: those that give the size along each, put together and traced."""
    shapes = [want.value for want in wanted if isinstance(want.value, tuple) and want.sign == "="]
    if len(shapes) != 1 or len(wanted) > 1:
        return
    ranked = measured(varied.traced(varied.start or 1), {"output_shape": wanted[0].quantity})
    positions = len(cast("tuple[int, ...]", ranked["output_shape"])) - 1
    sizes = shapes[0][-positions:] if len(shapes[0]) >= positions else shapes[0] * positions
    if positions < 2 or None in sizes:  # noqa: PLR2004  one axis has one value
        return
    ways = [_along(varied, wanted[0], axis, size, values) for axis, size in enumerate(sizes)]
    for number, each in enumerate(product(*ways)):
        if number == MAX_COMBINATIONS:
            return
        try:
            figures = measured(varied.traced(cast("Value", list(each))), {"output_shape": wanted[0].quantity})
        except SpecError:
            continue
        if wanted[0].kept(figures):
            yield each


def _along(
    varied: Varied, want: "Want", axis: int, size: int | None, values: "Sequence[int]"
) -> "Sequence[int]":
    """The values that give a size along one axis of positions."""
    one = replace(want, value=Fraction(size or 0), axis=axis + 1)
    found = tried(varied, (one,), values)
    return [value for value in found.valid() if one.kept(found.at(value) or {})]
