"""Padding that makes ceil(n / stride) positions, where 'same' is written beside a stride."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, DropKey, SetKey
from archcalc.cures.proposals.wiring import keys_of, led_through
from archcalc.formulas.rounding import ceil_divided
from archcalc.formulas.windows import conv_output, effective_kernel, halves, positions_spanned
from archcalc.layers.arguments import per_axis
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.layers.arguments import PerAxis
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused

PADS = {"zeros": "ZeroPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad"}
PADS["circular"] = "CircularPad"
"""What stands in a padding -> the layer that pads so."""


def strided_same(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """One padding for both sides, where one makes as many positions; else, and besides, a pad in front."""
    arguments = dict(refused.arguments)
    if arguments.get("padding") != "same" or refused.fault.key != "padding":
        return
    sizes = refused.inputs[0].tensor.shape[1:]
    kernel, stride, dilation = (
        per_axis(cast("PerAxis", arguments[key]), len(sizes), key)
        for key in ("kernel_size", "stride", "dilation")
    )
    axes = list(zip(sizes, kernel, stride, dilation, strict=True))
    counts = [f"{ceil_divided(n, s):,} = ceil({n:,} / {s})" for n, _, s, _ in dict.fromkeys(axes) if s > 1]
    because = " and ".join(dict.fromkeys(counts))
    even = [_on_both_sides(*axis) for axis in axes]
    if None not in even:
        text = _as_written(refused, even, axes) or flow_text(even[0] if len(set(even)) == 1 else even)
        for origin, key in keys_of(refused.origin, "padding", "same"):
            yield Cure((SetKey(origin, key, text),), because)
    sides = [side for axis in reversed(axes) for side in tensorflow_padding(*axis)]
    mode = str(arguments.get("padding_mode", "zeros"))
    dropped = [key for key in ("padding", "padding_mode") if refused.origin.written(key) is not None]
    drops = tuple(DropKey(refused.origin, key) for key in dropped)
    if not any(sides):
        return
    pad = {"type": f"{PADS[mode]}{len(sizes)}d", "padding": sides}
    changes = led_through(refused, pad, name="padded")
    if changes:
        yield Cure((*drops, *changes), f"{because}, padded as TensorFlow does")


def tensorflow_padding(n: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Padding before and behind with which TensorFlow's 'same' makes ceil(n / s) positions.

    max((ceil(n / s) - 1) s + d (k - 1) + 1 - n, 0) in all, the odd one behind
    (tensorflow.org/api_docs/python/tf/nn, "Notes on padding").
    """
    spanned = positions_spanned(ceil_divided(n, stride), stride, effective_kernel(kernel, dilation))
    return halves(max(spanned - n, 0))


def _on_both_sides(n: int, kernel: int, stride: int, dilation: int) -> int | None:
    """The padding on each side that makes ceil(n / s) positions, nearest to half of what the kernel spans."""
    half = dilation * (kernel - 1) // 2
    fitting = [
        padding
        for padding in range(effective_kernel(kernel, dilation))
        if n + 2 * padding >= effective_kernel(kernel, dilation)
        and conv_output(n, kernel, stride, padding, padding, dilation) == ceil_divided(n, stride)
    ]
    return min(fitting, key=lambda padding: abs(padding - half), default=None)


def _as_written(
    refused: "Refused", even: "Sequence[int | None]", axes: "Sequence[tuple[int, int, int, int]]"
) -> str | None:
    """The padding by the expression that the kernel is, where it is one and half of it is meant."""
    written = refused.origin.written("kernel_size")
    if not isinstance(written, str) or not written.startswith("="):
        return None
    halves = all(p == k // 2 and d == 1 for p, (_, k, _, d) in zip(even, axes, strict=True))
    name = written[1:].strip()
    return flow_text(f"={name if name.isidentifier() else f'({name})'} // 2") if halves else None
