"""A sweep from its first candidate to its last: parts are handed out, and come back in order."""

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.records import dataclass
from archcalc.sweeping.encoding import pyarrow
from archcalc.sweeping.evaluation import SweepCounts
from archcalc.sweeping.finishing import finish
from archcalc.sweeping.journal import Entry, Journal
from archcalc.sweeping.ordering import row_order
from archcalc.sweeping.rows import Rows, joined_rows
from archcalc.sweeping.workers import DaskCluster, Here, Processes, thinned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.sweeping.plan import Plan
    from archcalc.sweeping.workers import Coming, SweptPart, Workers

    Progress = Callable[[SweepCounts], None]

FIRST_PART, LARGEST_PART = 512, 65_536
"""Candidates that are worked on together."""
SECONDS = 1.0
"""That a part is to take."""
SEVERAL = 20_000
"""Candidates from which on other processes are worth their start."""


@dataclass(frozen=True, slots=True)
class SweepOutcome:
    """What a sweep has found.

    Args:
        rows: all rows, or the first ones in their order.
        counts: what became of the candidates.
        shown: some rows from the first to the last, for a plot.
        before: candidates that an earlier run had done.
    """

    rows: Rows
    counts: SweepCounts
    shown: Rows
    before: int = 0


def workers_for(plan: "Plan", jobs: int, dask: str | None = None) -> "Workers":
    """Who is to work on a sweep.

    Args:
        plan: the sweep.
        jobs: processes on this machine.
        dask: the address of a scheduler, in their place.

    Raises:
        Fault: the scheduler does not answer, or a library is missing.
    """
    if dask is not None:
        return DaskCluster(plan, dask)
    return Processes(plan, jobs) if jobs > 1 and plan.space.count >= SEVERAL else Here(plan)


@dataclass(frozen=True, slots=True)
class Running:
    """How a sweep runs.

    Args:
        jobs: processes on this machine.
        dask: the address of a scheduler that hands out the work in their place.
        file: for all rows.
        anew: begin anew where a sweep into the file was interrupted.
    """

    jobs: int = 1
    dask: str | None = None
    file: Path | None = None
    anew: bool = False

    def of(self, plan: "Plan", progress: "Progress | None" = None) -> SweepOutcome:
        """Sweep.

        Raises:
            Fault: a library is missing, a scheduler does not answer, or the file cannot be written.
        """
        if plan.file == "parquet":
            pyarrow()
        workers = workers_for(plan, self.jobs, self.dask)
        try:
            if self.file is None:
                return run_sweep(plan, workers, None, progress)
            with Journal(self.file, plan, anew=self.anew) as journal:
                if progress is not None and journal.resumes:
                    progress(journal.last.counts)
                return run_sweep(plan, workers, journal, progress)
        finally:
            workers.end()


def run_sweep(
    plan: "Plan", workers: "Workers", journal: "Journal | None" = None, progress: "Progress | None" = None
) -> SweepOutcome:
    """Sweep, and write the rows where there is a journal.

    Raises:
        Fault: a process was lost.
    """
    found = _Found(plan, journal)
    before = found.stop
    for part, stop in _parts(plan, workers, before):
        found.add(part, stop)
        if progress is not None:
            progress(found.counts)
    if journal is not None:
        finish(journal)
    return SweepOutcome(found.rows(), found.counts, found.shown, before)


def _parts(plan: "Plan", workers: "Workers", start: int) -> "Iterator[tuple[SweptPart, int]]":
    """The parts in order, each with the candidate behind it; several are worked on meanwhile."""
    from concurrent.futures.process import BrokenProcessPool

    waiting: deque[tuple[int, int, Coming]] = deque()
    size, ahead = FIRST_PART, 1 if workers.width == 1 else 2 * workers.width
    while start < plan.space.count or waiting:
        while start < plan.space.count and len(waiting) < ahead:
            stop = min(plan.space.count, start + size)
            waiting.append((start, stop, workers.begin(start, stop)))
            start = stop
        first, stop, coming = waiting.popleft()
        try:
            part = coming.result()
        except BrokenProcessPool:
            raise Fault(
                "a process of the sweep has ended", hint="the same command goes on from there"
            ) from None
        yield part, stop
        fitting = int((stop - first) / max(part.seconds, 1e-6) * SECONDS)
        size = max(1, min(fitting, 4 * size, LARGEST_PART))


class _Found:
    """What has come back so far."""

    def __init__(self, plan: "Plan", journal: "Journal | None") -> None:
        import numpy as np

        self._plan, self._journal = plan, journal
        self._kept: list[Rows] = []
        self.counts, self.stop = SweepCounts(), 0
        none = plan.evaluation().rows(np.arange(0)).rows
        self.shown = none
        if journal is not None:
            last = journal.last
            again = plan.evaluation()
            self.counts, self.stop = last.counts, last.stop
            self._kept.append(again.rows(np.array(last.best, np.int64)).rows)
            self.shown = again.rows(np.array(last.points, np.int64)).rows
        else:
            self._kept.append(none)

    def add(self, part: "SweptPart", stop: int) -> None:
        """Take a part in."""
        self.counts, self.stop = self.counts + part.counts, stop
        self._kept.append(part.rows)
        if self._plan.top is not None:
            self._kept = [self.rows()]
        self.shown = thinned(joined_rows([self.shown, part.shown]), self._plan.shown)
        if self._journal is not None:
            size = self._journal.last.size + len(part.data)
            rows = self._kept[-1]
            entry = Entry(
                stop,
                size,
                self.counts,
                tuple(rows.candidates.tolist()),
                tuple(self.shown.candidates.tolist()),
                rows.unsaid,
            )
            self._journal.add(part.data, entry)

    def rows(self) -> Rows:
        """The rows in order, as many as are kept."""
        rows = joined_rows(self._kept)
        if not self._plan.keys and self._plan.top is None:
            return rows
        return rows.at(row_order(rows, self._plan.keys)[: self._plan.top])
