"""The cure that gives inputs of a network other sizes."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, SetValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.analyses.resizing import Fits, Source
    from archcalc.rules.context import Context


def fitting_sizes(context: "Context", fits: "Mapping[Source, Fits]") -> "Iterable[Cure]":
    """Inputs of sizes that fit: along each axis the nearest one, then larger ones, then smaller ones."""
    choices: list[dict[Source, int]] = [{}, {}, {}]
    for source, found in fits.items():
        size = context.trace.inputs[source.input].shape[source.axis]
        known = [each for each in (found.over, found.below) if each is not None]
        for choice, wanted in zip(
            choices, (min(known, key=lambda each: abs(each - size)), found.over, found.below), strict=True
        ):
            if wanted is not None:
                choice[source] = wanted
    whole = [choice for choice in choices if choice and len(choice) == len(fits)]
    distinct = [choice for index, choice in enumerate(whole) if choice not in whole[:index]]
    return [resized(context, choice) for choice in distinct]


def resized(context: "Context", sizes: "Mapping[Source, int]", because: str = "") -> Cure:
    """Inputs with other sizes along some axes.

    A size that is a variable (``=size``) is changed in ``vars``, where its axes all get the same one.
    """
    names = {source: _variable(context, source) for source in sizes}
    wanted: dict[str, set[int]] = {}
    for source, size in sizes.items():
        wanted.setdefault(names[source], set()).add(size)
    changes: dict[str, SetValue] = {}
    for name, shape in ((source.input, _written(context, source.input)) for source in sizes):
        own = {source.axis: size for source, size in sizes.items() if source.input == name}
        for axis, size in own.items():
            variable = next(names[source] for source in sizes if (source.input, source.axis) == (name, axis))
            if variable and len(wanted[variable]) == 1:
                changes[f"={variable}"] = SetValue(("vars", variable), size)
            else:
                shape[axis] = size
                changes[name] = SetValue(_path(context, name), shape)
    return Cure(tuple(changes.values()), because)


def turned_shape(context: "Context", name: str) -> Cure:
    """The shape of an input with its last axis first, as it is written."""
    *sides, channels = _written(context, name)
    change = SetValue(_path(context, name), [channels, *sides])
    before = "rows and columns" if len(sides) > 1 else "positions"
    return Cure((change,), f"channels before {before}, as torch has them")


def _path(context: "Context", name: str) -> "tuple[str, ...]":
    """Where the shape of an input stands, which may be written with its dtype."""
    short = not isinstance(context.model.document.at(("inputs", name)), dict)
    return ("inputs", name) if short else ("inputs", name, "shape")


def _written(context: "Context", name: str) -> list[object]:
    """The shape as it is written."""
    shape = context.model.document.at(_path(context, name))
    return [*cast("list[object]", shape)] if isinstance(shape, list) else [*context.trace.inputs[name].shape]


def _variable(context: "Context", source: "Source") -> str:
    """The variable that is the size; empty where it is no plain one."""
    written = _written(context, source.input)[source.axis]
    name = written.strip().removeprefix("=").strip() if isinstance(written, str) else ""
    return name if name in context.spec.vars else ""
