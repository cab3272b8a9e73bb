"""A run with one batch after another."""

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.footprint.budget import MemoryReport
    from archcalc.footprint.running import MemoryRun
    from archcalc.tracing import Trace

MOST_ROWS = 1000
LARGEST = 2**31 - 1
PIECE = re.compile(r"\s*(\d{1,10})(?:\s*\.\.\s*(\d{1,10}))?\s*")
DOUBLED = 2


class OfBatch(NamedTuple):
    """The device that needs most, with a batch."""

    batch: int
    memory: "MemoryReport"


def batches_of(written: str) -> tuple[int, ...]:
    """The counts that a list says: ``1,2,4..64``.

    Before dots the last two numbers say how it goes on: doubled where the second is twice the first, else in
    steps of their difference; a lone one in steps of 1.

    Raises:
        Fault: it is no such list, or of too many counts.
    """
    found: list[int] = []
    for word in written.split(","):
        piece = PIECE.fullmatch(word)
        if piece is None:
            raise Fault(f"needs counts such as 1,2,4..64, got {written!r}")
        first, last = int(piece[1]), piece[2]
        if not 1 <= first <= LARGEST or (last and not first <= int(last) <= LARGEST):
            raise Fault(f"batches are 1 to {LARGEST:,} and grow, got {word.strip()!r}")
        found.append(first)
        if last:
            found += _between(found[-DOUBLED:], int(last))
        if len(found) > MOST_ROWS:
            raise Fault(f"{written!r} has over {MOST_ROWS:,} batches")
    if any(after <= before for before, after in pairwise(found)):
        raise Fault(f"batches grow from one to the next, got {written!r}")
    return tuple(found)


def _between(ends: list[int], last: int) -> "Iterator[int]":
    """What follows two counts, up to the last; not more than are shown."""
    before, at = ends if len(ends) == DOUBLED else (ends[0] - 1, ends[0])
    doubled, step = len(ends) == DOUBLED and at == DOUBLED * before, max(1, at - before)
    for _ in range(MOST_ROWS):
        at = DOUBLED * at if doubled else at + step
        if at > last:
            return
        yield at


def memory_by_batch(trace: "Trace", run: "MemoryRun", batches: tuple[int, ...]) -> tuple[OfBatch, ...]:
    """The bytes of a run with each batch, on the device that needs most.

    Raises:
        Fault: the network cannot be divided so, or is no decoder.
    """
    reports = (run.of_batch(batch).memory(trace) for batch in batches)
    return tuple(
        OfBatch(batch, report.stages[report.worst].memory)
        for batch, report in zip(batches, reports, strict=True)
    )
