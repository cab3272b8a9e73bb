"""A network traced on sizes that remember."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, nearest
from archcalc.facts import Tensor
from archcalc.records import dataclass
from archcalc.sizes.following import followed
from archcalc.sizes.replay import At
from archcalc.sizes.tape import Tape
from archcalc.tracing import trace
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.expressions import Value
    from archcalc.facts import Arriving, Shape
    from archcalc.loading import Model
    from archcalc.tracing import Trace


@dataclass(frozen=True, slots=True)
class Remembered:
    """A trace whose numbers remember how they came from the sizes on the tape."""

    trace: "Trace"
    tape: Tape

    def at(self, sizes: "Mapping[str, int]") -> "Trace":
        """The plain trace at other sizes; those left out stay.

        Raises:
            Fault: there is no size of a name, or the trace at these sizes is another one.
        """
        return followed(self.trace, At(self.tape, sizes))


def remembered(
    model: "Model",
    settings: "Mapping[str, Value] | None" = None,
    inputs: "Mapping[str, Arriving] | None" = None,
    names: "Iterable[str] | None" = None,
) -> Remembered:
    """Trace a network so that its numbers can be followed to other sizes.

    Args:
        model: what ``load`` returned.
        settings: values that replace those of the spec's ``vars``.
        inputs: shapes, without the batch, or tensors that replace those of the spec's ``inputs``.
        names: what is remembered: variables, and sizes of inputs as ``image[1]``; left out: all that are
            numbers and not calculated from others.

    Raises:
        Fault: there is no such number.
        SpecError: as ``trace``.
    """
    tape = Tape()
    on_tape = put_on(tape, model, settings, inputs, names)
    traced = trace(model, on_tape.settings, on_tape.inputs)
    tape.end()
    return Remembered(traced, tape)


class OnTape(NamedTuple):
    """What a network is traced with: values and shapes, among them sizes that remember."""

    settings: "Mapping[str, Value]"
    inputs: "Mapping[str, Arriving]"


def put_on(
    tape: Tape,
    model: "Model",
    settings: "Mapping[str, Value] | None" = None,
    inputs: "Mapping[str, Arriving] | None" = None,
    names: "Iterable[str] | None" = None,
) -> OnTape:
    """Give numbers of a network to a tape; the arguments are those of ``remembered``.

    Raises:
        Fault: there is no number of a name.
    """
    variables = {**model.spec.vars, **(settings or {})}
    given = inputs or {}
    shapes = {name: spec.shape for name, spec in model.spec.inputs.items()}
    shapes |= {name: each.shape if isinstance(each, Tensor) else each for name, each in given.items()}
    sizes = {_name(name, axis): size for name, shape in shapes.items() for axis, size in enumerate(shape)}
    written: dict[str, object] = {**variables, **sizes}
    numbers = {name: value for name, value in written.items() if type(value) is int}
    for name in numbers if names is None else names:
        if name not in numbers:
            raise Fault(f"{name!r} is no number of the spec", hint=nearest(name, numbers))
        tape.give(name, numbers[name])
    chosen = {name: size for name, size in tape.given.items() if name in variables}
    replaced: dict[str, Arriving] = {}
    for name, shape in shapes.items():
        if name in given or any(_name(name, axis) in tape.given for axis in range(len(shape))):
            numbers_at = (tape.given.get(_name(name, axis), size) for axis, size in enumerate(shape))
            sized, before = cast("Shape", tuple(numbers_at)), given.get(name)
            replaced[name] = replace(before, shape=sized) if isinstance(before, Tensor) else sized
    return OnTape({**(settings or {}), **chosen}, replaced)


def _name(of: str, axis: int) -> str:
    """What the size of an input's axis is called."""
    return f"{of}[{axis}]"
