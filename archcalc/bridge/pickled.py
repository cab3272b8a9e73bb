"""A checkpoint that torch.save wrote: what its tensors are. Nothing but weights is unpickled."""

import warnings
from collections.abc import Mapping
from functools import partial
from pickle import UnpicklingError
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from archcalc.bridge.identity import storage_of
from archcalc.checkpoints.stored import Checkpoint, StoredDtype, StoredTensor, check_count, checked_name
from archcalc.errors import Fault, shortened

if TYPE_CHECKING:
    from pathlib import Path

STATE = "save what the module's state_dict() gives: what is code in a file is never run"
MAX_DEPTH = 4
"""Dictionaries within each other that are searched for tensors."""


def pickled(path: "Path") -> Checkpoint:
    """Names, shapes and dtypes of the tensors, loaded by torch, which reads weights alone.

    Raises:
        Fault: it is damaged, holds more than tensors and plain values, or no tensors.
    """
    try:
        held = _loaded(path)
    except UnpicklingError:
        raise Fault("it is damaged, or holds more than tensors and plain values", hint=STATE) from None
    except Exception as error:  # noqa: BLE001  torch raises what it likes about a damaged file
        if "TorchScript" in str(error):
            raise Fault("it is a TorchScript archive, whose code is not run", hint=STATE) from None
        raise Fault(f"torch cannot load it: {type(error).__name__}: {_first_line(error)}") from None
    found = _states(held, (), MAX_DEPTH)
    if not found:
        raise Fault("it holds no dictionary of tensors by name")
    way, state = max(found, key=lambda each: len(each[1]))
    check_count(len(state))
    notes = (f"the tensors are in {'.'.join(way)!r}",) if way else ()
    return Checkpoint("torch", 1, tuple(_stored(state)), notes)


def _loaded(path: "Path") -> object:
    """A zip file is mapped, so that no weights are read; files from before torch 1.6 are read as a whole.

    On the meta device, tensors that are one would come out as two.
    """
    load = partial(torch.load, path, map_location="cpu", weights_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about how it was written; what matters is raised
        try:
            return cast("object", load(mmap=True))
        except RuntimeError:
            return cast("object", load())


def _states(
    value: object, way: tuple[str, ...], depth: int
) -> "list[tuple[tuple[str, ...], dict[str, Tensor]]]":
    """Every dictionary that has tensors, with the keys that lead to it."""
    if not isinstance(value, Mapping):
        return []
    items = cast("Mapping[object, object]", value).items()
    tensors = {str(key): each for key, each in items if isinstance(each, Tensor)}
    found = [(way, tensors)] if tensors else []
    for key, each in items:
        if depth and isinstance(each, Mapping):
            found += _states(cast("object", each), (*way, shortened(str(key))), depth - 1)
    return found


def _stored(state: Mapping[str, Tensor]) -> "list[StoredTensor]":
    """Tensors that are one in the file are said to share it."""
    first: dict[object, str] = {}
    found = list[StoredTensor]()
    for name, tensor in state.items():
        owner = first.setdefault(storage_of(tensor), name)
        dtype = StoredDtype(str(tensor.dtype).removeprefix("torch."), 1, tensor.element_size())
        shares = owner if owner != name else None
        found.append(StoredTensor(checked_name(name), tuple(tensor.shape), dtype, shares=shares))
    return found


def _first_line(error: BaseException) -> str:
    return shortened(str(error).strip().partition("\n")[0])
