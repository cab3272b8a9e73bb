"""A window that is larger than what it moves over."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, SetKey
from archcalc.cures.proposals.asking import with_argument
from archcalc.cures.proposals.inputs import misread, reordered
from archcalc.cures.proposals.wiring import keys_of
from archcalc.formulas.rounding import ceil_divided
from archcalc.formulas.windows import effective_kernel
from archcalc.layers.arguments import per_axis
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.layers.arguments import PerAxis
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused


def misread_image(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The channels of an image put first, where its columns are as few as channels are."""
    name = misread(context, refused)
    if name:
        axes = len(context.trace.inputs[name].shape)
        yield Cure(reordered(context, name, [axes - 1, *range(axes - 1)]), "the channels come first")


def fitting_window(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Padding that keeps the size, or makes room enough; a window that is no larger than what it reads."""
    arguments = dict(refused.arguments)
    if refused.fault.key != "kernel_size" or not isinstance(arguments.get("padding"), int | tuple):
        return
    sizes = refused.inputs[0].tensor.shape[1:]
    kernel, padding, dilation = (
        per_axis(cast("PerAxis", arguments.get(key, 1)), len(sizes), key)
        for key in ("kernel_size", "padding", "dilation")
    )
    spans = [effective_kernel(k, d) for k, d in zip(kernel, dilation, strict=True)]
    needed = [max(p, ceil_divided(span - n, 2)) for n, span, p in zip(sizes, spans, padding, strict=True)]
    keeping = [max(p, span // 2) for span, p in zip(spans, needed, strict=True)]
    smaller = [min(k, n) for k, n in zip(kernel, sizes, strict=True)]
    for key, values in (("padding", keeping), ("padding", needed), ("kernel_size", smaller)):
        value = values[0] if len(set(values)) == 1 else tuple(values)
        facts = with_argument(refused, key, value)
        for origin, name in keys_of(refused.origin, key, arguments[key]) if facts else ():
            text = flow_text(list(value) if isinstance(value, tuple) else value)
            output = next(iter(facts.outputs.values())).shape if facts else ()
            fallback = misread(context, refused) is not None
            yield Cure((SetKey(origin, name, text),), f"it gives {list(output)}", fallback)
