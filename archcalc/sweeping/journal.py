"""The file that rows stream to, and the journal beside it, from which an interrupted sweep goes on.

Bytes are on the disk before the journal says so. Whatever stands behind the last place it knows, a torn chunk
or a torn line of the journal, is cut away.
"""

import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from archcalc.errors import Fault
from archcalc.records import dataclass
from archcalc.source.files import bytes_of, refuse_endless
from archcalc.sweeping.evaluation import SweepCounts
from archcalc.whole_files import PREFIX

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from io import BufferedWriter
    from types import TracebackType

    from archcalc.sweeping.plan import Plan

MAX_JOURNAL = 64_000_000
"""Bytes of a journal that are read: what stands behind them is done again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How far a sweep is.

    Args:
        stop: the first candidate that is not done.
        size: bytes of the file up to here.
        counts: what became of the candidates so far.
        best: candidates of the first rows in their order.
        points: candidates that a plot shows.
        unsaid: quantity -> layers that state no part of it.
    """

    stop: int
    size: int
    counts: SweepCounts = field(default_factory=SweepCounts)
    best: tuple[int, ...] = ()
    points: tuple[int, ...] = ()
    unsaid: "Mapping[str, tuple[str, ...]]" = field(default_factory=dict[str, tuple[str, ...]])


class Journal:
    """Rows of a sweep on their way into a file.

    Args:
        file: what is written in the end.
        plan: the sweep.
        anew: begin anew, whatever is there.

    Raises:
        Fault: another sweep into this file was interrupted, or it cannot be written.
    """

    def __init__(self, file: Path, plan: "Plan", *, anew: bool = False) -> None:
        self.file, self.plan = file, plan
        self.beside = file.with_name(f"{file.name}.sweep")
        # A Parquet file has its index at its end: until it is whole, its parts are kept one behind the other.
        self.rows = file.with_name(f"{file.name}.rows") if plan.file == "parquet" else file
        try:
            for each in (self.rows, self.beside):
                if each.exists():
                    refuse_endless(each.stat().st_mode)
            self.entries = [] if anew else self._read()
            self._open()
        except (OSError, ValueError) as error:
            if isinstance(error, Fault):
                raise
            raise _unwritten(file, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: "TracebackType | None"
    ) -> None:
        for opened in (self._rows, self._journal):
            with suppress(OSError):  # what the disk had no room for is tried once more; it was told
                opened.close()

    @property
    def resumes(self) -> bool:
        """Whether some of the rows were there already."""
        return len(self.entries) > 1

    @property
    def last(self) -> Entry:
        """How far it is."""
        return self.entries[-1]

    def add(self, data: bytes, entry: Entry) -> None:
        """Write rows; they are kept when this returns.

        Raises:
            Fault: they cannot be written.
        """
        with writing(self.file):
            self._rows.write(data)
            synced(self._rows)
            self._write(asdict(entry))
        if self.entries:  # of those before, only the places of their rows are needed
            self.entries[-1] = Entry(self.last.stop, self.last.size)
        self.entries.append(entry)

    def done(self) -> None:
        """Forget how far it was: the file is whole."""
        self._journal.close()
        self._rows.close()
        if self.rows != self.file:
            self.rows.unlink(missing_ok=True)
        self.beside.unlink(missing_ok=True)

    def _read(self) -> "list[Entry]":
        """What an interrupted sweep has done; nothing where there was none."""
        if not self.beside.exists() or not self.rows.exists():
            return []
        first, *lines = bytes_of(self.beside, MAX_JOURNAL).split(b"\n")
        told = _record(first)
        if told is None:
            return []
        if told.get("sweep") != self.plan.digest:
            raise Fault(
                f"{self.file} belongs to another sweep that was interrupted",
                hint="give another file, or --restart to write over it",
            )
        size = self.rows.stat().st_size
        found: list[Entry] = []
        for line in lines:
            record = _record(line)
            if record is None or cast("int", record["size"]) > size:
                break
            found.append(_entry(record))
        return found

    def _open(self) -> None:
        """Cut away what is behind the last entry, and go on from there."""
        from archcalc.sweeping.encoding import file_head

        known = self.entries
        if not known:
            self._rows: BufferedWriter = self.rows.open("wb")
            self._journal: BufferedWriter = self.beside.open("wb")
            self._write({"sweep": self.plan.digest})
            self.entries = []
            above = file_head(self.plan)
            self.add(above, Entry(0, len(above)))
            return
        os.truncate(self.rows, known[-1].size)
        lines = [{"sweep": self.plan.digest}, *map(asdict, known)]
        with renewed(self.beside) as new, new.open("wb") as journal:
            journal.writelines(map(_as_line, lines))
            synced(journal)
        self._rows, self._journal = self.rows.open("ab"), self.beside.open("ab")

    def _write(self, record: "Mapping[str, object]") -> None:
        self._journal.write(_as_line(record))
        synced(self._journal)


@contextmanager
def writing(file: Path) -> "Generator[None]":
    """Say which file it is that cannot be written.

    Raises:
        Fault: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise _unwritten(file, error, "make room; the same command goes on from there") from None


def _unwritten(file: Path, error: OSError | ValueError, hint: str = "") -> Fault:
    reason = getattr(error, "strerror", None) or str(error)
    return Fault(f"cannot write {file}: {reason.lower()}", hint=hint)


@contextmanager
def renewed(file: Path) -> "Generator[Path]":
    """A file beside this one, which nobody else has and which takes its place when it is whole."""
    new = file.with_name(f"{PREFIX}{os.urandom(8).hex()}")
    try:
        yield new
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _as_line(record: "Mapping[str, object]") -> bytes:
    return f"{json.dumps(record)}\n".encode()


def synced(file: "BufferedWriter") -> None:
    """Have what was written on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _record(line: bytes) -> "Mapping[str, object] | None":
    """A line of the journal; None: it is torn."""
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", found) if isinstance(found, dict) else None


def _entry(record: "Mapping[str, object]") -> Entry:
    stop, size = cast("int", record["stop"]), cast("int", record["size"])
    best, points = (tuple(cast("list[int]", record[name])) for name in ("best", "points"))
    unsaid = cast("Mapping[str, list[str]]", record["unsaid"])
    counts = SweepCounts(**cast("Mapping[str, int]", record["counts"]))
    return Entry(stop, size, counts, best, points, {name: tuple(told) for name, told in unsaid.items()})
