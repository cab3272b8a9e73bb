"""The header of a GGUF file: counts, then what is said of the model, then what is said of each tensor.

All numbers are little-endian. The axes of a tensor stand in the other order than torch has them.
"""

import re
import struct
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from archcalc.checkpoints.ggml import TYPES
from archcalc.checkpoints.stored import (
    MAX_HEADER,
    MAX_NAME,
    Checkpoint,
    StoredTensor,
    check_bytes,
    check_count,
    checked_name,
    checked_shape,
)
from archcalc.errors import Fault, shortened
from archcalc.formulas.rounding import rounded_up
from archcalc.source.files import stream_of

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"GGUF"
SPLIT = re.compile(r"-\d{5}-of-(?P<count>\d{5})\.gguf$")
"""The end of the name of a part of a model."""
VERSIONS = (2, 3)
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Type of a value -> how it is packed."""
TEXT, ARRAY = 8, 9
LENGTH = struct.Struct("<Q")
"""Of a text, before its bytes."""
BLOCK = 2**16
"""Bytes that are read at once of texts that are passed over."""
MAX_ITEMS = 2_000_000
"""Texts of all arrays: vocabularies have some hundred thousands."""
MAX_ARRAYS = 50_000
"""Arrays within arrays."""
MAX_NESTED = 4
MAX_DIMS = 8
LEAST_PAIR, LEAST_TENSOR = 13, 24
"""Bytes of the shortest pair (of a key and a value) and of the shortest entry of a tensor."""
MAX_PAIRS = 50_000
ALIGNMENT = 32
"""Bytes that tensors begin at a multiple of, where the file does not say it."""


class _Header:
    """The bytes of a header, read one value after the other; they end where the file or the limit does."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file, self.size, self.items, self.arrays = file, min(size, MAX_HEADER), 0, 0
        self.cut = size > MAX_HEADER

    def left(self) -> int:
        return self.size - self.file.tell()

    def take(self, count: int) -> bytes:
        self._fits(count)
        return self.file.read(count)

    def skip(self, count: int) -> None:
        self._fits(count)
        self.file.seek(count, 1)

    def _fits(self, count: int) -> None:
        if count > self.left():
            limit = " that a header may have" if self.cut else ""
            what = f"the {self.size:,} bytes{limit or ' of the file'}"
            raise Fault(f"the header goes on for {count:,} bytes at byte {self.file.tell():,} of {what}")

    def number(self, form: str) -> int:
        (value,) = struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))
        return int(value)

    def text(self) -> str:
        return self.take(self.number("Q")).decode("utf-8", "replace")

    def value(self, kind: int, nested: int = 0) -> int | str | None:
        """A whole number or a text; None for what is passed over."""
        if kind == TEXT:
            return self.text()
        if kind == ARRAY and nested < MAX_NESTED:
            self._array(nested + 1)
            return None
        if kind not in SCALARS:
            raise Fault(f"a value in the header has the unknown type {kind}")
        if SCALARS[kind] in "fd":
            self.skip(struct.calcsize(f"<{SCALARS[kind]}"))
            return None
        return self.number(SCALARS[kind])

    def _array(self, nested: int) -> None:
        kind, count = self.number("I"), self.number("Q")
        if kind in SCALARS:
            self.skip(count * struct.calcsize(f"<{SCALARS[kind]}"))
            return
        self.items += count
        if self.items > MAX_ITEMS:
            raise Fault(f"the header has {self.items:,} texts in its arrays, more than {MAX_ITEMS:,}")
        if kind == TEXT:
            self._pass_texts(count)
            return
        self.arrays += count
        if self.arrays > MAX_ARRAYS:
            raise Fault(f"the header has {self.arrays:,} arrays in its arrays, more than {MAX_ARRAYS:,}")
        for _ in range(count):
            self.value(kind, nested)

    def _pass_texts(self, count: int) -> None:
        """Pass over so many texts, of which there may be millions: their lengths are read out of blocks."""
        block, begin, at = b"", 0, self.file.tell()
        for _ in range(count):
            if at + LENGTH.size > begin + len(block):
                self.file.seek(at)
                self._fits(LENGTH.size)
                block, begin = self.file.read(min(BLOCK, self.left())), at
            (length,) = LENGTH.unpack_from(block, at - begin)
            at += LENGTH.size
            if length > self.size - at:
                self.file.seek(at)
                self._fits(length)
            at += length
        self.file.seek(at)


def gguf_header(path: "Path", most: int | None = None) -> Checkpoint:
    """Names, shapes and types of all tensors of a file, or of all files of a model that is split.

    Raises:
        Fault: a file is no such file, or its header contradicts itself or the file's size.
        OSError: a file cannot be read.
    """
    parts = SPLIT.search(path.name)
    if parts is None:
        return _read(path, most)
    count = max(int(parts["count"]), 1)
    names = [f"{path.name[: parts.start()]}-{index:05}-of-{count:05}.gguf" for index in range(1, count + 1)]
    found = list[Checkpoint]()
    for name in names:
        if not path.with_name(name).is_file():
            raise Fault(f"there is no {name} beside {path.name}, whose name says that there is")
        found.append(_read(path.with_name(name), most))
    tensors = tuple(replace(tensor, start=None) for each in found for tensor in each.tensors)
    _check_unique(tensors)
    return Checkpoint("GGUF", count, tensors, found[0].notes)


def _read(path: "Path", most: int | None) -> Checkpoint:
    """The header of one file.

    Raises:
        Fault: it is no such file, or its header contradicts itself or the file's size.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with stream_of(path) as file:
        header = _Header(file, size)
        _check_version(header)
        count, pairs = header.number("Q"), header.number("Q")
        for what, many, least in (("values", pairs, LEAST_PAIR), ("tensors", count, LEAST_TENSOR)):
            if many * least > header.left():
                raise Fault(f"{many:,} {what} do not fit into the {header.left():,} bytes behind the counts")
        check_count(count, most)
        if pairs > MAX_PAIRS:
            raise Fault(f"the header says {pairs:,} things of the model, more than {MAX_PAIRS:,}")
        said = {key: value for key, value in (_pair(header) for _ in range(pairs)) if value is not None}
        tensors = tuple(_tensor(header) for _ in range(count))
        end = file.tell()
    alignment = said.get("general.alignment", ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1:
        raise Fault(f"general.alignment is {shortened(str(alignment))}, no number of bytes")
    _check_unique(tensors)
    check_bytes(tensors, max(size - rounded_up(end, alignment), 0))
    model = said.get("general.architecture")
    told = isinstance(model, str) and model.isprintable()
    notes = (f"the architecture in the file is {shortened(str(model))}",) if told else ()
    return Checkpoint("GGUF", 1, tensors, notes)


def _check_version(header: _Header) -> None:
    if header.take(len(MAGIC)) != MAGIC:
        raise Fault("the file does not begin with GGUF")
    version = header.number("I")
    if version not in VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
        order = " with its bytes in the other order" if swapped in VERSIONS else ""
        told = swapped if order else version
        raise Fault(f"the file has version {told:,} of GGUF{order}; 2 and 3, little-endian, are read")


def _pair(header: _Header) -> tuple[str, int | str | None]:
    key = header.text()
    return key[:MAX_NAME], header.value(header.number("I"))


def _tensor(header: _Header) -> StoredTensor:
    name = checked_name(header.text())
    axes = header.number("I")
    if axes > MAX_DIMS:
        raise Fault(f"{shortened(name)} has {axes:,} axes, more than {MAX_DIMS}")
    shape = checked_shape([header.number("Q") for _ in range(axes)][::-1], name)
    kind, start = header.number("I"), header.number("Q")
    if kind not in TYPES:
        raise Fault(f"{shortened(name)} has the unknown ggml type {kind}")
    dtype = TYPES[kind]
    if shape and shape[-1] % dtype.block:
        blocks = f"whole blocks of {dtype.block} in {dtype.name}"
        raise Fault(f"{shortened(name)}: {shape[-1]:,} numbers are no {blocks}")
    return StoredTensor(name, shape, dtype, start)


def _check_unique(tensors: tuple[StoredTensor, ...]) -> None:
    seen = set[str]()
    for tensor in tensors:
        if tensor.name in seen:
            raise Fault(f"{shortened(tensor.name)} stands twice in the header")
        seen.add(tensor.name)
