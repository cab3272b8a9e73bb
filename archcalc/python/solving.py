"""The command that looks for sizes: solve; and the formulas of a network."""

from dataclasses import fields
from typing import TYPE_CHECKING, Unpack

from archcalc.errors import Fault
from archcalc.python.opening import as_model, is_module, shapes_given, values_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass
from archcalc.solving import formulas as in_names
from archcalc.solving import solution as searched
from archcalc.solving.one_layer import LoneLayer, argument_varied, layer_solution
from archcalc.solving.ranges import MOST
from archcalc.solving.valid_sizes import ValidSizes, all_valid_sizes, input_axes
from archcalc.solving.varying import GivenNetwork, varied
from archcalc.solving.wants import wants

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.facts import Shape
    from archcalc.python.opening import GivenOptions, Network
    from archcalc.render.cells import Table


@dataclass(frozen=True, repr=False)
class Solved(Shown, searched.Solution):
    """Values that have what is wanted (``kept``), and those that are told with their figures (``rows``).

    Args:
        by_axis: of an argument of a layer, values for every axis on its own.
    """

    by_axis: tuple[tuple[int, ...], ...] = ()

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc solve`` prints."""
        from archcalc.render.solving import solution_table

        return [solution_table(self, self.by_axis)]


@dataclass(frozen=True, repr=False)
class SizesTaken(Shown):
    """Valid values; ``64 in found.sizes[0]`` asks for one."""

    sizes: tuple[ValidSizes, ...]

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc solve --sizes`` prints."""
        from archcalc.render.solving import sizes_table

        return [sizes_table(self.sizes)]


@dataclass(frozen=True, repr=False)
class FormulasOfNetwork(Shown, in_names.Formulas):
    """Sizes, parameters and MACs in names."""

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc shapes --symbolic`` prints."""
        from archcalc.render.formulas import formulas_table

        return [formulas_table(self, ("output", "params", "macs"))]


def solve(
    network: "Network",
    name: str,
    want: "str | Iterable[str]",
    *,
    values: "Sequence[int]" = range(1, MOST + 1),
    **given: "Unpack[GivenOptions]",
) -> Solved:
    """The nearest values that give wanted figures, as ``archcalc solve`` has them.

    Args:
        network: a spec, its name or file, or its data.
        name: a variable or a size of an input, ``image[1]``; several with commas: all with one value.
        want: ``"params=1M"``, ``"memory<=24MiB"``, ``"output_shape=512,7,7"``, or several.
        values: that are tried.
        given: ``set`` and ``input``, as on the command line.

    Raises:
        Fault: something is unknown, contradictory, or changes nothing.
        SpecError: the spec cannot be read.
    """
    wanted = wants([want] if isinstance(want, str) else want)
    return _solved(searched.solution(varied(_network(network, given), name), wanted, _tried(values)))


def solve_layer(
    kind: str,
    arriving: "Shape",
    name: str,
    want: "str | Iterable[str]",
    *,
    values: "Sequence[int]" = range(MOST + 1),
    **arguments: object,
) -> Solved:
    """The values of a layer's argument that give a wanted size, as ``archcalc solve Conv2d ...`` has them.

    Args:
        kind: of the layer.
        arriving: the shape that arrives, without the batch.
        name: the argument that is looked for.
        want: ``"output=112"``: all positions; ``"output_shape=64,112,112"``.
        values: that are tried.
        arguments: the other arguments.

    Raises:
        Fault: something is unknown, or the argument changes nothing.
        SpecError: the layer cannot be read.
    """
    layer = LoneLayer(kind, {"x": list(arriving)}, arguments)
    wanted = wants([want] if isinstance(want, str) else want)
    found = layer_solution(argument_varied(layer, name), wanted, _tried(values))
    return _solved(found.same, found.each)


def input_sizes(network: "Network", name: str | None = None, **given: "Unpack[GivenOptions]") -> SizesTaken:
    """The valid sizes of all inputs, or values of a variable or size, as ``archcalc solve --sizes`` has them.

    Args:
        network: a spec, its name or file, or its data.
        name: a variable or a size of an input; None: all sizes.
        given: ``set`` and ``input``, as on the command line.

    Raises:
        Fault: there is nothing of that name.
        SpecError: the spec cannot be read.
    """
    opened = _network(network, given)
    asked = input_axes(opened) if name is None else (varied(opened, name),)
    return SizesTaken(tuple(all_valid_sizes(asked)))


def symbolic_formulas(network: "Network", **given: "Unpack[GivenOptions]") -> FormulasOfNetwork:
    """Sizes, parameters and MACs in names, and where they hold, as ``archcalc shapes --symbolic`` has them.

    Args:
        network: a spec, its name or file, or its data.
        given: ``set`` and ``input``, as on the command line.

    Raises:
        SpecError: the spec cannot be read or traced.
    """
    model = as_model(network, given)
    found = in_names.formulas_of(
        model, values_given(given), {} if is_module(network) else shapes_given(given)
    )
    return FormulasOfNetwork(**{each.name: getattr(found, each.name) for each in fields(found)})


def _network(network: "Network", given: "GivenOptions") -> GivenNetwork:
    if is_module(network):
        raise Fault(
            "a torch module is read at one size", hint="solve the spec that `archcalc import` makes of it"
        )
    return GivenNetwork(as_model(network, given), values_given(given), shapes_given(given))


def _tried(values: "Sequence[int]") -> "Sequence[int]":
    if not values:
        raise Fault(f"needs values to try, got {values!r}", hint="as range(1, 4097)")
    return sorted(set(values))


def _solved(found: searched.Solution, each: tuple[tuple[int, ...], ...] = ()) -> Solved:
    return Solved(**{own.name: getattr(found, own.name) for own in fields(found)}, by_axis=each)
