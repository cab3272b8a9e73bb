"""Batches for a module, and whether its forward takes them."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from archcalc import facts
from archcalc.errors import Fault

InputShape = facts.Tensor | Sequence["InputShape"] | Mapping[str, "InputShape"]
"""What stands for one argument of forward: a tensor without its batch, or a list or a dict of such."""
Inputs = Mapping[str, InputShape] | Sequence[InputShape]
"""By the names of forward's arguments, or by position."""
IN_PLACE_OF_MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def batch_of(given: InputShape, batch: int, device: str, floats: torch.dtype | None) -> object:
    """A batch of zeros; of a tensor that is not batched, as of a whole graph, that one.

    Args:
        given: shapes without the batch.
        batch: samples.
        device: where.
        floats: the dtype of the weights, for tensors with a point.
    """
    if isinstance(given, facts.Tensor):
        dtype = cast("torch.dtype", getattr(torch, given.dtype))
        dtype = floats if floats and dtype.is_floating_point else dtype
        shape = (batch, *given.shape) if given.batched else given.shape
        return torch.zeros(shape, dtype=dtype, device=device)
    if isinstance(given, Mapping):
        return {key: batch_of(each, batch, device, floats) for key, each in given.items()}
    return [batch_of(each, batch, device, floats) for each in given]


def floats_of(module: nn.Module) -> torch.dtype | None:
    """The dtype of all weights, where they have one: half precision, say."""
    dtypes = {each.dtype for each in module.parameters() if each.is_floating_point()}
    return dtypes.pop() if len(dtypes) == 1 else None


def bound(module: nn.Module, inputs: Inputs) -> tuple[dict[str, InputShape], bool]:
    """Every input under a name, and whether they go in by name.

    Raises:
        Fault: forward takes other ones.
    """
    arguments = _arguments(module)
    if isinstance(inputs, Mapping):
        named = dict(inputs)
        by_name = arguments is not None and _takes(arguments, named)
        if not by_name and arguments is not None:
            _check_count(module, arguments, len(named), list(named))
        return named, by_name
    positional = (
        [] if arguments is None else [each.name for each in arguments if each.kind not in IN_PLACE_OF_MANY]
    )
    if arguments is not None:
        _check_count(module, arguments, len(inputs), [])
    names = [
        *positional,
        *("input" if at == 0 else f"input_{at + 1}" for at in range(len(positional), len(inputs))),
    ]
    return dict(zip(names, inputs, strict=False)), False


def _arguments(module: nn.Module) -> list[inspect.Parameter] | None:
    """Of forward; None where it was recorded without them."""
    try:
        return list(inspect.signature(module.forward).parameters.values())
    except ValueError:
        return None


def _takes(arguments: Sequence[inspect.Parameter], named: Mapping[str, object]) -> bool:
    names = {each.name for each in arguments if each.kind not in IN_PLACE_OF_MANY}
    if any(each.kind == inspect.Parameter.VAR_KEYWORD for each in arguments):
        return _needed(arguments) <= named.keys()
    return named.keys() <= names and _needed(arguments) <= named.keys()


def _needed(arguments: Sequence[inspect.Parameter]) -> set[str]:
    return {
        each.name
        for each in arguments
        if each.kind not in IN_PLACE_OF_MANY and each.default is inspect.Parameter.empty
    }


def _check_count(
    module: nn.Module, arguments: Sequence[inspect.Parameter], count: int, named: list[str]
) -> None:
    there = [each for each in arguments if each.kind not in IN_PLACE_OF_MANY]
    needed = [each.name for each in there if each.default is inspect.Parameter.empty]
    many = any(each.kind == inspect.Parameter.VAR_POSITIONAL for each in arguments)
    if len(needed) <= count and (count <= len(there) or many):
        return
    names = [each.name for each in there]
    missing = [name for name in needed if name not in named] if set(named) & set(names) else needed[count:]
    given = "1 input arrives" if count == 1 else f"{count} inputs arrive"
    if missing:
        fact = f"forward of {type(module).__name__} needs {', '.join(missing)} as well: {given}"
    else:
        fact = f"forward of {type(module).__name__} takes {', '.join(names) or 'nothing'}: {given}"
    raise Fault(fact, hint=f"state one input for each of {', '.join(needed)}" if needed else "")


def named_tensors(value: object, name: str) -> Iterator[tuple[str, Tensor]]:
    """Every tensor of an input under a name of its own: ``x``, or ``x_0``, ``x_1`` of a list."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, each in cast("Mapping[str, object]", value).items():
            yield from named_tensors(each, f"{name}_{key}")
    else:
        for at, each in enumerate(cast("Sequence[object]", value)):
            yield from named_tensors(each, f"{name}_{at}")
