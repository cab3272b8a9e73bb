"""Kinds that turn, repeat, take and fill axes, as calls of torch with axes of a batch."""

from typing import TYPE_CHECKING, cast

from archcalc.exporting.kinds.parts import MemberForm
from archcalc.exporting.layout import python_code
from archcalc.exporting.nodes import CallArgument, CallNode, Hole, MemberNode, Text, call

if TYPE_CHECKING:
    from archcalc.exporting.kinds.functions import Written
    from archcalc.exporting.kinds.parts import LayerReading
    from archcalc.exporting.nodes import Node


def code(value: object) -> Text:
    """A value as Python has it."""
    return Text(python_code(value))


def taking_one(node: "Node") -> MemberForm:
    """A function that gives one tensor."""
    return MemberForm(None, node, tensor=True)


def taking_many(node: "Node", reading: "LayerReading") -> MemberForm:
    """A function that gives a tuple, of which a lone tensor is taken out."""
    if len(reading.layer.facts.outputs) > 1:
        return MemberForm(None, node, targets="many")
    return taking_one(MemberNode(node, "[0]"))


def _listed(value: object) -> tuple[int, ...]:
    """One number, or several, as a tuple."""
    written = cast("int | tuple[int, ...]", value)
    return written if isinstance(written, tuple) else (written,)


def axis_of_batch(reading: "LayerReading", key: str = "dim") -> int:
    """The axis of a batch that an argument means."""
    return cast("int", reading.values[key]) % reading.rank + 1


def _axes(reading: "LayerReading") -> Text:
    return _short(tuple(dim % reading.rank + 1 for dim in _listed(reading.values["dim"])))


def _short(numbers: tuple[int, ...]) -> Text:
    """A number alone without its brackets."""
    return code(numbers[0] if len(numbers) == 1 else numbers)


def _rolled(reading: "LayerReading") -> MemberForm:
    """``torch.roll``."""
    return taking_one(call("torch.roll", Hole(0), _short(_listed(reading.values["shifts"])), _axes(reading)))


def _flipped(reading: "LayerReading") -> MemberForm:
    """``torch.flip``, which takes a tuple."""
    dims = tuple(dim % reading.rank + 1 for dim in _listed(reading.values["dim"]))
    return taking_one(call("torch.flip", Hole(0), code(dims)))


def _with_axes(reading: "LayerReading", axes: int) -> "Node":
    """What arrives, with new axes of its samples in front."""
    missing = axes - reading.rank
    return MemberNode(Hole(0), f"[:, {', '.join(['None'] * missing)}]") if missing else Hole(0)


def _every_axis(name: str, key: str, batch: str) -> "Written":
    """A method of a tensor that takes a number per axis, the batch's too."""

    def written(reading: "LayerReading") -> MemberForm:
        numbers = _listed(reading.values[key])
        return taking_one(
            call(MemberNode(_with_axes(reading, len(numbers)), f".{name}"), batch, *map(code, numbers))
        )

    return written


def _interleaved(reading: "LayerReading") -> MemberForm:
    """``Tensor.repeat_interleave``."""
    method = MemberNode(Hole(0), ".repeat_interleave")
    return taking_one(call(method, reading.literal("repeats"), dim=code(axis_of_batch(reading))))


def _selected(reading: "LayerReading") -> MemberForm:
    """An index: ``x[:, 0]``."""
    before = [":"] * axis_of_batch(reading)
    return taking_one(MemberNode(Hole(0), f"[{', '.join([*before, str(reading.values['index'])])}]"))


def _unbound(reading: "LayerReading") -> MemberForm:
    """``Tensor.unbind``."""
    return taking_many(call(MemberNode(Hole(0), ".unbind"), code(axis_of_batch(reading))), reading)


def _padded(reading: "LayerReading") -> MemberForm:
    """``F.pad``, which fills an image only where all of its axes have sides."""
    sides = _listed(reading.values["pad"])
    if reading.values["mode"] != "constant":
        sides += (0,) * (2 * (reading.rank - 1) - len(sides))
    given = (CallArgument(Hole(0)), CallArgument(code(sides)), *reading.named("mode", "value"))
    return taking_one(CallNode(Text("F.pad"), given))


REPEATING: "dict[str, Written]" = {
    "Roll": _rolled,
    "Flip": _flipped,
    "Expand": _every_axis("expand", "size", "-1"),
    "Repeat": _every_axis("repeat", "repeats", "1"),
    "RepeatInterleave": _interleaved,
    "Select": _selected,
    "Unbind": _unbound,
    "Pad": _padded,
}
