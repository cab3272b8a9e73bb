"""Who works on the parts of a sweep: this process, others on this machine, or a Dask cluster."""

import pickle
import time
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from archcalc.errors import Fault
from archcalc.records import dataclass
from archcalc.sweeping.encoding import encoded
from archcalc.sweeping.evaluation import Evaluation, SweepCounts
from archcalc.sweeping.ordering import row_order
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from concurrent.futures import Future

    from archcalc.sweeping.plan import Plan
    from archcalc.sweeping.rows import Rows

ALONE = Lock()
"""One part at a time in a process: threads of a Dask worker share what was learned."""
NEEDS_DASK = "a Dask cluster needs distributed, an extra: pip install 'archcalc[dask]'"


class SweptPart(NamedTuple):
    """A part of a sweep that is done.

    Args:
        data: its rows for the file; empty where there is none.
        rows: those that are kept beside it.
        shown: some for a plot, from the first to the last.
        counts: what became of its candidates.
        seconds: that it took.
    """

    data: bytes
    rows: "Rows"
    shown: "Rows"
    counts: SweepCounts
    seconds: float


class Coming(Protocol):
    """A part that is being worked on."""

    def result(self) -> SweptPart:
        """Wait for it."""
        ...


class Workers(Protocol):
    """Who works on parts, several at a time."""

    width: int

    def begin(self, start: int, stop: int) -> Coming:
        """Have the candidates from start to stop - 1 worked on."""
        ...

    def end(self) -> None:
        """Let go of what is not done."""
        ...


def part_of(plan: "Plan", evaluation: Evaluation, start: int, stop: int) -> SweptPart:
    """Work on some candidates."""
    import numpy as np

    begun = time.perf_counter()
    rows, counts = evaluation.rows(np.arange(start, stop))
    data = b"" if plan.file is None else encoded(rows, plan.file)
    shown = thinned(rows.at(~rows.failed), plan.shown)
    if plan.top is not None:
        rows = rows.at(row_order(rows, plan.keys)[: plan.top])
    return SweptPart(data, rows, shown, counts, time.perf_counter() - begun)


def thinned(rows: "Rows", most: int) -> "Rows":
    """So many of the rows at most, evenly spaced."""
    import numpy as np

    return rows if len(rows) <= most else rows.at(np.linspace(0, len(rows) - 1, most).astype(np.intp))


@lru_cache(maxsize=4)
def _known(plan: bytes) -> "tuple[Plan, Evaluation]":
    """A plan that was sent, and what was learned of its network here."""
    found: Plan = pickle.loads(plan)  # noqa: S301  it comes from the process that sweeps
    return found, found.evaluation()


def _elsewhere(plan: bytes, start: int, stop: int) -> SweptPart:
    with ALONE:
        return part_of(*_known(plan), start, stop)


@dataclass(frozen=True, slots=True)
class _Now:
    """A part that is worked on when it is asked for."""

    plan: "Plan"
    evaluation: Evaluation
    start: int
    stop: int

    def result(self) -> SweptPart:
        return part_of(self.plan, self.evaluation, self.start, self.stop)


class Here:
    """This process alone."""

    width = 1

    def __init__(self, plan: "Plan") -> None:
        self._plan, self._evaluation = plan, plan.evaluation()

    def begin(self, start: int, stop: int) -> Coming:
        """Remember what is to be done."""
        return _Now(self._plan, self._evaluation, start, stop)

    def end(self) -> None:
        """Nothing is left."""


class Processes:
    """Processes on this machine."""

    def __init__(self, plan: "Plan", count: int) -> None:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        self.width = count
        self._plan = pickle.dumps(plan)
        self._pool: ProcessPoolExecutor = ProcessPoolExecutor(
            count, mp_context=get_context("spawn"), initializer=_settle
        )

    def begin(self, start: int, stop: int) -> "Future[SweptPart]":
        """Send a part to a process that has time."""
        return self._pool.submit(_elsewhere, self._plan, start, stop)

    def end(self) -> None:
        """Stop."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _settle() -> None:
    """In a new process: leave interrupts to the one that sweeps, and end when that one does."""
    import os
    import signal
    from multiprocessing import parent_process
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=follow, daemon=True).start()


class DaskCluster:
    """A Dask cluster; a part whose worker is lost, another one does again."""

    def __init__(self, plan: "Plan", address: str) -> None:
        from importlib import import_module

        try:
            distributed: Any = import_module("distributed")  # it has no types
        except ModuleNotFoundError:
            raise Fault(NEEDS_DASK) from None
        self._plan = pickle.dumps(plan)
        try:
            self._client = distributed.Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError) as error:
            raise Fault(f"no Dask scheduler answers at {address!r}: {str(error).lower()}") from None
        self.width = max(1, sum(self._client.nthreads().values()))

    def begin(self, start: int, stop: int) -> Coming:
        """Hand a part to the cluster."""
        found: Coming = self._client.submit(
            _elsewhere,
            self._plan,
            start,
            stop,
            pure=False,
            retries=3,
            key=f"archcalc-{start}-{stop}-{id(self)}",
        )
        return found

    def end(self) -> None:
        """Leave the cluster; it goes on without us."""
        self._client.close()
