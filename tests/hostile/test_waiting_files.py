"""Files that are none: pipes, devices, logs of the system that wait for more. Nothing that is read waits."""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Generator

SPEC = "vars: {w: 4}\ninputs: {x: [4]}\nlayers: [{type: Linear, out_features: =w}]\n"
WAITS = "this waits for what is still to be written"
READING = {
    "a spec": (("shapes", "{odd}"), WAITS),
    "a spec that is checked": (("check", "{odd}"), WAITS),
    "a spec beside another one": (("diff", "{spec}", "{odd}"), WAITS),
    "a sweep": (("sweep", "{odd}", "--set", "w=1"), WAITS),
    "a baseline": (("check", "{spec}", "--baseline", "{odd}"), WAITS),
    "a checkpoint": (("verify", "{spec}", "--checkpoint", "{odd}"), "the file is empty"),
}


@pytest.fixture
def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Generator[Path]":
    """What the system calls a file, as it does of its logs, and has nothing to read for those who wait."""
    path = tmp_path / "silent.yaml"
    os.mkfifo(path)
    kept = os.open(path, os.O_RDWR)
    mode = path.stat().st_mode

    def is_file(other: int) -> bool:
        return other == mode or stat.S_IFMT(other) == stat.S_IFREG

    def is_pipe(_: int) -> bool:
        return False

    monkeypatch.setattr(stat, "S_ISREG", is_file)
    monkeypatch.setattr(stat, "S_ISFIFO", is_pipe)
    monkeypatch.setattr(Path, "is_file", Path.exists)
    yield path
    os.close(kept)


@pytest.mark.parametrize("name", READING)
def test_a_log_that_calls_itself_a_file_is_not_waited_for(
    name: str, silent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    words, said = READING[name]
    ran = run(capsys, *(word.format(odd=silent, spec=spec) for word in words))
    assert ran.code == (1 if name == "a spec that is checked" else 2)
    assert said in " ".join((ran.out + ran.err).replace("│", " ").split())


def test_settings_that_wait_are_one_error(
    silent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    silent.rename(tmp_path / "pyproject.toml")
    monkeypatch.chdir(tmp_path)
    ran = run(capsys, "check", "spec.yaml")
    assert (ran.code, WAITS in " ".join(ran.err.replace("│", " ").split())) == (2, True)


ODD = {
    "pipe": "this is a pipe",
    "device": "this is a device or a socket, not a file",
    "folder": "is a directory",
}
MEANT = (
    ("check", "{spec}", "--baseline", "{odd}"),
    ("check", "{spec}", "--write-baseline", "--baseline", "{odd}"),
    ("verify", "{spec}", "--checkpoint", "{odd}"),
    ("sweep", "{spec}", "--set", "w=1,2", "-o", "{odd}"),
)


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("words", MEANT, ids=" ".join)
def test_what_is_named_in_an_option_is_a_file_or_one_error(
    words: tuple[str, ...], kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, odd = tmp_path / "spec.yaml", tmp_path / "odd.csv"
    spec.write_text(SPEC, encoding="utf-8")
    if kind == "pipe":
        os.mkfifo(odd)
    elif kind == "folder":
        odd.mkdir()
    else:
        odd.symlink_to("/dev/zero")
    ran = run(capsys, *(word.format(odd=odd, spec=spec) for word in words))
    told = "this is a folder, and none of" if (words[0], kind) == ("verify", "folder") else ODD[kind]
    assert (ran.code, told in " ".join(ran.err.replace("│", " ").split())) == (2, True)


@pytest.mark.parametrize("lost", ["journal", "rows"])
def test_a_sweep_goes_on_from_no_pipe_and_no_nest_of_lists(
    lost: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, rows = tmp_path / "spec.yaml", tmp_path / "rows.csv"
    spec.write_text(SPEC, encoding="utf-8")
    rows.touch()
    journal = tmp_path / "rows.csv.sweep"
    if lost == "journal":
        os.mkfifo(journal)
    else:
        journal.write_text('{"sweep": ' + "[" * 100_000, encoding="utf-8")
    ran = run(capsys, "sweep", str(spec), "--set", "w=1,2", "-o", str(rows))
    assert ran.code == (2 if lost == "journal" else 0)
    assert ("this is a pipe" in ran.err) == (lost == "journal")


def test_a_baseline_is_not_read_without_an_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, known = tmp_path / "spec.yaml", tmp_path / "known.json"
    spec.write_text(SPEC, encoding="utf-8")
    with known.open("wb") as file:
        file.truncate(2**35)
    ran = run(capsys, "check", str(spec), "--baseline", str(known))
    said = " ".join(ran.err.replace("│", " ").split())
    assert (ran.code, "larger than 67,108,864 bytes" in said) == (2, True)


def test_links_to_themselves_and_to_nowhere_are_no_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC, encoding="utf-8")
    for name, aim in (("self.yaml", "self.yaml"), ("nowhere.yaml", "none.yaml"), ("folder", "folder")):
        Path(name).symlink_to(aim)
    assert "1 spec checked: no findings" in run(capsys, "check", ".").out
    for name in ("self.yaml", "nowhere.yaml"):
        ran = run(capsys, "shapes", name)
        assert (ran.code, f"did you mean {name!r}" in ran.err) == (2, False)
        assert run(capsys, "check", name).code == 2
