"""What is swept over: the axes, and the candidates that are all combinations of their values."""

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Literal, cast

from archcalc.errors import Fault, nearest
from archcalc.facts import Tensor
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archcalc.expressions import Value
    from archcalc.facts import Arriving
    from archcalc.loading import Model

    Codes = Mapping[str, NDArray[np.int64]]
    """Axis -> which of its values, for every candidate."""

MAX_CANDIDATES = 2**53


@dataclass(frozen=True, slots=True)
class SweptAxis:
    """What takes several values.

    Args:
        name: a variable, an input, or a size of an input as ``image[1]``.
        kind: which of these.
        values: different ones, at least one.
    """

    name: str
    kind: Literal["variable", "input", "size"]
    values: tuple[object, ...]

    @property
    def is_number(self) -> bool:
        """Whether it takes whole numbers alone, several of them: what a trace can follow."""
        return len(self.values) > 1 and all(type(value) is int for value in self.values)


@dataclass(frozen=True)
class Space:
    """All candidates: every combination of the values, the last axis the fastest.

    Args:
        axes: what is given, each name once.
        inputs: what arrives, in every candidate; of sizes that are swept, any.
    """

    axes: tuple[SweptAxis, ...]
    inputs: "Mapping[str, Arriving]"

    def __post_init__(self) -> None:
        if self.count > MAX_CANDIDATES:
            raise Fault(f"{self.count:,} candidates are too many", hint="give fewer values, or a larger step")

    @cached_property
    def count(self) -> int:
        """How many candidates there are."""
        return prod(len(axis.values) for axis in self.axes)

    def codes(self, candidates: "NDArray[np.int64]") -> "Codes":
        """Which values the candidates have, by their numbers from 0 on."""
        found: dict[str, NDArray[np.int64]] = {}
        left = candidates
        for axis in reversed(self.axes):
            found[axis.name] = left % len(axis.values)
            left = left // len(axis.values)
        return {axis.name: found[axis.name] for axis in self.axes}

    def values(self, name: str) -> "NDArray[np.int64]":
        """The values of an axis as an array; what is no whole number of 64 bits as it is."""
        return array_of(next(axis.values for axis in self.axes if axis.name == name))

    def at(self, codes: "Mapping[str, int]") -> "tuple[dict[str, Value], dict[str, Arriving]]":
        """Variables and inputs of one candidate."""
        settings: dict[str, Value] = {}
        inputs = dict(self.inputs)
        for axis in self.axes:
            value = axis.values[codes[axis.name]]
            if axis.kind == "variable":
                settings[axis.name] = cast("Value", value)
            elif axis.kind == "input":
                inputs[axis.name] = cast("Arriving", value)
            else:
                name, _, place = axis.name[:-1].rpartition("[")
                inputs[name] = _with_size(inputs[name], int(place), cast("int", value))
        return settings, inputs


def array_of(values: "Sequence[object]") -> "NDArray[np.int64]":
    """Values as an array: of 64 bits where all are such numbers, else of Python's objects."""
    import numpy as np

    if all(type(value) is int and -(2**63) <= value < 2**63 for value in values):
        return np.array(values, np.int64)
    found = np.empty(len(values), object)
    for index, value in enumerate(values):
        found[index] = value
    return cast("NDArray[np.int64]", found)


def _with_size(arriving: "Arriving", axis: int, size: int) -> "Arriving":
    shape = arriving.shape if isinstance(arriving, Tensor) else arriving
    new = (*shape[:axis], size, *shape[axis + 1 :])
    return Tensor(new, arriving.dtype) if isinstance(arriving, Tensor) else new


def swept(
    model: "Model",
    settings: "Mapping[str, Sequence[Value]]",
    inputs: "Mapping[str, Sequence[tuple[Arriving, Mapping[int, Sequence[int]]]]]",
) -> Space:
    """The space of a network.

    Args:
        model: its spec.
        settings: variable -> values.
        inputs: input -> what arrives; each with the sizes that take several values, by their places.

    Raises:
        Fault: the spec has no such variable or input, or something has no values.
    """
    for what, option, given, known in (
        ("variable", "--set", settings, model.spec.vars),
        ("input", "--input", inputs, model.spec.inputs),
    ):
        for name in given:
            if name not in known:
                hint = nearest(name, known) if known else f"the spec has none: {option} has nothing to set"
                raise Fault(f"the spec has no {what} {name!r}", hint=hint)
            if not given[name]:
                raise Fault(f"{name!r} has no values")
    axes = [SweptAxis(name, "variable", tuple(values)) for name, values in settings.items()]
    fixed: dict[str, Arriving] = {}
    for name, ways in inputs.items():
        fixed[name], sizes = ways[0]
        if len(ways) > 1:
            axes.append(SweptAxis(name, "input", tuple(way for way, _ in ways)))
        axes += [SweptAxis(f"{name}[{place}]", "size", tuple(values)) for place, values in sizes.items()]
    return Space(tuple(axes), fixed)
