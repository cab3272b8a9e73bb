"""Imports that are kept: taken again while what they rest on is the same, and safe against other files."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from archcalc.facts import Tensor
from archcalc.importing import caching
from archcalc.importing.caching import VARIABLE, entry_digest, keep_import, kept_import
from archcalc.importing.checking import Agreement
from archcalc.importing.imported import Imported
from archcalc.importing.sources import ModuleSource
from archcalc.importing.watching_files import Depending, located, state_of, watching
from tests.disks import full_disk
from tests.importing.by_hand import CONV, chain

SOURCE = ModuleSource("net_by_hand:build", {"width": 8}, (("", Tensor((3, 16, 16))),))
FOUND = replace(
    chain(
        "/somewhere/net.py", (3, "conv", "Conv2d", {**CONV, "padding": [1, 2]}), (4, "bn", "BatchNorm2d", {})
    ),
    comparison=Agreement(
        ("a",), {"torch.fft": 2}, ("w",), 224, 17, 43_264, ("remark",), ((8, 14, 16), ()), 3
    ),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and the working directory beside it."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    Path("net_by_hand.py").write_text("WIDTH = 8\n", encoding="utf-8")
    return tmp_path / "cache"


def depending() -> Depending:
    file = str(Path("net_by_hand.py").resolve())
    return Depending(
        {file: state_of(file)}, {"pydantic": __import__("importlib.metadata").metadata.version("pydantic")}
    )


def test_what_is_kept_comes_back_as_it_was(folder: Path) -> None:
    assert kept_import(SOURCE, "layers") is None
    keep_import(SOURCE, "layers", FOUND, depending())
    assert kept_import(SOURCE, "layers") == FOUND
    (file,) = folder.iterdir()
    assert not file.stat().st_mode & 0o077  # nobody else's
    assert not {"weights", "state", "numbers"} & set(json.loads(file.read_text()))


@pytest.mark.parametrize(
    "other",
    [
        replace(SOURCE, factory="net_by_hand:other"),
        replace(SOURCE, arguments={"width": 16}),
        replace(SOURCE, arguments={"width": "8"}),
        replace(SOURCE, arguments={}),
        replace(SOURCE, inputs=(("", Tensor((3, 16, 17))),)),
        replace(SOURCE, inputs=(("", Tensor((3, 16, 16), "float16")),)),
        replace(SOURCE, inputs=(("x", Tensor((3, 16, 16))),)),
        replace(SOURCE, folder=Path("/")),
    ],
)
@pytest.mark.usefixtures("folder")
def test_another_question_has_another_answer(other: ModuleSource) -> None:
    keep_import(SOURCE, "layers", FOUND, depending())
    assert kept_import(other, "layers") is None
    assert kept_import(SOURCE, "readable") is None


@pytest.mark.usefixtures("folder")
def test_a_file_that_changed_ends_it() -> None:
    keep_import(SOURCE, "layers", FOUND, depending())
    before = Path("net_by_hand.py").stat()
    Path("net_by_hand.py").write_text("WIDTH = 9\n", encoding="utf-8")
    os.utime("net_by_hand.py", ns=(before.st_atime_ns, before.st_mtime_ns))  # its content is what counts
    assert kept_import(SOURCE, "layers") is None
    Path("net_by_hand.py").write_text("WIDTH = 8\n", encoding="utf-8")
    assert kept_import(SOURCE, "layers") == FOUND
    Path("net_by_hand.py").unlink()
    assert kept_import(SOURCE, "layers") is None


@pytest.mark.usefixtures("folder")
def test_a_library_another_archcalc_and_another_place_of_the_module_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep_import(SOURCE, "layers", FOUND, replace(depending(), libraries={"pydantic": "0.1"}))
    assert kept_import(SOURCE, "layers") is None
    keep_import(SOURCE, "layers", FOUND, depending())
    with monkeypatch.context() as patch:
        patch.setattr(caching, "own_state", lambda: "another")
        assert kept_import(SOURCE, "layers") is None
    assert kept_import(SOURCE, "layers") == FOUND
    Path("net_by_hand").mkdir()
    Path("net_by_hand/__init__.py").write_text("", encoding="utf-8")  # a package comes before a file
    assert kept_import(SOURCE, "layers") is None


def write(entry: dict[str, object], file: Path) -> None:
    """An entry of this program's own, as far as its digest goes."""
    file.write_text(json.dumps({**entry, "digest": entry_digest(entry)}))


def test_an_entry_that_was_changed_by_hand_is_none(folder: Path) -> None:
    keep_import(SOURCE, "layers", FOUND, depending())
    (file,) = folder.iterdir()
    file.write_text(file.read_text().replace('"out_channels": 8', '"out_channels": 9'))
    assert kept_import(SOURCE, "layers") is None


BROKEN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe\x00",
    b'{"format": "archcalc-import", "version": 1}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_or_foreign_file_is_made_anew(content: bytes, folder: Path) -> None:
    keep_import(SOURCE, "layers", FOUND, depending())
    (file,) = folder.iterdir()
    file.write_bytes(content)
    assert kept_import(SOURCE, "layers") is None
    keep_import(SOURCE, "layers", FOUND, depending())
    assert kept_import(SOURCE, "layers") == FOUND


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("spec", []),
            ("spec", None),
            ("places", {}),
            ("places", [[["layers"], "f", "1", 1]]),
            ("places", [[1]]),
        ),
        *(
            ("places", [[[1.5], "f", 1, 1]]),
            ("comparison", {}),
            ("comparison", None),
            ("files", []),
            ("files", {"a": 1}),
        ),
        *(("libraries", None), ("about", {}), ("version", 2), ("format", "other")),
    ],
)
def test_a_value_of_another_type_is_no_entry(key: str, value: object, folder: Path) -> None:
    keep_import(SOURCE, "layers", FOUND, depending())
    (file,) = folder.iterdir()
    write({**json.loads(file.read_text()), key: value}, file)
    assert kept_import(SOURCE, "layers") is None


@pytest.mark.parametrize(
    ("field", "value"), [("params", "1"), ("differences", "a"), ("opaque", []), ("macs", None)]
)
def test_a_comparison_of_other_types_is_none(field: str, value: object, folder: Path) -> None:
    keep_import(SOURCE, "layers", FOUND, depending())
    (file,) = folder.iterdir()
    entry = json.loads(file.read_text())
    entry["comparison"][field] = value
    write(entry, file)
    assert kept_import(SOURCE, "layers") is None


@pytest.mark.parametrize("word", ["off", "0", "No"])
def test_it_can_be_switched_off(word: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_import(SOURCE, "layers", FOUND, depending())
    monkeypatch.setenv(VARIABLE, word)
    assert kept_import(SOURCE, "layers") is None
    keep_import(SOURCE, "layers", FOUND, depending())
    assert len(list(folder.iterdir())) == 1


def test_it_is_where_caches_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert caching.cache_folder() == tmp_path / "archcalc"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert caching.cache_folder() == tmp_path / ".cache" / "archcalc"


def test_where_nothing_can_be_written_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    keep_import(SOURCE, "layers", FOUND, Depending({}, {}))
    assert kept_import(SOURCE, "layers") is None


def test_the_oldest_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "MOST", 3)
    for width in range(6):
        keep_import(replace(SOURCE, arguments={"width": width}), "layers", FOUND, depending())
        newest = max(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, ns=(width, width))
    assert len(list(folder.iterdir())) == 3
    assert [
        kept_import(replace(SOURCE, arguments={"width": width}), "layers") is None for width in range(6)
    ] == [True] * 3 + [False] * 3


def test_files_that_are_read_on_the_way_are_seen(tmp_path: Path) -> None:
    for name in ("read", "written", "before"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "before").read_text(encoding="utf-8")
    with watching() as watch:
        (tmp_path / "read").read_text(encoding="utf-8")
        (tmp_path / "written").write_text("more", encoding="utf-8")
    (tmp_path / "before").read_text(encoding="utf-8")
    assert {Path(file).name for file in watch.opened if str(tmp_path) in file} == {"read"}
    assert str((tmp_path / "read").resolve()) in watch.depending().files


def test_a_module_is_found_without_running_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loud" / "inner").mkdir(parents=True)
    for file in ("loud/__init__.py", "loud/inner/__init__.py", "loud/inner/net.py"):
        (tmp_path / file).write_text("raise SystemExit\n", encoding="utf-8")
    assert located("loud.inner.net", [str(tmp_path)]) == str(tmp_path / "loud/inner/net.py")
    assert located("loud", [str(tmp_path)]) == str(tmp_path / "loud/__init__.py")
    assert not located("loud.other", [str(tmp_path)])
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert located("loud.inner", [])
    assert "loud" not in sys.modules


def test_the_record_is_whole() -> None:
    assert isinstance(FOUND, Imported)
    assert FOUND.places[("layers", 0)].line == 3


def keep_some(folder: Path, count: int) -> list[Path]:
    """Entries of imports with so many widths, the oldest first."""
    found: list[Path] = []
    for width in range(count):
        before = {*folder.iterdir()} if folder.exists() else set[Path]()
        keep_import(replace(SOURCE, arguments={"width": width}), "layers", FOUND, depending())
        (new,) = {path for path in folder.iterdir() if path.name.endswith(".json")} - before
        os.utime(new, ns=(width, width))
        found.append(new)
    return found


def test_files_of_others_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    names = [
        "mine.json",
        f"{'a' * 40}.json",
        f"{'b' * 39}.json",
        f"{'c' * 40}.json.json",
        "tmp1234",
        ".archcalc-mine",
    ]
    for name in names:
        (folder / name).write_text('{"format": "mine"}')
        os.utime(folder / name, (0, 0))
    (folder / f"{'d' * 40}.json").mkdir()
    os.mkfifo(folder / f"{'e' * 40}.json")
    others = {*folder.iterdir()}
    monkeypatch.setattr(caching, "MOST", 2)
    kept = keep_some(folder, 4)
    assert {*folder.iterdir()} == {*others, *kept[2:]}


def test_what_killed_processes_have_left_goes(folder: Path) -> None:
    folder.mkdir()
    old, fresh = (folder / f".archcalc-{digit * 16}" for digit in "01")
    for path in (old, fresh):
        path.write_text("half")
    os.utime(old, (0, 0))
    keep_import(SOURCE, "layers", FOUND, depending())
    assert (old.exists(), fresh.exists()) == (False, True)


@pytest.mark.parametrize("place", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_waited_for_and_not_an_entry(place: str, folder: Path) -> None:
    (file,) = keep_some(folder, 1)
    source = replace(SOURCE, arguments={"width": 0})
    file.unlink()
    if place == "pipe":
        os.mkfifo(file)
    elif place == "device":
        file.symlink_to("/dev/zero")
    else:
        file.mkdir()
    assert kept_import(source, "layers") is None
    keep_import(source, "layers", FOUND, depending())
    assert [*folder.iterdir()] == [file]
    assert (kept_import(source, "layers") == FOUND) == (place != "folder")


def test_a_full_disk_leaves_nothing_behind(folder: Path) -> None:
    with full_disk():
        keep_import(SOURCE, "layers", FOUND, depending())
    assert [*folder.iterdir()] == []
