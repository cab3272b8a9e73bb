"""Tensors that no call made of an input: parameters, buffers, and constants that were calculated."""

from typing import TYPE_CHECKING

from archcalc.importing.program import Step
from archcalc.importing.reading.layouts import UNBATCHED, Layout, Untranslated, layout_of_value, sample_shape
from archcalc.importing.reading.nodes import SampleNode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.importing.reading.draft import Draft
    from archcalc.importing.recording import RecordedValue

UNUSED = "no call of the run used it"
"""What is said of a parameter or a buffer that is only there."""


def source(draft: "Draft", value: "RecordedValue") -> SampleNode:
    """The step of a tensor that no call made.

    Raises:
        Untranslated: a call that is not known made it.
    """
    if value.name in draft.recording.tensors:
        return held(draft, value.name)
    if value.constant:
        return _constant(draft, value)
    raise Untranslated("a tensor that no recorded call made")


def held(draft: "Draft", name: str, note: str | None = None, *, in_constants: bool = False) -> SampleNode:
    """The Parameter or Buffer of a full name.

    Args:
        draft: where its step goes.
        name: full name.
        note: what a reader has to know of it.
        in_constants: a run read it without an input; the numbers that it made are Constants.
    """
    tensor = draft.recording.tensors[name]
    first = tensor.owner or name
    if first in draft.parameters:
        return draft.parameters[first]
    name, tensor = first, draft.recording.tensors[first]
    if first in draft.holders:
        layer, own = draft.holders[first]
        if own:
            draft.clashes.add(first)
            raise Untranslated(f"{name} is {own!r} of the layer {layer!r} already")
    *scope, last = name.split(".")
    arguments: dict[str, object] = {"shape": tensor.shape, "dtype": tensor.dtype}
    if tensor.buffer:
        arguments |= {"persistent": tensor.persistent, "in_constants": in_constants}
    frozen = not tensor.buffer and not tensor.trainable
    around = draft.recording.modules.get(".".join(scope))
    place = tensor.place or (around.place if around else None)
    step = Step("", {}, (), tuple(scope), last, place, frozen=frozen, note=note)
    node = draft.add(
        "Buffer" if tensor.buffer else "Parameter", layout=UNBATCHED, under=step, arguments=arguments
    )
    draft.holders[first] = (name, "")
    draft.parameters[first] = node
    return node


def _constant(draft: "Draft", value: "RecordedValue") -> SampleNode:
    """A step for numbers that were calculated of the sizes alone; of a batch it is one sample."""
    layout: Layout = layout_of_value(value)
    arguments: dict[str, object] = {"shape": sample_shape(value.sizes, layout), "dtype": value.dtype}
    content = value.content
    if content is not None and content.form != "other":
        arguments["form"] = content.form
        number = content.detail
        if content.form == "fill" and number is None and content.numbers:
            number = content.numbers[0]
        arguments["value"] = None if number is None else float(number)
        if content.form == "fill" and number is None:
            del arguments["form"]
    return draft.add("Constant", layout=layout, arguments=arguments)


def never_used(draft: "Draft") -> "Iterable[tuple[str, bool]]":
    """Names of parameters and buffers that no step has, and whether constants that are read rest on each."""
    made = {source for number in draft.read_values for source in draft.recording.values[number].sources}
    return (
        (name, name in made)
        for name, tensor in draft.recording.tensors.items()
        if tensor.owner is None and name not in draft.holders
    )
