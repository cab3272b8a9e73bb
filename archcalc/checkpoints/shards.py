"""A checkpoint in several safetensors files, with an index that says in which one each tensor is."""

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from archcalc.checkpoints.safetensors import parsed_object, safetensors_header
from archcalc.checkpoints.stored import MAX_HEADER, Checkpoint, StoredTensor, check_count, checked_name
from archcalc.errors import Fault, shortened
from archcalc.source.files import bytes_of

if TYPE_CHECKING:
    from pathlib import Path

MAX_SHARDS = 10_000


def sharded(path: "Path", most: int | None = None) -> Checkpoint:
    """Read the headers of all files that an index names; they stand beside it.

    Raises:
        Fault: the index is none, or a file does not hold what it says.
        OSError: a file cannot be read.
    """
    if path.stat().st_size > MAX_HEADER:
        raise Fault(f"the index has {path.stat().st_size:,} bytes, more than {MAX_HEADER:,}")
    index = parsed_object(bytes_of(path, MAX_HEADER), "the index")
    places = index.get("weight_map")
    if not isinstance(places, dict):
        raise Fault("the index has no weight_map, which says in which file each tensor is")
    check_count(len(cast("dict[object, object]", places)), most)
    files = {checked_name(str(name)): file for name, file in cast("dict[object, object]", places).items()}
    tensors: list[StoredTensor] = []
    shards = list(dict.fromkeys(map(_beside, files.values())))
    if len(shards) > MAX_SHARDS:
        raise Fault(f"the index names {len(shards):,} files, more than {MAX_SHARDS:,}")
    for shard in shards:
        tensors += _shard(path.with_name(shard), files)
    missing = set(files) - {tensor.name for tensor in tensors}
    if missing:
        first = min(missing)
        raise Fault(f"{shortened(first)} is not in {files[first]}, where the index has it")
    return Checkpoint("safetensors", len(shards), tuple(tensors), tuple(_size_note(index, tensors)))


def _shard(path: "Path", files: dict[str, object]) -> list[StoredTensor]:
    if not path.is_file():
        raise Fault(f"there is no {path.name} beside the index, which names it")
    try:
        tensors = safetensors_header(path)
    except Fault as fault:
        raise Fault(f"{path.name}: {fault.fact}", hint=fault.hint) from None
    for tensor in tensors:
        if files.get(tensor.name) != path.name:
            where = shortened(str(files.get(tensor.name, "no file")))
            raise Fault(f"{shortened(tensor.name)} is in {path.name}, and the index has it in {where}")
    return [replace(tensor, start=None) for tensor in tensors]


def _beside(file: object) -> str:
    if not isinstance(file, str) or not file or PurePath(file).name != file or not file.isprintable():
        raise Fault(f"{shortened(repr(file))} in the index is no file beside it")
    return file


def _size_note(index: dict[str, object], tensors: list[StoredTensor]) -> list[str]:
    about = index.get("metadata")
    said = cast("dict[str, object]", about).get("total_size") if isinstance(about, dict) else None
    held = sum(tensor.bytes for tensor in tensors)
    if not isinstance(said, int) or said == held:
        return []
    return [f"the index says {said:,} bytes in all, the files have {held:,}"]
