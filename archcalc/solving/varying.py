"""What is varied: variables of a network and sizes of its inputs, all with one value."""

import re
from dataclasses import field, replace
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, SpecError, nearest
from archcalc.facts import Tensor
from archcalc.records import dataclass
from archcalc.tracing import trace
from archcalc.tracing.setup import network_inputs, variables
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.expressions import Value
    from archcalc.facts import Arriving, Shape
    from archcalc.loading import Model
    from archcalc.tracing import Trace

AXIS = re.compile(r"(.+?)(?:\[(\d{1,3})\]|\.(\d{1,3}))")
"""A size of an input: ``image[1]`` or ``image.1``."""


@dataclass(frozen=True, slots=True)
class GivenNetwork:
    """A spec with what is given in the place of what it says.

    Args:
        model: the spec.
        settings: variable -> value.
        inputs: input -> what arrives.
    """

    model: "Model"
    settings: "Mapping[str, Value]" = field(default_factory=dict[str, "Value"])
    inputs: "Mapping[str, Arriving]" = field(default_factory=dict[str, "Arriving"])

    def shape_written(self, name: str) -> "Shape":
        """The shape of an input as it is given or written: expressions stand in it as texts."""
        given = self.inputs.get(name, cast("Shape", self.model.spec.inputs[name].shape))
        return given.shape if isinstance(given, Tensor) else given

    def sizes(self, name: str) -> "Shape":
        """The sizes of an input.

        Raises:
            SpecError: they cannot be calculated.
        """
        values = variables(self.model, self.settings)
        return network_inputs(self.model, values, self.inputs)[name].shape


@dataclass(frozen=True, slots=True)
class Varied:
    """What takes the values that are tried.

    Args:
        network: what it is a part of.
        names: variables.
        axes: sizes of inputs.
        start: the value that the network has; None: it has none yet.
    """

    network: GivenNetwork
    names: tuple[str, ...]
    axes: tuple[tuple[str, int], ...] = ()
    start: int | None = None

    def __str__(self) -> str:
        return " = ".join((*self.names, *(f"{name}[{axis}]" for name, axis in self.axes)))

    def given(self, value: "Value") -> "tuple[dict[str, Value], dict[str, Arriving]]":
        """Variables and inputs where this is the value; it may be a size that remembers."""
        network, shapes = self.network, dict[str, list[object]]()
        for name, axis in self.axes:
            shapes.setdefault(name, list(network.shape_written(name)))[axis] = value
        inputs = dict(network.inputs)
        for name, sizes in shapes.items():
            shape, before = cast("Shape", tuple(sizes)), inputs.get(name)
            inputs[name] = replace(before, shape=shape) if isinstance(before, Tensor) else shape
        return {**network.settings, **dict.fromkeys(self.names, value)}, inputs

    def traced(self, value: "Value") -> "Trace":
        """The network at a value.

        Raises:
            SpecError: it refuses the value.
        """
        return trace(self.network.model, *self.given(value))


def varied(network: GivenNetwork, written: str) -> Varied:
    """What a person means: ``width``, ``image[1]`` or ``image.1``, several with commas: all with one value.

    Raises:
        Fault: there is nothing of that name, or it is no whole number.
        SpecError: its value cannot be calculated.
    """
    spec = network.model.spec
    names: list[str] = []
    axes: list[tuple[str, int]] = []
    for word in re.split(r"[,=]", written):
        name = word.strip()
        match = AXIS.fullmatch(name)
        if name in spec.vars:
            names.append(name)
        elif match is not None and match[1] in spec.inputs:
            axes.append((match[1], _axis(network, match[1], int(match[2] or match[3]))))
        elif name in spec.inputs and len(network.shape_written(name)) == 1:
            axes.append((name, 0))
        else:
            raise _unknown(network, name)
    return Varied(
        network, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(axes)), _start(network, names, axes)
    )


def _axis(network: GivenNetwork, name: str, axis: int) -> int:
    known = len(network.shape_written(name))
    if axis >= known:
        last = f"the last one is {name}[{known - 1}]" if known else "it is a number a sample"
        raise Fault(f"input {name!r} has {known} axes without the batch, no {name}[{axis}]", hint=last)
    return axis


def _unknown(network: GivenNetwork, name: str) -> Fault:
    known = [*network.model.spec.vars, *size_names(network)]
    if name in network.model.spec.inputs:
        own = [each for each in size_names(network) if each.startswith(f"{name}[")]
        positions = own[1:] if len(own) > 1 else own
        together = f", or several with one value: --for {','.join(positions)}" if len(positions) > 1 else ""
        return Fault(f"{name!r} is an input: which of its sizes?", hint=f"one of {', '.join(own)}{together}")
    return Fault(f"no variable or size {name!r} to solve for", hint=nearest(name, known))


def size_names(network: GivenNetwork) -> "Iterator[str]":
    """What the sizes of the inputs are called."""
    for name in network.model.spec.inputs:
        yield from (f"{name}[{axis}]" for axis in range(len(network.shape_written(name))))


def _start(network: GivenNetwork, names: "list[str]", axes: "list[tuple[str, int]]") -> int | None:
    """The first value that the network has for what is varied."""
    found: int | None = None
    if names:
        values = variables(network.model, network.settings)
        for name in names:
            value = values.get(name)
            if type(value) is not int and value is not None:
                fact = f"{name!r} is no whole number but {shown(value)}"
                raise Fault(fact, hint="solve tries whole numbers; give others with --set")
            found = value if found is None and type(value) is int else found
    if found is None and axes:
        try:
            found = network.sizes(axes[0][0])[axes[0][1]]
        except SpecError:
            return None
    return found
