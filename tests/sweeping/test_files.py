"""Files of rows: their formats and order, and sweeps that are interrupted at any moment."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import archcalc
from archcalc import loads
from archcalc.errors import Fault
from archcalc.sweeping import journal as journals
from archcalc.sweeping import running
from archcalc.sweeping.asked import space_of
from archcalc.sweeping.journal import Journal
from archcalc.sweeping.plan import format_of, planned
from archcalc.sweeping.running import run_sweep, workers_for

if TYPE_CHECKING:
    from archcalc.sweeping.plan import Plan

SPEC = """
vars: {width: 8, heads: 2, act: relu}
inputs: {x: [16]}
layers:
  - {type: Linear, out_features: =width * heads}
  - {type: Unflatten, dim: 1, unflattened_size: "=[heads, width]"}
  - {type: Flatten}
  - {type: Linear, out_features: "=width // heads if act == 'relu' else 3"}
"""
VALUES: dict[str, list[object]] = {"width": ["1..60"], "heads": ["1..6"], "act": ["relu", "gelu, or so"]}


def plan_for(file: Path, **given: Any) -> "Plan":  # noqa: ANN401  options of planned
    model = loads(SPEC)
    return planned(model, space_of(model, VALUES, {}), file=format_of(file.name), top=5, **given)


def write(file: Path, **given: Any) -> bytes:  # noqa: ANN401  as above
    plan = plan_for(file, **given)
    with Journal(file, plan) as journal:
        run_sweep(plan, workers_for(plan, 1), journal)
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name], "nothing else is left"
    return file.read_bytes()


def rows_of(file: Path) -> list[dict[str, object]]:
    """The rows of a file in any format, numbers as numbers."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            return [
                {name: int(cell) if cell.isdecimal() else cell or None for name, cell in row.items()}
                for row in csv.DictReader(lines)
            ]
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    read: Any = import_module("pyarrow.parquet").read_table  # it has no types
    found: list[dict[str, object]] = read(file).to_pylist()
    return found


def test_all_formats_hold_the_same_rows(tmp_path: Path) -> None:
    found: dict[str, list[dict[str, object]]] = {}
    for suffix in ("csv", "jsonl", "parquet"):
        file = tmp_path / suffix / f"rows.{suffix}"
        file.parent.mkdir()
        write(file, columns=("params", "macs"))
        found[suffix] = rows_of(file)
    assert found["csv"] == found["jsonl"] == found["parquet"]
    assert len(found["csv"]) == 720
    refused = [row for row in found["csv"] if row["error"]]
    assert {(row["width"], row["heads"]) for row in refused if row["act"] == "relu"} == {
        (width, heads) for width in range(1, 7) for heads in range(1, 7) if width < heads
    }
    good = next(
        row for row in found["csv"] if row["width"] == 9 and row["heads"] == 2 and row["act"] == "relu"
    )
    assert good["params"] == 17 * 18 + 19 * 4


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_file_is_in_the_order_that_is_asked_for(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"rows.{suffix}"
    write(file, columns=("params", "output_shape"), sort=("-params,heads",), where_text="heads < 4")
    rows = rows_of(file)
    good = [row for row in rows if not row["error"]]
    assert rows[: len(good)] == good, "what is no network comes last"
    keys = [(-int(str(row["params"])), int(str(row["heads"]))) for row in good]
    assert keys == sorted(keys)
    assert len(good) > 300
    write(file, columns=("output_shape",), sort=("output_shape",))
    sizes = [int(str(np.array(row["output_shape"]).item())) for row in rows_of(file) if not row["error"]]
    assert sizes == sorted(sizes)


def test_numbers_beyond_64_bits_are_whole_in_every_format(tmp_path: Path) -> None:
    model = loads("vars: {a: 1}\ninputs: {x: [=a]}\nlayers: [{type: Linear, out_features: =a}]")
    big = [3, 2**40 + 1]
    for suffix in ("csv", "jsonl", "parquet"):
        file = tmp_path / f"rows.{suffix}"
        plan = planned(model, space_of(model, {"a": big}, {}), columns=("macs",), file=format_of(file.name))
        with Journal(file, plan) as journal:
            run_sweep(plan, workers_for(plan, 1), journal)
        assert [row["macs"] for row in rows_of(file)] == [9, (2**40 + 1) ** 2], suffix


class Killed(BaseException):
    """Nobody catches it."""


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("sort", [(), ("-macs",)])
def test_a_sweep_that_dies_again_and_again_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, sort: tuple[str, ...]
) -> None:
    """It dies at random writes, with some of the bytes behind the last sound place on the disk."""
    monkeypatch.setattr(running, "FIRST_PART", 37)
    monkeypatch.setattr(running, "LARGEST_PART", 53)
    (tmp_path / "whole").mkdir()
    whole = write(tmp_path / "whole" / f"rows.{suffix}", columns=("params", "macs"), sort=sort)
    seed = len(suffix) + len(sort)
    random, file = Random(seed), tmp_path / f"rows.{suffix}"  # noqa: S311  nothing is kept secret
    sync = journals.synced

    def torn(written: Any) -> None:  # noqa: ANN401  a file
        sync(written)
        if random.random() < 0.2:
            size = written.tell()
            os.truncate(written.name, max(0, size - random.choice((0, 1, 9, 60))))
            raise Killed

    deaths = 0
    for _ in range(200):
        plan = plan_for(file, columns=("params", "macs"), sort=sort)
        try:
            with monkeypatch.context() as context:
                context.setattr(journals, "synced", torn)
                with Journal(file, plan) as journal:
                    run_sweep(plan, workers_for(plan, 1), journal)
        except Killed:
            deaths += 1
        else:
            break
    assert deaths > 2, f"seed {seed}"
    assert file.read_bytes() == whole, f"seed {seed}"
    assert not list(tmp_path.glob("rows.*.*"))


def test_the_table_of_a_resumed_sweep_is_that_of_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "FIRST_PART", 50)
    file = tmp_path / "rows.csv"
    plan = plan_for(file, columns=("macs",), sort=("-macs",), where_text="width % 2 == 0")

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Journal(file, plan) as journal:
        run_sweep(plan, workers_for(plan, 1), journal, stop)
    with Journal(file, plan) as journal:
        assert journal.resumes
        resumed = run_sweep(plan, workers_for(plan, 1), journal)
    whole = run_sweep(plan, workers_for(plan, 1))
    assert resumed.before > 0
    assert (resumed.counts, resumed.rows.candidates.tolist()) == (
        whole.counts,
        whole.rows.candidates.tolist(),
    )
    assert resumed.shown.candidates.tolist() == whole.shown.candidates.tolist()


def test_another_sweep_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    Journal(file, plan_for(file)).__exit__(None, None, None)
    with pytest.raises(Fault, match="belongs to another sweep that was interrupted"):
        Journal(file, plan_for(file, columns=("macs",)))
    with Journal(file, plan_for(file, columns=("macs",)), anew=True) as journal:
        assert not journal.resumes


def test_a_killed_process_goes_on(tmp_path: Path) -> None:
    """The command itself with two processes, by SIGKILL: its workers end too, and the file is whole."""
    spec = tmp_path / "net.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    words = ["sweep", str(spec), "--set", "width=1..4000", "--set", "heads=1..12", "--columns", "params,macs"]
    line = [sys.executable, "-m", "archcalc", *words, "--jobs", "2", "-o", str(tmp_path / "rows.csv")]
    environment = {**os.environ, "PYTHONPATH": str(Path(archcalc.__file__).parent.parent)}
    begun = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    beside = tmp_path / "rows.csv.sweep"
    for _ in range(600):
        if begun.poll() is not None or (beside.exists() and beside.read_bytes().count(b"\n") > 3):
            break
        time.sleep(0.02)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    assert beside.exists(), "it was killed in the middle"
    for _ in range(500):
        try:
            os.killpg(begun.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.02)
    else:
        pytest.fail("workers of the killed process live on")
    again = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    assert "candidates were done before" in again.stderr
    plan = planned(
        loads(SPEC),
        space_of(loads(SPEC), {"width": ["1..4000"], "heads": ["1..12"]}, {}),
        columns=("params", "macs"),
        file="csv",
        top=1,
    )
    with Journal(tmp_path / "other.csv", plan) as journal:
        run_sweep(plan, workers_for(plan, 1), journal)
    assert (tmp_path / "rows.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()
