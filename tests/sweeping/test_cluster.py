"""A Dask cluster of two local workers, one of which is killed half-way: the file is that of one process."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archcalc import loads
from archcalc.errors import Fault
from archcalc.sweeping import running
from archcalc.sweeping.asked import space_of
from archcalc.sweeping.journal import Journal
from archcalc.sweeping.plan import planned
from archcalc.sweeping.running import run_sweep, workers_for
from tests.sweeping.test_files import SPEC

if TYPE_CHECKING:
    from archcalc.sweeping.evaluation import SweepCounts


def test_a_cluster_that_loses_a_worker_writes_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import distributed

    monkeypatch.setattr(running, "LARGEST_PART", 700)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent.parent))
    model = loads(SPEC)
    space = space_of(model, {"width": ["1..1200"], "heads": ["1..8"]}, {})
    plan = planned(model, space, columns=("params", "macs"), sort=("-macs",), file="csv", top=3)
    with Journal(tmp_path / "one.csv", plan) as journal:
        run_sweep(plan, workers_for(plan, 1), journal)
    killed: list[int] = []
    local: Any = distributed.LocalCluster
    with local(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:

        def kill(counts: "SweepCounts") -> None:
            if not killed and counts.candidates > space.count // 3:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        with Journal(tmp_path / "several.csv", plan) as journal:
            run_sweep(plan, workers_for(plan, 1, cluster.scheduler_address), journal, kill)
    assert killed
    assert (tmp_path / "several.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def test_a_scheduler_that_is_not_there_is_told() -> None:
    model = loads(SPEC)
    plan = planned(model, space_of(model, {"width": [1, 2]}, {}))
    with pytest.raises(Fault, match="no Dask scheduler answers at 'nowhere'"):
        workers_for(plan, 1, "nowhere")
