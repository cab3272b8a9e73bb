"""``archcalc sweep`` on the command line: what it refuses, what it prints, and how it is stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import Fault
from tests.cli.running import run
from tests.disks import full_disk


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "nothing to sweep"),
        (("--set", "clases=1"), "the spec has no variable 'clases'; did you mean 'classes'?"),
        (("--set", "classes=9..1"), "leads from 9 away from 1"),
        (("--set", "classes"), "needs NAME=VALUE"),
        (("--set", "classes=1", "--where", "parms < 1"), "no variable or quantity 'parms'"),
        (("--set", "classes=1", "--where", "params <"), "does not parse"),
        (("--set", "classes=1", "--sort", "-mac"), "did you mean 'macs'?"),
        (("--set", "classes=1", "--columns", "memroy"), "did you mean 'memory'?"),
        (("--set", "classes=1", "-o", "out.txt"), "a file ends with .csv, .jsonl or .parquet"),
        (("--set", "classes=1", "-o", "nowhere/out.csv"), "cannot write nowhere/out.csv"),
        (("--set", "classes=1", "--plot", "params"), "needs two columns"),
        (("--input", "image=1,32..,32"), "needs sizes"),
        (("--set", "classes=1", "--dask", "nowhere"), "no Dask scheduler answers"),
    ],
)
def test_what_cannot_be_swept(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    ran = run(capsys, "sweep", "lenet5", *words)
    assert ran.code == 2
    assert why in ran.err


def test_a_torch_module_is_imported_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "sweep", "torchvision.models:resnet18", "--set", "a=1").code == 2


@pytest.mark.parametrize(("library", "words"), [("numpy", ()), ("pyarrow", ("-o", "rows.parquet"))])
def test_a_missing_library_is_named(
    library: str,
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    for name in [name for name in sys.modules if name.partition(".")[0] == library] or [library]:
        monkeypatch.setitem(sys.modules, name, None)
    ran = run(capsys, "sweep", "lenet5", "--set", "classes=1,2", *words)
    assert (ran.code, "pip install 'archcalc[" in ran.err) == (2, True)
    assert not list(tmp_path.iterdir())


def test_the_command_and_the_function_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(
        capsys, "sweep", "lenet5", "--set", "classes=0..40:5", "--where", "params < 63K", "--format", "json"
    )
    document = json.loads(ran.out)
    found = archcalc.sweep("lenet5", set={"classes": "0..40:5"}, where="params < 63K")
    good = [row for row in document["rows"] if row["error"] is None]
    assert found["classes"].tolist() == [row["classes"] for row in good] == [5, 10, 15, 20, 25]
    assert found["params"].tolist() == [row["params"] for row in good]
    assert found.failed["error"].tolist() == ["output (Linear): out_features needs at least 1, got 0"]
    assert len(found) == 5
    assert (
        repr(found) == "<Sweep lenet5: 9 candidates; 5 networks, 1 that are none, 3 left out by params < 63K>"
    )
    assert "receptive_field" in str(found)


def test_values_from_python() -> None:
    widths = archcalc.sweep("lenet5", set={"classes": "3,1..2"}, columns=["macs"], sort="-classes")
    assert widths["classes"].tolist() == [3, 2, 1]
    sizes = archcalc.sweep("lenet5", input={"image": [(1, 32, 32), (1, 36, 36)]}, columns=["output_shape"])
    assert sizes["image"].tolist()[0] == (1, 32, 32)
    with pytest.raises(Fault, match="jobs needs at least 1"):
        archcalc.sweep("lenet5", set={"classes": 3}, jobs=0)


def test_an_interrupt_is_told_and_the_sweep_goes_on(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(archcalc.__file__).parent.parent)}
    words = ("sweep", "lenet5", "--set", "classes=1..200000", "--columns", "params", "--jobs", "1")
    line = [sys.executable, "-m", "archcalc", *words, "-o", str(tmp_path / "rows.csv")]
    begun = subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True)
    for _ in range(500):
        if (tmp_path / "rows.csv.sweep").exists() and (tmp_path / "rows.csv").stat().st_size > 20_000:
            break
        time.sleep(0.01)
    begun.send_signal(signal.SIGINT)
    _, told = begun.communicate(timeout=60)
    assert begun.returncode == 130
    assert "of 200,000 candidates; the same command goes on from there" in told
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    assert "candidates were done before" in done.stderr
    lines = (tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()
    assert [line.partition(",")[0] for line in lines[1:]] == [str(n) for n in range(1, 200_001)]


@pytest.mark.parametrize("room", [500, 30_000])
@pytest.mark.parametrize(
    "more", [("rows.csv",), ("rows.csv", "--sort", "-macs"), ("rows.jsonl",), ("rows.parquet",)], ids=" ".join
)
def test_a_full_disk_names_the_file_and_the_next_run_goes_on(
    room: int,
    more: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    command = ("sweep", "lenet5", "--set", "classes=1..3000", "--jobs", "1", "-o", *more)
    with full_disk(room):
        ran = run(capsys, *command)
    assert ran.code == 2
    assert (
        f"cannot write {more[0]}: file too large; make room; the same command goes on from there" in ran.err
    )
    assert not [*Path().glob(".archcalc-*")]
    assert run(capsys, *command).code == 0
    assert [path.name for path in Path().iterdir()] == [more[0]]
    found = Path(more[0]).read_bytes()
    assert run(capsys, *command, "--restart").code == 0
    assert Path(more[0]).read_bytes() == found
