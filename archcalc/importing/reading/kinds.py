"""Asking a kind: what it states of its inputs, and which of its arguments have to be written."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from archcalc.errors import Fault
from archcalc.importing.reading.layouts import Untranslated
from archcalc.layers.registry import KINDS, kind

if TYPE_CHECKING:
    from archcalc.facts import Facts, Tensor

NO_ARGUMENTS: Mapping[str, object] = {}
"""Those of a layer that has none, or whose are all defaults."""
UNSAID = object()
"""Stands where a field has no default."""


@cache
def defaults(name: str) -> Mapping[str, object]:
    """The fields of a kind with their defaults; ``UNSAID`` where there is none.

    Raises:
        Untranslated: there is no such kind.
    """
    if name not in KINDS:
        raise Untranslated(f"there is no layer kind {name}")
    fields = kind(name).model_fields
    return {key: UNSAID if field.is_required() else field.default for key, field in fields.items()}


def written_arguments(name: str, arguments: Mapping[str, object]) -> Mapping[str, object]:
    """The arguments that a spec has to say, in the order of the kind's fields.

    A tuple of one number over and over is written as the number where the kind takes one for all axes.

    Raises:
        Untranslated: the kind has no such argument.
    """
    fields = defaults(name)
    unknown = [key for key in arguments if key not in fields]
    if unknown:
        raise Untranslated(f"{name} has no argument {unknown[0]}")
    short = {key: _shortened(name, key, arguments[key]) for key in fields if key in arguments}
    return {key: value for key, value in short.items() if not _same(value, fields[key])}


PER_AXIS = frozenset(
    ("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size", "size", "scale_factor")
)
"""Arguments that are one number for all axes, or one per axis."""


def _shortened(name: str, key: str, value: object) -> object:
    """One number for several that are equal, where it means the same."""
    if key not in PER_AXIS or not isinstance(value, tuple) or name == "Fold":
        return value  # pyright: ignore[reportUnknownVariableType]  # any items
    values = cast("tuple[object, ...]", value)
    uniform = bool(values) and values[0] is not None and all(each == values[0] for each in values)
    return values[0] if uniform else values


def _same(value: object, default: object) -> bool:
    """Whether an argument is the default, and no truth that only counts as its number."""
    return value == default and isinstance(value, bool) == isinstance(default, bool)


def stated_by(
    name: str, arguments: Mapping[str, object], tensors: "tuple[Tensor, ...]", mapped: int
) -> "tuple[Facts, Mapping[str, object]]":
    """What a layer states of its inputs, and its arguments that are no defaults.

    Args:
        name: its kind.
        arguments: by name.
        tensors: what it reads.
        mapped: leading axes along which it is applied.

    Raises:
        Untranslated: the kind does not exist, or has no such argument.
        Fault: it refuses.
    """
    written = written_arguments(name, arguments)
    try:
        layer = kind(name).model_validate(written)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Fault(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    lead = tensors[0].shape[:mapped] if tensors else ()
    within = tuple(inner(tensor, lead) for tensor in tensors)
    if not layer.takes_numbers and any(not tensor.shape for tensor in within):
        raise Fault("needs a tensor with axes, got a number: []")
    facts = layer.infer(within)
    # What is made of parameters and constants alone is one for all samples, as these are.
    batched = any(tensor.batched for tensor in tensors)
    outputs = {
        key: replace(tensor, shape=(*lead, *tensor.shape), batched=batched)
        for key, tensor in facts.outputs.items()
    }
    return replace(facts, outputs=outputs), written


def inner(tensor: "Tensor", lead: tuple[int, ...]) -> "Tensor":
    """What stands at one position of the leading axes."""
    if tensor.shape[: len(lead)] != lead:
        raise Untranslated(f"the leading axes differ: {list(tensor.shape)} and {list(lead)}")
    return replace(tensor, shape=tensor.shape[len(lead) :]) if lead else tensor
