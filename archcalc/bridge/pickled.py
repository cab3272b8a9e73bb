"""A checkpoint that torch.save wrote: what its tensors are. Nothing but weights is unpickled."""

import warnings
from collections.abc import Mapping
from functools import partial
from pickle import UnpicklingError
from typing import TYPE_CHECKING, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile

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


def pickled(path: "Path", most: int | None = None) -> Checkpoint:
    """Names, shapes and dtypes of the tensors, loaded by torch, which reads weights alone.

    Raises:
        Fault: it is damaged, holds more than tensors and plain values, or no tensors.
    """
    try:
        held = _loaded(path)
    except Fault:
        raise
    except UnpicklingError:
        raise Fault("it is damaged, or holds more than tensors and plain values", hint=STATE) from None
    except Exception as error:  # noqa: BLE001  torch raises what it likes about a damaged file
        raise Fault(f"torch cannot load it: {type(error).__name__}: {_first_line(error)}") from None
    found = _states(held)
    if not found:
        raise Fault("it holds no dictionary of tensors by name")
    way, state = max(found, key=lambda each: len(each[1]))
    check_count(len(state), most)
    notes = (f"the tensors are in {'.'.join(way)!r}",) if way else ()
    return Checkpoint("torch", 1, tuple(_stored(state)), notes)


def _loaded(path: "Path") -> object:
    """A zip file is mapped, so that no weights are read; files from before torch 1.6 are read as a whole.

    On the meta device, tensors that are one would come out as two.
    """
    _check_plain(path)
    load = partial(torch.load, path, map_location="cpu", weights_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about how it was written; what matters is raised
        try:
            return cast("object", load(mmap=True))
        except RuntimeError:
            return cast("object", load())


def _check_plain(path: "Path") -> None:
    """A zip file is no program, and nothing in it is packed: a small one could fill the memory.

    Raises:
        Fault: it is, or something is.
    """
    try:
        with ZipFile(path) as archive:
            held = archive.infolist()
    except BadZipFile:
        return  # a plain pickle, or a damaged file, which torch tells
    if any("/code/" in each.filename for each in held):
        raise Fault("it is a TorchScript archive, whose code is not run", hint=STATE)
    packed = next((each for each in held if each.compress_type != ZIP_STORED), None)
    if packed is not None:
        raise Fault(f"{packed.filename!a} in it is packed, which torch.save does not do")


def _states(held: object) -> "list[tuple[tuple[str, ...], dict[str, Tensor]]]":
    """Every dictionary that has tensors, with the shortest keys that lead to it.

    Each is looked at once: few bytes can name one very often.
    """
    found = list[tuple[tuple[str, ...], dict[str, Tensor]]]()
    level: list[tuple[tuple[str, ...], object]] = [((), held)]
    seen = set[int]()
    for _ in range(MAX_DEPTH + 1):
        inside = list[tuple[tuple[str, ...], object]]()
        for way, value in level:
            if not isinstance(value, Mapping) or id(cast("object", value)) in seen:
                continue
            seen.add(id(cast("object", value)))
            items = cast("Mapping[object, object]", value).items()
            tensors = {str(key): each for key, each in items if isinstance(each, Tensor)}
            found += [(way, tensors)] if tensors else []
            inside += [((*way, shortened(str(key))), each) for key, each in items]
        level = inside
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
