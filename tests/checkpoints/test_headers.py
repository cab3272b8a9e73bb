"""Headers of checkpoints, written by hand and by the library of the format, and what is wrong with others."""

import io
import json
import struct
from pathlib import Path
from random import Random
from time import perf_counter

import pytest
import torch
from safetensors.torch import load_file, save_file  # pyright: ignore[reportUnknownVariableType]  # partly untyped

from archcalc import load, loads, trace
from archcalc.checkpoints import gguf, safetensors, stored
from archcalc.checkpoints.beside import beside_checkpoint
from archcalc.checkpoints.ggml import TYPES
from archcalc.checkpoints.opening import checkpoint_of
from archcalc.checkpoints.safetensors import DTYPES
from archcalc.checkpoints.stored import Checkpoint
from archcalc.errors import Fault
from tests.checkpoints.files import PAIRS, Entry, framed, gguf_bytes, info, pair, safetensors_bytes, text

ENTRIES = (Entry("a.weight", "F32", (4, 3)), Entry("a.bias", "F16", (4,)), Entry("steps", "I64", ()))
QUANTIZED = (Entry("a.weight", 12, (3, 512)), Entry("b.weight", 2, (2, 5, 64)), Entry("n", 0, (7,)))


def read(folder: Path, content: bytes, name: str = "model.safetensors") -> Checkpoint:
    """What the header of these bytes says."""
    path = folder / name
    path.write_bytes(content)
    return checkpoint_of(str(path))


def fault(folder: Path, content: bytes, name: str = "model.safetensors") -> str:
    """What is told of bytes that are no checkpoint."""
    with pytest.raises(Fault) as caught:
        read(folder, content, name)
    told = caught.value.fact
    assert told.startswith(str(folder / name))
    assert "\n" not in told
    assert len(told) < 2_000
    return told.removeprefix(f"{folder / name}: ")


def rows(found: Checkpoint) -> list[tuple[str, str, tuple[int, ...], int]]:
    """The tensors as plain values."""
    return [(each.name, each.dtype.name, each.shape, each.bytes) for each in found.tensors]


def test_a_file_that_was_written_by_hand(tmp_path: Path) -> None:
    found = read(tmp_path, safetensors_bytes(ENTRIES))
    assert (found.form, found.files) == ("safetensors", 1)
    assert rows(found) == [
        ("a.weight", "F32", (4, 3), 48),
        ("a.bias", "F16", (4,), 8),
        ("steps", "I64", (), 8),
    ]
    second = load_file(tmp_path / "model.safetensors")
    assert {name: (tuple(each.shape), each.nbytes) for name, each in second.items()} == {
        each.name: (each.shape, each.bytes) for each in found.tensors
    }


@pytest.mark.parametrize(
    "dtype", ["float32", "float16", "bfloat16", "float64", "int8", "uint8", "bool", "int64"]
)
def test_a_file_that_the_library_wrote(tmp_path: Path, dtype: str) -> None:
    tensors = {
        "x": torch.zeros(3, 5, dtype=getattr(torch, dtype)),
        "empty": torch.zeros(0, 4, dtype=getattr(torch, dtype)),
        "scalar": torch.zeros((), dtype=torch.float8_e4m3fn),
    }
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    found = checkpoint_of(str(tmp_path))
    assert {each.name: (each.shape, each.bytes) for each in found.tensors} == {
        name: (tuple(each.shape), each.numel() * each.element_size()) for name, each in tensors.items()
    }


def test_gguf(tmp_path: Path) -> None:
    found = read(tmp_path, gguf_bytes(QUANTIZED), "model.gguf")
    assert rows(found) == [
        ("a.weight", "Q4_K", (3, 512), 864),
        ("b.weight", "Q4_0", (2, 5, 64), 360),
        ("n", "F32", (7,), 28),
    ]
    assert found.notes == ("the architecture in the file is llama",)
    assert rows(read(tmp_path, gguf_bytes(QUANTIZED, (), version=2, alignment=32), "two.gguf")) == rows(found)


def test_gguf_in_parts(tmp_path: Path) -> None:
    names = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]
    (tmp_path / names[1]).write_bytes(gguf_bytes(QUANTIZED[1:]))
    found = read(tmp_path, gguf_bytes(QUANTIZED[:1]), names[0])
    assert (found.files, [each.name for each in found.tensors]) == (2, ["a.weight", "b.weight", "n"])
    (tmp_path / names[1]).unlink()
    assert fault(tmp_path, gguf_bytes(QUANTIZED[:1]), names[0]).startswith(f"there is no {names[1]} beside")


HALF, FLOAT = 2, 4
LAYOUTS = {
    "Q4_0": (32, HALF + 32 // 2),
    "Q4_1": (32, 2 * HALF + 32 // 2),
    "Q5_0": (32, HALF + 32 // 8 + 32 // 2),
    "Q5_1": (32, 2 * HALF + 32 // 8 + 32 // 2),
    "Q8_0": (32, HALF + 32),
    "Q2_K": (256, 256 // 16 + 256 // 4 + 2 * HALF),
    "Q3_K": (256, 256 // 8 + 256 // 4 + 12 + HALF),
    "Q4_K": (256, 2 * HALF + 12 + 256 // 2),
    "Q5_K": (256, 2 * HALF + 12 + 256 // 8 + 256 // 2),
    "Q6_K": (256, 256 // 2 + 256 // 4 + 256 // 16 + HALF),
    "Q8_K": (256, FLOAT + 256 + 256 // 16 * 2),
    "IQ4_NL": (32, HALF + 32 // 2),
    "TQ2_0": (256, 256 // 4 + HALF),
    "MXFP4": (32, 1 + 32 // 2),
}
"""What a block of a type is made of: scales, minima, high and low bits."""


@pytest.mark.parametrize("name", LAYOUTS)
def test_blocks_of_ggml_are_as_large_as_their_parts(name: str) -> None:
    (found,) = [dtype for dtype in TYPES.values() if dtype.name == name]
    assert (found.block, found.size) == LAYOUTS[name]
    assert found.bytes(10 * found.block) == 10 * found.size


def test_dtypes_are_those_of_torch() -> None:
    names = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "C64": "complex64"}
    names |= {"I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"}
    names |= {
        "U64": "uint64",
        "F8_E4M3": "float8_e4m3fn",
        "F8_E5M2": "float8_e5m2",
        "F8_E8M0": "float8_e8m0fnu",
    }
    for name, torchs in names.items():
        assert DTYPES[name].bytes(1) == getattr(torch, torchs).itemsize


def entry(shape: object = (1,), dtype: object = "F32", offsets: object = (0, 4)) -> dict[str, object]:
    """What a header says of a tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


GOOD = safetensors_bytes(ENTRIES)
BAD = {
    "length": (
        struct.pack("<Q", 2**63) + GOOD[8:],
        "the header of 9,223,372,036,854,775,808 bytes does not fit",
    ),
    "most": (b"\xff" * 8 + GOOD[8:], "the header of 18,446,744,073,709,551,615 bytes does not fit"),
    "short": (GOOD[:5], "the header of "),
    "cut in the header": (GOOD[:60], "the header of "),
    "cut in the tensors": (GOOD[:-1], "steps ends at byte 64 of 63"),
    "more bytes": (GOOD + b"\0", "the tensors have 64 bytes, and the file has 65 for them"),
    "empty": (b"", "the file is empty"),
    "no JSON": (framed(b"{nothing}"), "the header is no JSON: Expecting property name"),
    "no text": (framed(b'{"\xff\xfe": 1}'), "the header is no JSON: "),
    "a list": (framed(b"[1]"), "the header is no JSON object, but [1]"),
    "nested": (
        framed(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        "the header is no JSON: it is nested",
    ),
    "digits": (
        framed(b'{"a":' + b"9" * 10_000 + b"}"),
        "the header is no JSON: a number has too many digits",
    ),
    "twice": (framed(b'{"a": 1, "a": 2}'), "a stands twice in the header"),
    "no entry": (safetensors_bytes(ENTRIES, **{"a.bias": 7}), "a.bias needs dtype, shape and data_offsets"),
    "no offsets": (safetensors_bytes((), x={"dtype": "F32", "shape": [1]}), "x needs dtype, shape and"),
    "dtype": (safetensors_bytes((), x=entry(dtype="F31")), "x has the unknown dtype 'F31'"),
    "negative": (safetensors_bytes((), x=entry([-1])), "x has no shape: -1 is no size"),
    "a fraction": (safetensors_bytes((), x=entry([1.5])), "x has no shape: 1.5 is no size"),
    "a truth": (safetensors_bytes((), x=entry([True])), "x has no shape: True is no size"),
    "huge": (safetensors_bytes((), x=entry([2**62, 4])), "x has more than 64 axes or 2^63 numbers"),
    "axes": (safetensors_bytes((), x=entry([1] * 100_000)), "x has more than 64 axes or 2^63 numbers"),
    "other bytes": (safetensors_bytes((), x=entry([3])), "x has bytes [0, 4] where [3] in F32 needs 12"),
    "backwards": (safetensors_bytes((), x=entry([1], offsets=[8, 4])), "x has bytes [8, 4] where"),
    "one offset": (safetensors_bytes((), x=entry([1], offsets=[4])), "x has bytes [4] where"),
    "overlap": (
        safetensors_bytes(ENTRIES, **{"a.bias": entry([4], "F16", [44, 52])}),
        "a.bias begins at byte 44, where a.weight goes on to 48",
    ),
    "all at one": (
        safetensors_bytes((Entry("x", "F32", (1,)),), y=entry(), z=entry()),
        "y begins at byte 0, where x goes on to 4",
    ),
    "a name that drives a terminal": (
        safetensors_bytes((), **{"a\x1b[31m": entry()}),
        "a tensor has the name 'a\\x1b[31m', which cannot be printed",
    ),
    "half a character": (
        framed(b'{"\\ud800": {}}'),
        "a tensor has the name '\\ud800', which cannot be printed",
    ),
    "name": (
        safetensors_bytes((Entry("n" * 5_000, "F32", (1,)),)),
        "a tensor has a name of 5,000 characters",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_with_a_header_is_told(tmp_path: Path, case: str) -> None:
    content, fact = BAD[case]
    assert fault(tmp_path, content).startswith(fact)


WHOLE = gguf_bytes(QUANTIZED)
COUNTS = struct.Struct("<IQQ")


def counted(tensors: int, pairs: int, behind: bytes = b"", version: int = 3) -> bytes:
    """A GGUF file that says it has so many tensors and pairs."""
    return b"GGUF" + COUNTS.pack(version, tensors, pairs) + behind


BAD_GGUF = {
    "version 1": (counted(0, 0, version=1), "the file has version 1 of GGUF; 2 and 3"),
    "version": (counted(0, 0, version=77), "the file has version 77 of GGUF"),
    "other order": (
        b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
        "the file has version 3 of GGUF with its bytes in the",
    ),
    "no counts": (b"GGUF\3\0\0\0\1", "the header goes on for 8 bytes at byte 8 of the 9 bytes of the file"),
    "tensors": (
        counted(2**63, 0, b"x" * 99),
        "9,223,372,036,854,775,808 tensors do not fit into the 99 bytes",
    ),
    "pairs": (
        counted(0, 2**64 - 1, b"x" * 99),
        "18,446,744,073,709,551,615 values do not fit into the 99 bytes",
    ),
    "key": (
        counted(0, 1, struct.pack("<Q", 2**60) + bytes(9)),
        "the header goes on for 1,152,921,504,606,846,976",
    ),
    "kind": (counted(0, 1, pair("k", 13, b"")), "a value in the header has the unknown type 13"),
    "array": (
        counted(0, 1, pair("k", 9, struct.pack("<IQ", 5, 2**61))),
        "the header goes on for 9,223,372,036,854,775,808 bytes",
    ),
    "texts": (
        counted(0, 1, pair("k", 9, struct.pack("<IQ", 8, 2**61))),
        "the header has 2,305,843,009,213,693,952 texts in its arrays",
    ),
    "arrays": (
        counted(0, 1, pair("k", 9, struct.pack("<IQ", 9, gguf.MAX_ARRAYS + 1))),
        "the header has 50,001 arrays in its arrays, more than 50,000",
    ),
    "text behind texts": (
        counted(0, 1, pair("k", 9, struct.pack("<IQ", 8, 3) + text("a") + struct.pack("<Q", 9) + b"b")),
        "the header goes on for 9 bytes at byte 66 of the 67 bytes of the file",
    ),
    "length behind texts": (
        counted(0, 1, pair("k", 9, struct.pack("<IQ", 8, 3) + text("a") + text("bc"))),
        "the header goes on for 8 bytes at byte 68 of the 68 bytes of the file",
    ),
    "nested": (
        counted(0, 1, pair("k", 9, struct.pack("<IQ", 9, 1) * 50)),
        "a value in the header has the unknown",
    ),
    "alignment": (
        gguf_bytes((), (pair("general.alignment", 4, bytes(4)),)),
        "general.alignment is 0, no number",
    ),
    "alignment text": (
        gguf_bytes((), (pair("general.alignment", 8, text("x")),)),
        "general.alignment is x, no",
    ),
    "axes": (
        counted(1, 0, text("t") + struct.pack("<I", 2**31) + bytes(40)),
        "t has 2,147,483,648 axes, more than 8",
    ),
    "sizes": (
        counted(1, 0, info(Entry("t", 0, (2**40, 2**40)), 0)),
        "t has more than 64 axes or 2^63 numbers",
    ),
    "type": (counted(1, 0, info(Entry("t", 99, (1,)), 0)), "t has the unknown ggml type 99"),
    "blocks": (
        counted(1, 0, info(Entry("t", 12, (2, 100)), 0)),
        "t: 100 numbers are no whole blocks of 256 in Q4_K",
    ),
    "twice": (gguf_bytes((QUANTIZED[2], QUANTIZED[2])), "n stands twice in the header"),
    "overlap": (
        gguf_bytes(QUANTIZED, starts={"b.weight": 128}),
        "b.weight begins at byte 128, where a.weight goes on to 864",
    ),
    "cut": (WHOLE[:-50], "n ends at byte 1,308 of 1,294"),
    "far": (gguf_bytes(QUANTIZED, starts={"n": 2**63}), "n ends at byte 9,223,372,036,854,775,836"),
    "name": (counted(1, 0, text("n" * 5_000) + bytes(40)), "a tensor has a name of 5,000 characters"),
}


@pytest.mark.parametrize("case", BAD_GGUF)
def test_what_is_wrong_with_a_gguf_header_is_told(tmp_path: Path, case: str) -> None:
    content, fact = BAD_GGUF[case]
    assert fault(tmp_path, content, "model.gguf").startswith(fact)


@pytest.mark.parametrize(("name", "content"), [("model.safetensors", GOOD), ("model.gguf", WHOLE)])
def test_damaged_files_are_refused_or_read(tmp_path: Path, name: str, content: bytes) -> None:
    """Whatever byte is another one, or is missing: a fault or a checkpoint, at once."""
    random = Random(len(content))  # noqa: S311  a test, no secret
    refused, begun = 0, perf_counter()
    for _ in range(400):
        damaged = bytearray(content[: random.choice((len(content), random.randrange(len(content))))])
        for _ in range(random.randrange(1, 4)):
            if damaged:
                damaged[random.randrange(min(len(damaged), 500))] = random.choice(
                    (0, 1, 255, random.randrange(256))
                )
        (tmp_path / name).write_bytes(damaged)
        try:
            checkpoint_of(str(tmp_path / name))
        except Fault:
            refused += 1
    assert 200 < refused < 400
    assert perf_counter() - begun < 20


def test_limits_hold_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safetensors, "MAX_HEADER", 50)
    assert fault(tmp_path, GOOD).endswith("bytes, more than 50")
    monkeypatch.setattr("archcalc.checkpoints.stored.MAX_TENSORS", 2)
    monkeypatch.setattr(safetensors, "MAX_HEADER", 5_000)
    assert fault(tmp_path, GOOD) == "the header has 3 tensors, more than 2"
    assert fault(tmp_path, WHOLE, "m.gguf") == "the header has 3 tensors, more than 2"
    monkeypatch.setattr(gguf, "MAX_HEADER", 60)
    assert fault(tmp_path, gguf_bytes((), PAIRS[:2]), "m.gguf").endswith(
        "of the 60 bytes that a header may have"
    )
    monkeypatch.setattr(gguf, "MAX_HEADER", 5_000)
    monkeypatch.setattr(gguf, "MAX_ITEMS", 2)
    assert (
        fault(tmp_path, gguf_bytes((), PAIRS), "m.gguf")
        == "the header has 3 texts in its arrays, more than 2"
    )


def index(folder: Path, places: object) -> bytes:
    """An index of shards, of which the first two are written."""
    (folder / "one.safetensors").write_bytes(safetensors_bytes(ENTRIES[:1]))
    (folder / "two.safetensors").write_bytes(safetensors_bytes(ENTRIES[1:]))
    return json.dumps({"metadata": {"total_size": 65}, "weight_map": places}).encode()


PLACES = {"a.weight": "one.safetensors", "a.bias": "two.safetensors", "steps": "two.safetensors"}
BAD_PLACES = {
    "nothing": (None, "the index has no weight_map"),
    "no file": ({**PLACES, "a.bias": "three.safetensors"}, "there is no three.safetensors beside the index"),
    "above": (
        {**PLACES, "a.bias": "../two.safetensors"},
        "'../two.safetensors' in the index is no file beside it",
    ),
    "far": ({**PLACES, "a.bias": "/etc/passwd"}, "'/etc/passwd' in the index is no file beside it"),
    "number": ({**PLACES, "a.bias": 3}, "3 in the index is no file beside it"),
    "zero": ({**PLACES, "a.bias": "\0"}, "'\\x00' in the index is no file beside it"),
    "elsewhere": (
        {**PLACES, "a.bias": "one.safetensors"},
        "a.bias is in two.safetensors, and the index has it in one.safetensors",
    ),
    "besides": (
        {name: file for name, file in PLACES.items() if name != "steps"},
        "steps is in two.safetensors, and the index has it in no file",
    ),
    "missing": ({**PLACES, "b": "one.safetensors"}, "b is not in one.safetensors, where the index has it"),
}


def test_shards(tmp_path: Path) -> None:
    found = read(tmp_path, index(tmp_path, PLACES), "model.safetensors.index.json")
    assert rows(found) == rows(read(tmp_path, GOOD, "all.safetensors"))
    assert (found.files, found.notes) == (2, ("the index says 65 bytes in all, the files have 64",))
    assert checkpoint_of(str(tmp_path)) == found


@pytest.mark.parametrize("case", BAD_PLACES)
def test_what_is_wrong_with_an_index_is_told(tmp_path: Path, case: str) -> None:
    places, fact = BAD_PLACES[case]
    assert fault(tmp_path, index(tmp_path, places), "model.safetensors.index.json").startswith(fact)


def test_a_shard_that_is_damaged_is_named(tmp_path: Path) -> None:
    content = index(tmp_path, PLACES)
    (tmp_path / "two.safetensors").write_bytes(b"\xff" * 20)
    assert fault(tmp_path, content, "m.index.json").startswith("two.safetensors: the header of ")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="there is no such file"):
        checkpoint_of(str(tmp_path / "none.safetensors"))
    with pytest.raises(Fault, match=r"this is a folder, and none of model\.safetensors\.index\.json, model"):
        checkpoint_of(str(tmp_path))
    with pytest.raises(Fault, match="the checkpoint's name is empty"):
        checkpoint_of("")


@pytest.mark.parametrize("block", [9, 40, gguf.BLOCK])
def test_texts_that_are_passed_over_are_read_in_blocks(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = b"".join(text("t" * (at % 30)) for at in range(400))
    told = pair("tokens", 9, struct.pack("<IQ", 8, 400) + words)
    content = gguf_bytes(QUANTIZED, (told, *PAIRS))
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    plain = rows(read(tmp_path, gguf_bytes(QUANTIZED), "n.gguf"))
    read_of = 0

    class Counted(io.BytesIO):
        def read(self, size: "int | None" = -1, /) -> bytes:
            nonlocal read_of
            read_of += 1
            return super().read(size)

    monkeypatch.setattr(gguf, "BLOCK", block)

    def opened(_: Path) -> Counted:
        return Counted(content)

    monkeypatch.setattr(gguf, "stream_of", opened)
    assert rows(gguf.gguf_header(path)) == plain
    assert read_of < 80 + min(len(words) // block + 1, 400)


def test_a_file_of_far_more_tensors_than_the_spec_has_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "OTHERS", 2)
    monkeypatch.setattr(stored, "TIMES", 3)
    network = trace(loads("inputs: {x: [3]}\nlayers:\n- {type: Linear, name: a, out_features: 4}\n"))
    entries = (*ENTRIES, *(Entry(f"other.{at}", "F32", ()) for at in range(5)))
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors_bytes(entries))
    assert beside_checkpoint(network, str(path)).first is not None
    path.write_bytes(safetensors_bytes((*entries, Entry("one", "F32", ()))))
    checked: list[str] = []
    monkeypatch.setattr(safetensors, "checked_name", checked.append)
    with pytest.raises(Fault, match="the header has 9 tensors, more than 8"):
        beside_checkpoint(network, str(path))
    assert checked == []


def test_a_file_may_have_a_tensor_for_each_expert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "OTHERS", 0)
    monkeypatch.setattr(stored, "TIMES", 1)
    network = trace(load("mixtral_8x7b"))  # 32 layers, of which the router and two tensors are of 8 experts
    most = 291 + 7 * 3 * 32
    entries = [Entry(f"other.{at}", "F32", ()) for at in range(most + 1)]
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors_bytes(tuple(entries[1:])))
    assert beside_checkpoint(network, str(path)).first is not None
    path.write_bytes(safetensors_bytes(tuple(entries)))
    with pytest.raises(Fault, match=f"has {most + 1} tensors, more than {most}"):
        beside_checkpoint(network, str(path))
