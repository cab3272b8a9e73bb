"""Kinds that take positions, rank, put in and add up, as calls of torch with axes of a batch."""

from typing import TYPE_CHECKING

from archcalc.exporting.kinds.repeating import axis_of_batch, code, taking_many, taking_one
from archcalc.exporting.nodes import CallArgument, CallNode, Hole, Literal, MemberNode, Text, call

if TYPE_CHECKING:
    from archcalc.exporting.kinds.functions import Written
    from archcalc.exporting.kinds.parts import LayerReading, MemberForm
    from archcalc.exporting.nodes import Node


def _unfolded(reading: "LayerReading") -> "MemberForm":
    """``Tensor.unfold``."""
    given = (code(axis_of_batch(reading, "dimension")), reading.literal("size"), reading.literal("step"))
    return taking_one(call(MemberNode(Hole(0), ".unfold"), *given))


def _scattered(reading: "LayerReading") -> "MemberForm":
    """``torch.slice_scatter``."""
    begin, end = (
        CallArgument(Literal(reading.values[key], key), name, None)
        for key, name in (("start", "start"), ("stop", "end"))
    )
    axis = CallArgument(code(axis_of_batch(reading)), "dim")
    given = (CallArgument(Hole(0)), CallArgument(Hole(1)), axis, begin, end, *reading.named("step"))
    return taking_one(CallNode(Text("torch.slice_scatter"), given))


def _triangular(name: str) -> "Written":
    """``torch.tril`` and ``torch.triu``."""
    return lambda reading: taking_one(
        CallNode(Text(f"torch.{name}"), (CallArgument(Hole(0)), *reading.named("diagonal")))
    )


def _index(reading: "LayerReading", places: str = "") -> "Node":
    """The positions, each at its place along an axis, as torch.gather takes them."""
    written = MemberNode(Hole(1), places) if places else Hole(1)
    if reading.layer.inputs[1].tensor.dtype == "int32":
        return call(MemberNode(written, ".long"))
    return written


def _selected(reading: "LayerReading") -> "MemberForm":
    """``torch.take_along_dim`` with the same positions everywhere in a sample."""
    axis = axis_of_batch(reading)
    places = [":" if at in (0, axis) else "None" for at in range(reading.rank + 1)]
    index = _index(reading, f"[{', '.join(places)}]" if reading.rank > 1 else "")
    return taking_one(call("torch.take_along_dim", Hole(0), index, dim=code(axis)))


def _gathered(reading: "LayerReading") -> "MemberForm":
    """``torch.gather``."""
    return taking_one(call("torch.gather", Hole(0), code(axis_of_batch(reading)), _index(reading)))


def _top(reading: "LayerReading") -> "MemberForm":
    """``torch.topk``."""
    axis = CallArgument(code(axis_of_batch(reading)), "dim")
    given = (CallArgument(Hole(0)), CallArgument(reading.literal("k")), axis, *reading.named("largest"))
    return taking_many(CallNode(Text("torch.topk"), given), reading)


def _placed(name: str) -> "Written":
    """``torch.argmax`` and ``torch.argmin``."""

    def written(reading: "LayerReading") -> "MemberForm":
        axis = CallArgument(code(axis_of_batch(reading)), "dim")
        given = (CallArgument(Hole(0)), axis, *reading.named("keepdim"))
        return taking_one(CallNode(Text(f"torch.{name}"), given))

    return written


def _accumulated(reading: "LayerReading") -> "MemberForm":
    """``torch.cumsum``."""
    return taking_one(call("torch.cumsum", Hole(0), dim=code(axis_of_batch(reading))))


INDEXING: "dict[str, Written]" = {
    "UnfoldAxis": _unfolded,
    "SliceScatter": _scattered,
    "Tril": _triangular("tril"),
    "Triu": _triangular("triu"),
    "IndexSelect": _selected,
    "Gather": _gathered,
    "TopK": _top,
    "Argmax": _placed("argmax"),
    "Argmin": _placed("argmin"),
    "Cumsum": _accumulated,
}
