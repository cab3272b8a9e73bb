"""The nearest value of an argument with which a layer takes what it reads."""

from itertools import islice
from math import gcd, prod
from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, SetKey
from archcalc.cures.making import without
from archcalc.cures.proposals.asking import with_argument
from archcalc.cures.proposals.inputs import as_dtype, input_behind, misread
from archcalc.cures.proposals.wiring import keys_of
from archcalc.formulas.rounding import rounded_up
from archcalc.layers.mathematics import Statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused

AXES = ("dim", "start_dim", "end_dim", "dim0", "dim1")
"""Arguments that name an axis, of which 1 is a plain one."""
MAX_DISTANCE = 512
"""Values on each side that are looked at."""


def near_values(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The argument at fault with the nearest whole number that fits, on each side."""
    key = refused.fault.key
    written = dict(refused.arguments).get(key or "")
    if key is None or refused.fault.unequal or not isinstance(written, int) or isinstance(written, bool):
        return
    if key == "kernel_size" and misread(context, refused):
        return
    found = [
        next((value for value in side if with_argument(refused, key, value)), None)
        for side in (
            range(written - 1, written - MAX_DISTANCE, -1),
            range(written + 1, written + MAX_DISTANCE),
        )
    ]
    fitting = (value for value in found if value is not None)
    near = sorted(fitting, key=lambda value: _distance(value, written))
    for value in near[:1] if key in AXES else near:  # one that counts from the back is the same or nonsense
        for origin, name in keys_of(refused.origin, key, written):
            trivial = value == 1 and key not in AXES
            yield Cure((SetKey(origin, name, str(value)),), _because(refused, key, value), fallback=trivial)


def _distance(value: int, written: int) -> tuple[int, bool]:
    """How far a value is from the one that is written; of two as far the one that counts from the front."""
    return abs(value - written), value < 0


def _because(refused: "Refused", key: str, value: int) -> str:
    """What a divisor divides, where the one that is written does not."""
    written = int(str(dict(refused.arguments)[key]))
    shape = refused.inputs[0].tensor.shape
    sizes = [size for size in reversed(shape) if written and size % written]
    divided = next((size for size in sizes if value > 1 and size % value == 0), None)
    heads = key in ("num_heads", "num_groups")
    return f"{divided:,} = {value:,} x {divided // value:,}" if divided and heads else ""


def dividing_groups(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Groups of several channels each, where there are to be more groups than channels."""
    arguments = dict(refused.arguments)
    groups, shape = arguments.get("num_groups"), refused.inputs[0].tensor.shape
    if refused.fault.key == "num_groups" and isinstance(groups, int) and shape and groups > shape[0]:
        channels = shape[0]
        fewer = (n for n in range(channels - 1, 1, -1) if channels % n == 0)
        for value in islice(fewer, 2):
            for origin, name in keys_of(refused.origin, "num_groups", groups):
                because = f"{channels:,} = {value:,} x {channels // value:,}"
                yield Cure((SetKey(origin, name, str(value)),), because)


def shuffled_channels(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """As many channels as a shuffle lays out as pixels, from the layer that makes them."""
    factor, shape = dict(refused.arguments).get("upscale_factor"), refused.inputs[0].tensor.shape
    layer = context.trace.source(refused.inputs[0])
    while layer is not None and len(layer.inputs) == 1 and layer.inputs[0].tensor.shape == shape:
        layer = context.trace.source(layer.inputs[0])
    if refused.fault.key != "upscale_factor" or not isinstance(factor, int) or layer is None:
        return
    pixels, made = factor * factor, dict(layer.arguments).get("out_channels")
    near = {shape[0] // pixels * pixels, rounded_up(shape[0], pixels)} - {0}
    for value in sorted(near, key=lambda value: abs(value - shape[0])) if made == shape[0] else ():
        for origin, name in keys_of(layer.origin, "out_channels", made):
            yield Cure((SetKey(origin, name, str(value)),), f"{value:,} = {pixels:,} x {value // pixels:,}")


def dividing_channels(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """As many output channels as the groups divide, where they divide those that arrive."""
    arguments = dict(refused.arguments)
    groups, made = arguments.get("groups"), arguments.get("out_channels")
    if refused.fault.key != "groups" or not isinstance(groups, int) or not isinstance(made, int):
        return
    arriving = refused.inputs[0].tensor.shape[0]
    if arriving % groups == 0:
        for value in sorted({made // groups * groups, rounded_up(made, groups)} - {0}):
            for origin, name in keys_of(refused.origin, "out_channels", made):
                yield Cure(
                    (SetKey(origin, name, str(value)),), f"{value:,} = {groups:,} x {value // groups:,}"
                )
    shared = gcd(arriving, made)
    if shared > 1 and shared != groups:
        for origin, name in keys_of(refused.origin, "groups", groups):
            yield Cure((SetKey(origin, name, str(shared)),), f"it divides {arriving:,} and {made:,}")


def other_dtype(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Whole numbers where a table is looked up; an image of bytes as real numbers."""
    for port in refused.inputs:
        name = input_behind(context, port)
        lookup = "num_embeddings" in dict(refused.arguments)
        if name and port.tensor.is_float and lookup and "whole numbers" in refused.fault.fact:
            yield Cure(as_dtype(context, name, "int64"), "tokens are whole numbers")
        if name and port.tensor.dtype == "uint8" and "floating point" in refused.fault.fact:
            yield Cure(as_dtype(context, name, "float32"), "it is scaled to real numbers before")


def single_position(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """No norm of the positions of a channel where there is one, which would be its own mean."""
    per_channel = refused.arguments.normalizes is Statistics.CHANNEL
    if per_channel and refused.fault.key is None and prod(refused.inputs[0].tensor.shape[1:]) == 1:
        yield without(refused, "one position has nothing to be normed against")
