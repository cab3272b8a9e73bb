"""The header of a safetensors file: its length in 8 bytes, then JSON, then the bytes of the tensors."""

import json
from collections import Counter
from typing import TYPE_CHECKING, cast

from archcalc.checkpoints.stored import (
    MAX_HEADER,
    StoredDtype,
    StoredTensor,
    check_bytes,
    check_count,
    checked_name,
    checked_shape,
)
from archcalc.errors import Fault, nearest, shortened
from archcalc.source.files import stream_of

if TYPE_CHECKING:
    from pathlib import Path

LENGTH = 8
MAX_SHOWN = 100
DTYPES = {
    name: StoredDtype(name, 1, size)
    for size, names in (
        (1, "BOOL U8 I8 F8_E4M3 F8_E5M2 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ"),
        (2, "U16 I16 F16 BF16"),
        (4, "U32 I32 F32"),
        (8, "U64 I64 F64 C64"),
    )
    for name in names.split()
} | {
    "F4": StoredDtype("F4", 2, 1),
    "F6_E2M3": StoredDtype("F6_E2M3", 4, 3),
    "F6_E3M2": StoredDtype("F6_E3M2", 4, 3),
}


def safetensors_header(path: "Path", most: int | None = None) -> tuple[StoredTensor, ...]:
    """Names, shapes and dtypes of all tensors of a file.

    Raises:
        Fault: it is no such file, or its header contradicts itself or the file's size.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with stream_of(path) as file:
        length = int.from_bytes(file.read(LENGTH), "little")
        if size < LENGTH or length > size - LENGTH:
            raise Fault(
                f"the header of {length:,} bytes does not fit into a file of {size:,}",
                hint="the file is cut off, or no safetensors file",
            )
        if length > MAX_HEADER:
            raise Fault(f"the header has {length:,} bytes, more than {MAX_HEADER:,}")
        header = parsed_object(file.read(length), "the header")
    header.pop("__metadata__", None)
    check_count(len(header), most)
    tensors = tuple(_tensor(name, entry) for name, entry in header.items())
    check_bytes(tensors, size - LENGTH - length)
    held = sum(tensor.bytes for tensor in tensors)
    if held != size - LENGTH - length:
        raise Fault(f"the tensors have {held:,} bytes, and the file has {size - LENGTH - length:,} for them")
    return tensors


def parsed_object(text: bytes, what: str) -> dict[str, object]:
    """An object in JSON, each of whose keys stands once.

    Raises:
        Fault: it is something else.
    """
    try:
        found: object = json.loads(text, object_pairs_hook=_unique)
    except Fault:
        raise
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Fault(f"{what} is no JSON: {shortened(str(error))}") from None
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        reason = "it is nested too deeply" if deep else "a number has too many digits"
        raise Fault(f"{what} is no JSON: {reason}") from None
    if not isinstance(found, dict):
        raise Fault(f"{what} is no JSON object, but {shortened(repr(found)[:MAX_SHOWN])}")
    return cast("dict[str, object]", found)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        again, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise Fault(f"{shortened(checked_name(again))} stands twice in the header")
    return found


def _tensor(name: str, entry: object) -> StoredTensor:
    keys = cast("dict[str, object]", entry) if isinstance(entry, dict) else {}
    dtype, shape, offsets = keys.get("dtype"), keys.get("shape"), keys.get("data_offsets")
    checked_name(name)
    if not isinstance(shape, list) or not isinstance(offsets, list) or not isinstance(dtype, str):
        raise Fault(f"{shortened(name)} needs dtype, shape and data_offsets in the header")
    if dtype not in DTYPES:
        fact = f"{shortened(name)} has the unknown dtype {shortened(dtype)!r}"
        raise Fault(fact, hint=nearest(dtype, DTYPES))
    sizes = checked_shape(cast("list[object]", shape), name)
    span = checked_shape(cast("list[object]", offsets), f"the place of {name}")
    tensor = StoredTensor(name, sizes, DTYPES[dtype], span[0] if span else None)
    length = span[1] - span[0] if len(span) == len(("start", "end")) else -1
    if length != tensor.bytes:
        needed = f"{list(sizes)} in {dtype} needs {tensor.bytes:,}"
        raise Fault(f"{shortened(name)} has bytes {list(span)[:2]} where {needed}")
    return tensor
