"""Before the walk: the values of the spec's variables and the tensors of its inputs."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import MAX_PROBLEMS, Fault, Place, Problem, SpecError, nearest
from archcalc.expressions import Unknown, Value, bounded, evaluate, exactly, is_expression
from archcalc.facts import Shape, Tensor
from archcalc.tracing.extents import check_shape
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.facts import Arriving
    from archcalc.loading import Model
    from archcalc.source import Path


class Variables(dict[str, "Value"]):
    """Names of an expression that may only use variables."""

    def __init__(self) -> None:
        super().__init__()
        self.faulty: set[str] = set()
        """Variables without a value: what uses them is not wrong itself."""

    def lookup(self, name: str) -> Value:
        """The value of a variable."""
        if name not in self:
            if name in self.faulty:
                raise Unknown
            raise Fault(f"unknown name {name!r}", hint=nearest(name, self))
        return self[name]

    def known(self) -> "Iterable[str]":
        """Names of the variables."""
        return self


def variables(model: "Model", overrides: "Mapping[str, Value]") -> Variables:
    """Values of the spec's ``vars``, in their order, so that one may use those above it."""
    written = model.spec.vars
    _check_known("--set", "variable", overrides, written)
    values = Variables()
    problems: list[Problem] = []
    for name, value in {**written, **overrides}.items():
        try:
            values[name] = exactly(value, values) if is_expression(value) else _plain(value)
        except Unknown:
            values.faulty.add(name)
        except Fault as fault:
            place = Place("--set") if name in overrides else model.document.place(("vars", name))
            problems.append(Problem(place, f"vars.{name}", fault.fact, fault.hint))
            values.faulty.add(name)
            if len(problems) == MAX_PROBLEMS:
                fact = f"{MAX_PROBLEMS} problems: the rest was not looked at"
                problems.append(Problem(place, "", fact, "mend the first ones"))
                break
    if problems:
        raise SpecError(problems)
    return values


def _plain(value: object) -> Value:
    if isinstance(value, dict):
        raise Fault("a variable is a number, a word, true, false or a list, got a mapping")
    return bounded(cast("Value", value))


MAX_INPUTS = 1000
"""Inputs of a network: each layer is asked what it reads of each."""


def network_inputs(
    model: "Model", values: Variables, overrides: "Mapping[str, Arriving]"
) -> dict[str, Tensor]:
    """The tensors that enter the network."""
    written = model.spec.inputs
    _check_known("--input", "input", overrides, written)
    if len(written) > MAX_INPUTS:
        fact = f"{len(written):,} inputs, a network has at most {MAX_INPUTS:,}"
        hint = "give what is alike an axis of its own"
        raise SpecError([Problem(model.document.place(("inputs",), key=True), "inputs", fact, hint)])
    tensors: dict[str, Tensor] = {}
    problems: list[Problem] = []
    for name, spec in written.items():
        written_short = isinstance(model.document.at(("inputs", name)), list)
        path = ("inputs", name) if written_short else ("inputs", name, "shape")
        given = overrides.get(name, spec.shape)
        shape, dtype = (given.shape, given.dtype) if isinstance(given, Tensor) else (given, spec.dtype)
        option = "--input" if name in overrides else ""
        tensors[name] = Tensor(_sizes(model, shape, values, path, problems, option), dtype)
    if problems:
        raise SpecError(problems)
    return tensors


def target_shape(model: "Model", values: Variables) -> Shape | None:
    """The shape that must come out, where the spec states it.

    Raises:
        SpecError: an expression in it is wrong.
    """
    target = model.spec.training.target
    if target is None:
        return None
    problems: list[Problem] = []
    sizes = _sizes(model, target, values, ("training", "target"), problems)
    if problems:
        raise SpecError(problems)
    return sizes


def _sizes(
    model: "Model",
    written: "Sequence[int | str]",
    values: Variables,
    path: "Path",
    problems: list[Problem],
    option: str = "",
) -> Shape:
    """Sizes as they are written at a path, or in an option; what is wrong with them joins the problems."""
    subject = ".".join(str(step) for step in path[:2])
    sizes: list[int] = []
    for axis, size in enumerate(written):
        try:
            sizes.append(_size(evaluate(size, values) if is_expression(size) else size))
        except Fault as fault:
            place = Place(option) if option else model.document.place((*path, axis))
            batch = "shapes have no batch axis: leave it out" if axis == 0 and size in (-1, 0) else ""
            problems.append(Problem(place, subject, fault.fact, fault.hint or batch))
    try:
        check_shape(subject, tuple(sizes))
    except Fault as fault:
        place = Place(option) if option else model.document.place(path)
        problems.append(Problem(place, subject, fault.fact, fault.hint))
    return tuple(sizes)


def _size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Fault(f"a size is a whole number, got {shown(value)}")
    if value < 1:
        raise Fault(f"a size is at least 1, got {value}")
    return value


def _check_known(option: str, what: str, given: "Iterable[str]", known: "Mapping[str, object]") -> None:
    for name in given:
        if name not in known:
            fact = f"the spec has no {what} {name!r}"
            raise SpecError([Problem(Place(option), "", fact, nearest(name, known))])
