"""Checkpoints written byte by byte, so that a wrong one can be written too."""

import json
import struct
from math import prod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.facts import Shape

SIZES = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8, "U8": 1}


class Entry(NamedTuple):
    """A tensor of a file: its name, dtype (ggml's number in GGUF), and shape in torch's order."""

    name: str
    dtype: str | int
    shape: "Shape"


def safetensors_bytes(entries: "Sequence[Entry]", **changes: object) -> bytes:
    """A safetensors file of zeros; ``changes`` replace what the header says, by name of the tensor."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, dtype, shape in entries:
        end = at + SIZES[str(dtype)] * prod(shape)
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, end]}
        at = end
    return framed(json.dumps({**header, **changes}).encode(), at)


def framed(header: bytes, held: int = 0) -> bytes:
    """A header with its length before it, and so many bytes of tensors behind it."""
    return struct.pack("<Q", len(header)) + header + bytes(held)


def text(value: str) -> bytes:
    """A text of GGUF."""
    written = value.encode()
    return struct.pack("<Q", len(written)) + written


def pair(key: str, kind: int, value: bytes) -> bytes:
    """What a GGUF file says of its model."""
    return text(key) + struct.pack("<I", kind) + value


PAIRS = (
    pair("general.architecture", 8, text("llama")),
    pair("general.alignment", 4, struct.pack("<I", 64)),
    pair("llama.rope.freq_base", 6, struct.pack("<f", 1e4)),
    pair("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 3) + text("a") + text("") + text("ccc")),
    pair("tokenizer.ggml.scores", 9, struct.pack("<IQ3f", 6, 3, 0, 1, 2)),
    pair("nested", 9, struct.pack("<IQ", 9, 2) + struct.pack("<IQ2B", 0, 2, 1, 2) + struct.pack("<IQ", 4, 0)),
    pair("flag", 7, b"\1"),
)
BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), 12: (256, 144)}
"""Number of a ggml type -> numbers and bytes of its blocks."""


def info(entry: Entry, start: int) -> bytes:
    """The entry of a tensor in a GGUF header."""
    axes = struct.pack(f"<I{len(entry.shape)}Q", len(entry.shape), *reversed(entry.shape))
    return text(entry.name) + axes + struct.pack("<IQ", int(entry.dtype), start)


def gguf_bytes(
    entries: "Sequence[Entry]",
    pairs: "Sequence[bytes]" = PAIRS,
    starts: "Mapping[str, int] | None" = None,
    version: int = 3,
    alignment: int = 64,
) -> bytes:
    """A GGUF file of zeros; ``starts`` replace where the tensors of these names begin."""
    infos, at = b"", 0
    for entry in entries:
        infos += info(entry, (starts or {}).get(entry.name, at))
        block, size = BLOCKS[int(entry.dtype)]
        at += -(-(prod(entry.shape) // block * size) // alignment) * alignment
    header = b"GGUF" + struct.pack("<IQQ", version, len(entries), len(pairs)) + b"".join(pairs) + infos
    return header + bytes(-len(header) % alignment) + bytes(at)
