"""Results of calls, part by part: lists, tuples, mappings and records of tensors."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import torch

from archcalc.bridge.recording.history import named_tuple

Placed = Callable[[object, tuple[object, ...]], tuple[object, object]]


def walked_through(value: object, path: tuple[object, ...], placed: Placed) -> tuple[object, object]:
    """A result with objects of its own, and the same with values in place of tensors.

    Args:
        value: lists, tuples, mappings and records of tensors.
        path: where it stands in the whole.
        placed: what becomes of a part, by its place.
    """
    if isinstance(value, Mapping):
        return _mapping(cast("Mapping[object, object]", value), path, placed)
    if isinstance(value, list | tuple) and not isinstance(value, torch.Size):
        items = cast("Sequence[object]", value)
        pairs = [placed(each, (*path, at)) for at, each in enumerate(items)]
        given, stated = [pair[0] for pair in pairs], tuple(pair[1] for pair in pairs)
        if all(new is old for new, old in zip(given, items, strict=True)):
            return items, stated
        if isinstance(value, list):
            return given, stated
        return named_tuple(cast("tuple[object, ...]", value), given), stated
    if hasattr(value, "__dataclass_fields__"):
        return _fields(value, path, placed)
    return value, value


def _mapping(
    value: Mapping[object, object], path: tuple[object, ...], placed: Placed
) -> tuple[object, object]:
    pairs = {key: placed(each, (*path, key)) for key, each in value.items()}
    for key, (given, _) in pairs.items():
        if given is not value[key] and isinstance(value, dict):
            value[key] = given
    return value, {key: stated for key, (_, stated) in pairs.items()}


def _fields(value: object, path: tuple[object, ...], placed: Placed) -> tuple[object, object]:
    names = cast("Mapping[str, object]", getattr(value, "__dataclass_fields__", {}))
    return value, {name: placed(getattr(value, name), (*path, name))[1] for name in names}
