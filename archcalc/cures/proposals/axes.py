"""Another number of axes than a layer takes: of the input, of the kind, or by layers between."""

import re
from dataclasses import replace
from math import isqrt, prod
from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, DropKey, Insert, SetKey
from archcalc.cures.making import without
from archcalc.cures.proposals.inputs import (
    MAP_AXES,
    input_behind,
    reshaped,
    with_axis,
    without_axis,
)
from archcalc.cures.proposals.sizes import flattening
from archcalc.cures.proposals.wiring import led_through
from archcalc.layers.mathematics import Passing
from archcalc.layers.registry import KINDS
from archcalc.wording import product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.cures.changes import Change, Entry
    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused

RANKED = re.compile(r"([123])d$")
SEQUENCE = 2
"""Axes of steps and features."""


def other_axes(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """The input with or without an axis, the kind for so many axes, the axes joined or split."""
    for position, port in enumerate(refused.inputs):
        shape, wanted = port.tensor.shape, refused.fault.axes
        if wanted and len(shape) not in wanted:
            for cure in _ways(context, refused, position, shape):
                if cure.changes:
                    yield cure


def _ways(context: "Context", refused: "Refused", position: int, shape: "Shape") -> "Iterator[Cure]":
    """What is written otherwise; layers between only where nothing of that mends."""
    plain = [*_as_written(context, refused, position, shape), *_other_kind(refused, len(shape) - 1)]
    plain += _unflattened_before(context, refused, position)
    yield from plain
    between = _split if len(shape) < min(refused.fault.axes) else _joined
    for cure in between(refused, position, shape):
        yield replace(cure, fallback=bool(plain))


def _as_written(context: "Context", refused: "Refused", position: int, shape: "Shape") -> "Iterator[Cure]":
    """The input of the network with other axes, where it arrives as it is."""
    wanted = refused.fault.axes
    name = input_behind(context, refused.inputs[position])
    if name and len(shape) == 1 and max(wanted) in MAP_AXES:
        for image in _images(shape[0], _channels(refused), max(wanted)):
            yield Cure(reshaped(context, name, image), f"{shape[0]:,} numbers are an image")
    if name and len(shape) + 1 in wanted and len(shape) == 1 and "input_size" in dict(refused.arguments):
        yield Cure(reshaped(context, name, (*shape, 1)), f"{shape[0]:,} steps of 1 number")
        yield Cure(with_axis(context, name), f"1 step of {shape[0]:,} features")
    elif name and len(shape) + 1 in wanted:
        yield Cure(with_axis(context, name), "one channel comes first")
    if name and len(shape) - 1 in wanted and len(shape) > SEQUENCE:
        yield Cure(without_axis(context, name), "shapes have no batch axis")


def _channels(refused: "Refused") -> int | None:
    """The channels that a layer says it reads."""
    written = dict(refused.arguments).get("in_channels")
    return written if isinstance(written, int) else None


def _images(number: int, channels: int | None, axes: int) -> "Iterator[Shape]":
    """Square images of so many numbers: with the channels that are written, else with those of a picture."""
    for count in (channels,) if channels else (1, 3):
        side = isqrt(number // count)
        if axes == MAP_AXES[0] and side > 1 and count * side * side == number:
            yield (count, side, side)
            return


def _unflattened_before(context: "Context", refused: "Refused", position: int) -> "Iterator[Cure]":
    """What has joined the axes before taken out."""
    port = refused.inputs[position]
    for layer in reversed(context.trace.above([port])):
        regroups = layer.arguments.passes is Passing.REGROUPED
        if regroups and len(layer.inputs[0].tensor.shape) in refused.fault.axes:
            yield without(layer, f"{list(layer.inputs[0].tensor.shape)} arrives then")
            return


def _other_kind(refused: "Refused", rank: int) -> "Iterator[Cure]":
    """The kind of the same name for as many axes of positions as arrive; that of 1 takes none too, if any."""
    found = RANKED.search(refused.type)
    kind = RANKED.sub(f"{max(rank, 1)}d", refused.type)
    if found and kind in KINDS and kind != refused.type:
        yield Cure((SetKey(refused.origin, "type", kind),))


def _split(refused: "Refused", position: int, shape: "Shape") -> "Iterator[Cure]":
    """Features spread over positions: as a map of the channels that are written, or as one channel."""
    lacking = min(refused.fault.axes) - len(shape)
    sizes: list[Shape] = []
    if len(shape) == 1:
        channels = _channels(refused)
        sizes += _images(shape[0], channels, max(refused.fault.axes)) if channels else ()
        if channels and shape[0] % channels == 0 and lacking == 1:
            sizes.append((channels, shape[0] // channels))
        if channels in (None, shape[0]):
            sizes.append((*shape, *(1,) * lacking))
    for size in sizes:
        entry: Entry = {"type": "Unflatten", "dim": 1, "unflattened_size": list(size)}
        yield Cure(
            led_through(refused, entry, position=position, name="map"), f"{shape[0]:,} = {product(size)}"
        )
    if lacking == 1 and len(shape) > 1:
        entry = {"type": "Unsqueeze", "dim": 0}
        yield Cure(led_through(refused, entry, position=position, name="map"), f"{[1, *shape]} arrives then")


def _joined(refused: "Refused", position: int, shape: "Shape") -> "Iterator[Cure]":
    """A map as a sequence: its positions as steps, or its columns as steps and the rest as features."""
    wanted = refused.fault.axes
    steps = f"{prod(shape[1:]):,} positions of {shape[0]:,} channels"
    if SEQUENCE in wanted and len(shape) in MAP_AXES and not RANKED.search(refused.type):
        arguments = dict(refused.arguments)
        size = arguments.get("input_size")
        if len(shape) == MAP_AXES[0] and "input_size" in arguments and size in (None, shape[0] * shape[1]):
            columns: tuple[Entry, ...] = ({"type": "Permute", "dims": [2, 0, 1]}, flattening(3, 1, 3))
            because = f"{shape[2]:,} steps of {product(shape[:2])} features"
            yield Cure(led_through(refused, *columns, position=position, name="steps"), because)
        rows: tuple[Entry, ...] = (
            flattening(len(shape), 1, len(shape)),
            {"type": "Transpose", "dim0": 0, "dim1": 1},
        )
        yield Cure(led_through(refused, *rows, position=position, name="steps"), steps)
    elif SEQUENCE in wanted and len(shape) in MAP_AXES:
        flat = flattening(len(shape), 1, len(shape))
        yield Cure(led_through(refused, flat, position=position, name="flat"), steps)
    if 1 in wanted:
        because = f"{prod(shape):,} = {product(shape)}"
        yield Cure(led_through(refused, "Flatten", position=position, name="flat"), because)


def joined_inputs(_: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Several inputs merged first, where a layer takes one."""
    origin = refused.origin
    named = origin.written("from")
    if refused.fault.key != "from" or refused.arguments.merges or not isinstance(named, list):
        return
    if not refused.fault.fact.startswith("takes 1 input"):
        return
    alike = len({port.tensor.shape for port in refused.inputs}) == 1
    for kind in ("Concat", "Add") if alike else ("Concat",):
        merge: Entry = {"type": kind, "from": cast("list[object]", named)}
        changes: tuple[Change, ...] = (DropKey(origin, "from"), Insert(origin, (merge,)))
        yield Cure(changes)
