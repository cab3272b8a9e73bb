"""Arguments of the layers on the way to an input of a merge, with which it would fit the others."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, DropKey, SetKey
from archcalc.cures.proposals.merges import MAX_LAYERS, unlike_inputs
from archcalc.cures.proposals.wiring import keys_of
from archcalc.formulas.rounding import ceil_divided
from archcalc.formulas.windows import effective_kernel
from archcalc.layers.arguments import per_axis
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.cures.changes import Change
    from archcalc.cures.proposals.merges import Unlike
    from archcalc.layers.arguments import PerAxis
    from archcalc.rules.context import Context
    from archcalc.tracing import TracedLayer
    from archcalc.tracing.records import Refused

WIDTHS = ("out_channels", "out_features", "embedding_dim", "hidden_size")
"""Arguments that say how many features leave a layer."""


def other_ways(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The size restored by the layer that lost it, and the width written that the others have."""
    unlike = unlike_inputs(context, refused)
    if refused.origin.path[-1] == "merge":
        unlike.reverse()  # the shortcut follows the body
    for each in sorted(unlike, key=lambda each: sum(each.shape)):  # what rounding has made smaller first
        yield from _restored(each)
    for each in unlike:
        yield from _padded(each)
    for each in unlike:
        yield from _strided(each)
        yield from _widened(each)


def _own_layers(unlike: "Unlike") -> "list[TracedLayer]":
    """The layers above an input and above none of the others, the nearest first."""
    trace = unlike.context.trace
    shared = {layer.name for layer in trace.above(unlike.others)}
    return [layer for layer in reversed(trace.above([unlike.port])) if layer.name not in shared][:MAX_LAYERS]


def _restored(unlike: "Unlike") -> "Iterator[Cure]":
    """A size that is written, output padding, or rounding up, on the way to an input."""
    positions = unlike.wanted[1:]
    for layer in _own_layers(unlike):
        arguments = dict(layer.arguments)
        as_it_arrives = layer.output.shape[1:] == unlike.shape[1:]
        because = f"{list(unlike.wanted)} arrives then"
        if as_it_arrives and isinstance(arguments.get("output_padding"), int | tuple):
            lacking = [m - n for n, m in zip(unlike.shape[1:], positions, strict=True)]
            padding = per_axis(cast("PerAxis", arguments["output_padding"]), len(lacking), "output_padding")
            more = [n + m for n, m in zip(padding, lacking, strict=True)]
            if min(more) >= 0:
                yield from _set(layer, "output_padding", flow_text(_alike(more)), because)
        if as_it_arrives and arguments.get("scale_factor") is not None:
            sized = tuple(_set_changes(layer, "size", flow_text(_alike(positions))))
            if sized and layer.origin.written("scale_factor") is not None:
                yield Cure((DropKey(layer.origin, "scale_factor"), *sized), because)
        if isinstance(arguments.get("ceil_mode"), bool):
            text = str(not arguments["ceil_mode"]).lower()
            yield from _set(layer, "ceil_mode", text, because if as_it_arrives else "")


def _padded(unlike: "Unlike") -> "Iterator[Cure]":
    """Padding of half a span, which keeps the size but for the stride, in windows that have another one."""
    changes: list[Change] = []
    because = f"{list(unlike.wanted)} arrives then"
    for layer in _own_layers(unlike):
        arguments = dict(layer.arguments)
        windows = "kernel_size" in arguments and arguments.get("padding", "same") != "same"
        padding = _keeping(layer) if windows and not layer.arguments.transposed else None
        if padding is not None:
            changes += (each for each in _set_changes(layer, "padding", padding) if each not in changes)
    changes.reverse()
    yield from (Cure((change,), because) for change in changes)
    if len(changes) > 1:
        yield Cure(tuple(changes), because)


def _keeping(layer: "TracedLayer") -> str | None:
    """The padding with which a window of odd span keeps the size, where it is another one than it has."""
    arguments, rank = dict(layer.arguments), len(layer.output.shape) - 1
    kernel, dilation, padding = (
        per_axis(cast("PerAxis", arguments.get(key, 1)), rank, key)
        for key in ("kernel_size", "dilation", "padding")
        if arguments.get(key) != "valid" or key != "padding"
    )
    spans = [effective_kernel(k, d) for k, d in zip(kernel, dilation, strict=True)]
    keeping = tuple(span // 2 for span in spans)
    if any(span % 2 == 0 for span in spans) or keeping == padding:
        return None
    return flow_text(_alike(keeping))


def _strided(unlike: "Unlike") -> "Iterator[Cure]":
    """The stride of the nearest layer that has one, so many times larger or smaller as the map is."""
    positions = list(zip(unlike.shape[1:], unlike.wanted[1:], strict=True))
    for layer in _own_layers(unlike):
        stride = dict(layer.arguments).get("stride")
        if isinstance(stride, int) and positions:
            for other in range(1, 9):
                if other != stride and all(
                    ceil_divided(n * stride, other) in (m, m - 1, m + 1) for n, m in positions
                ):
                    yield from _set(layer, "stride", str(other), f"{list(unlike.wanted)} arrives then")


def _widened(unlike: "Unlike") -> "Iterator[Cure]":
    """The width of the nearest layer that says it."""
    if len(unlike.axes) != 1:
        return
    (axis,) = unlike.axes
    for layer in _own_layers(unlike):
        for key in WIDTHS:
            if dict(layer.arguments).get(key) == unlike.shape[axis]:
                text = str(unlike.wanted[axis])
                yield from _set(layer, key, text, f"{list(unlike.wanted)} arrives then")
                return


def _set(layer: "TracedLayer", key: str, text: str, because: str) -> "Iterator[Cure]":
    for change in _set_changes(layer, key, text):
        yield Cure((change,), because)


def _set_changes(layer: "TracedLayer", key: str, text: str) -> "Iterator[Change]":
    for origin, name in keys_of(layer.origin, key, dict(layer.arguments).get(key)):
        yield SetKey(origin, name, text)


def _alike(sizes: "Sequence[int]") -> "int | list[int]":
    return sizes[0] if len(set(sizes)) == 1 else list(sizes)
