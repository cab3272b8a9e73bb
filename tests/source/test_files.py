"""Files and standard input, and those that cannot be read."""

import io
import os
import pathlib
import sys
import time

import pytest

from archcalc.errors import Place, SpecError
from archcalc.source import MAX_BYTES, read
from tests.source.refusing import FIRST, LARGE, SAVE


def read_refusal(source: str | pathlib.Path) -> str:
    with pytest.raises(SpecError) as caught:
        read(source)
    return str(caught.value)


def test_a_file_and_its_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: caf\xc3\xa9\r\nlayers: []\r\n")
    for source in (path, str(path)):
        document = read(source)
        assert document.data == {"name": "café", "layers": []}
        assert document.place(("layers",)) == Place(str(path), 2, 9)
        assert document.lines == ("name: café", "layers: []")


CONTENTS = [
    (b"", ":1:1: the file is empty: it holds nothing", FIRST),
    (b"a: 1\nb: \xc3\xa9\0\n", ":2:5: byte 0x00 at offset 10: this is a binary file, not YAML text", SAVE),
    (b"\x7fELF\x02\x01\x01\0\0", ":1:8: byte 0x00 at offset 7: this is a binary file, not YAML text", SAVE),
    (b"\xff\0\xfe", ":1:2: byte 0x00 at offset 1: this is a binary file, not YAML text", SAVE),
    (b"a: caf\xe9\n", ":1:7: byte 0xe9 at offset 6 is not UTF-8", SAVE),
    (b"\xef\xbb\xbfa: \xc3\xa9\r\nb: \xc3\xa9\x80", ":2:5: byte 0x80 at offset 15 is not UTF-8", SAVE),
    ("a: 1\n".encode("utf-16"), ":1:1: the file is UTF-16, not UTF-8", SAVE),
    (b"\xfe\xff\0a\0:", ":1:1: the file is UTF-16, not UTF-8", SAVE),
    (b"#" * (MAX_BYTES + 1), ":1:1: the text is larger than 16777216 bytes (16 MiB)", LARGE),
]


@pytest.mark.parametrize(("content", "fact", "hint"), CONTENTS, ids=[fact for _, fact, _ in CONTENTS])
def test_files_that_are_no_text(tmp_path: pathlib.Path, content: bytes, fact: str, hint: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(content)
    assert read_refusal(path) == f"{path}{fact}\n  {hint}"


def test_a_file_of_the_largest_size(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"a: 1\n#" + b"-" * (MAX_BYTES - 6))
    assert read(path).data == {"a": 1}


def test_missing_files_and_directories(tmp_path: pathlib.Path) -> None:
    missing = tmp_path / "no.yaml"
    hint = "give the path of a YAML file, or - for standard input"
    assert read_refusal(missing) == f"{missing}:1:1: there is no such file\n  {hint}"
    hint = "give the path of a YAML file in it"
    assert read_refusal(tmp_path) == f"{tmp_path}:1:1: this is a directory, not a file\n  {hint}"
    assert "a\\x00b:1:1: the file cannot be read: embedded null" in read_refusal("a\0b")
    assert read_refusal("\udcff.yaml").startswith("\\udcff.yaml:1:1: there is no such file")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(13, "Permission denied"),
            "the file cannot be read: permission denied\n  allow it to be read, or give another file",
        ),
        (OSError(5, "Input/output error"), "the file cannot be read: input/output error"),
        (OSError("odd"), "the file cannot be read: odd"),
    ],
)
def test_unreadable_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, error: OSError, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("net.yaml").write_bytes(b"")

    def refuse(_path: str, _flags: int) -> None:
        raise error

    monkeypatch.setattr(os, "open", refuse)
    assert read_refusal("net.yaml") == f"net.yaml:1:1: {message}"


@pytest.mark.parametrize("source", ["-", pathlib.Path("-")])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, source: str | pathlib.Path) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: \xc3\xa9\n"), encoding="ascii"))
    document = read(source)
    assert document.data == {"a": "é"}
    assert document.place(("a",)) == Place("<stdin>", 1, 4)


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert read_refusal("-") == "<stdin>:1:1: the file cannot be read: standard input is closed"


def test_endless_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = time.perf_counter()
    too_large = f"the text is larger than {MAX_BYTES} bytes (16 MiB)\n  {LARGE}"
    device = "this is a device or a socket, not a file; - is standard input"
    assert read_refusal("/dev/zero") == f"/dev/zero:1:1: the file cannot be read: {device}"
    with pathlib.Path("/dev/zero").open("rb") as zeros:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(zeros))
        assert read_refusal("-") == f"<stdin>:1:1: {too_large}"
    assert time.perf_counter() - begin < 5
