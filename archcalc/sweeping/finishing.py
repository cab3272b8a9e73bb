"""The end of a file of rows: put in order where an order is asked for, and made one where it has parts."""

import csv
import json
from functools import partial
from io import BytesIO
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any, cast

from archcalc.sweeping.encoding import DIGITS, ERROR, pyarrow
from archcalc.sweeping.journal import renewed, writing
from archcalc.sweeping.ordering import comparable_key
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from archcalc.sweeping.journal import Journal
    from archcalc.sweeping.ordering import SortKey

    SortedBy = tuple[tuple[int, object], ...]

GROUP = 65_536
"""Rows of a group of a Parquet file."""
FIRST, LAST = -1, 9
"""Ranks in front of all values and behind them."""


class SortedRow(NamedTuple):
    """A row on its way to its place.

    Args:
        keys: what it is sorted by, column by column; at the end whether it is no network.
        row: where it stands: its number, or first and last byte.
    """

    keys: "SortedBy"
    row: tuple[int, ...]


def finish(journal: "Journal") -> None:
    """Make the file whole, and forget the journal.

    Raises:
        Fault: it cannot be written.
    """
    with writing(journal.file):
        if journal.plan.file == "parquet":
            _parquet(journal)
        elif journal.plan.keys:
            _lines(journal.file, journal.plan.keys, head=journal.entries[0].size)
        journal.done()


def _in_order(rows: "list[SortedRow]", keys: "Sequence[SortKey]") -> "list[SortedRow]":
    """Rows by the last key first, so that the first one counts most; equal ones stay as they are."""
    for index, falling in reversed([*enumerate(key.falling for key in keys), (len(keys), False)]):
        rows.sort(key=partial(_at, index), reverse=falling)
    return rows


def _at(index: int, row: SortedRow) -> "tuple[int, int]":
    return cast("tuple[int, int]", row.keys[index])


def _keys(values: "Sequence[object]", failed: object, keys: "Sequence[SortKey]") -> "SortedBy":
    """What a row is sorted by; what is not there comes last, whether the column rises or falls."""
    found = [
        (FIRST if key.falling else LAST, 0) if value is None else comparable_key(value)
        for value, key in zip(values, keys, strict=True)
    ]
    return (*found, (int(bool(failed)), 0))


def _lines(file: "Path", keys: "Sequence[SortKey]", head: int) -> None:
    """The lines below the head in order; in memory are their keys and places."""
    with renewed(file) as new, file.open("rb") as lines, new.open("wb") as written:
        reader = _csv_reader(lines.readline()) if head else _json_reader
        lines.seek(head)
        place, rows = head, list[SortedRow]()
        for line in lines:
            values, failed = reader(line.decode(), keys)
            rows.append(SortedRow(_keys(values, failed, keys), (place, place + len(line))))
            place += len(line)
        lines.seek(0)
        written.write(lines.read(head))
        if rows:
            with mmap(lines.fileno(), 0, access=ACCESS_READ) as content:
                written.writelines(content[slice(*each.row)] for each in _in_order(rows, keys))


def _csv_reader(head: bytes) -> "Callable[[str, Sequence[SortKey]], tuple[list[object], object]]":
    names = next(csv.reader([head.decode()]))

    def read(line: str, keys: "Sequence[SortKey]") -> "tuple[list[object], object]":
        cells = dict(zip(names, next(csv.reader([line])), strict=True))
        return [value_in(cells[key.name]) for key in keys], cells[ERROR]

    return read


def _json_reader(line: str, keys: "Sequence[SortKey]") -> "tuple[list[object], object]":
    record: dict[str, object] = json.loads(line)
    return [record[key.name] for key in keys], record[ERROR]


def value_in(text: str) -> object:
    """The value of a cell, for its order: a number, a shape, a word; None: there is none."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    parts = text.split("x")
    if all(part.isdecimal() for part in parts):
        return tuple(map(int, parts))
    return text or None


def _parquet(journal: "Journal") -> None:
    """One file of all parts, in groups that do not depend on how large these were."""
    library = pyarrow()
    schema = _schema(library, [part.schema for part in _parts(library, journal)], journal)
    tables: Iterable[Any] = (_fitting(library, part, schema) for part in _parts(library, journal))
    if journal.plan.keys:
        whole = library.concat_tables([schema.empty_table(), *tables])
        tables = [_sorted(whole, journal.plan.keys)]
    with renewed(journal.file) as new, library.parquet.ParquetWriter(new, schema) as writer:
        for group in _grouped(library, tables):
            writer.write_table(group, row_group_size=GROUP)


def _parts(library: Any, journal: "Journal") -> "Iterator[Any]":  # noqa: ANN401  the library has no types
    with journal.rows.open("rb") as rows:
        for before, entry in zip(journal.entries, journal.entries[1:], strict=False):
            rows.seek(before.size)
            yield library.parquet.read_table(BytesIO(rows.read(entry.size - before.size)))


def _schema(library: Any, schemas: "Sequence[Any]", journal: "Journal") -> Any:  # noqa: ANN401  as above
    """The columns, each of the narrowest type that all parts fit in."""
    names = (*journal.plan.names, ERROR)
    kinds = {name: {schema.field(name).type for schema in schemas} for name in names}
    return library.schema([(name, _widest(library, types)) for name, types in kinds.items()])


def _widest(library: Any, types: "set[Any]") -> Any:  # noqa: ANN401  as above
    types = types - {library.null()}
    numbers = {library.int64(), library.decimal128(DIGITS, 0)}
    if not types:
        return library.int64()
    if len(types) == 1:
        return next(iter(types))
    return library.decimal128(DIGITS, 0) if types == numbers else library.string()


def _fitting(library: Any, table: Any, schema: Any) -> Any:  # noqa: ANN401  as above
    """The part in the types of the whole."""
    columns = [
        library.array([None if value is None else str(value) for value in column.to_pylist()], field.type)
        if library.types.is_string(field.type) and not library.types.is_string(column.type)
        else column.cast(field.type)
        for column, field in ((table.column(field.name), field) for field in schema)
    ]
    return library.table(columns, schema=schema)


def _sorted(table: Any, keys: "Sequence[SortKey]") -> Any:  # noqa: ANN401  as above
    columns = [table.column(key.name).to_pylist() for key in keys]
    failed = table.column(ERROR).to_pylist()
    rows = [
        SortedRow(_keys([_plain(value) for value in values], why, keys), (index,))
        for index, (*values, why) in enumerate(zip(*columns, failed, strict=True))
    ]
    return table.take([each.row[0] for each in _in_order(rows, keys)])


def _plain(value: object) -> object:
    """A value of a table as one that has an order."""
    if isinstance(value, str):
        return value_in(value)
    return value if value is None or isinstance(value, int | float) else int(cast("int", value))


def _grouped(library: Any, tables: "Iterable[Any]") -> "Iterator[Any]":  # noqa: ANN401  as above
    """Tables of ``GROUP`` rows each, but for the last."""
    kept: list[Any] = []
    count = 0
    for table in tables:
        kept.append(table)
        count += table.num_rows
        if count >= GROUP:
            whole = library.concat_tables(kept)
            full = count // GROUP * GROUP
            for start in range(0, full, GROUP):
                yield whole.slice(start, GROUP)
            kept, count = [whole.slice(full)], count - full
    if count:
        yield library.concat_tables(kept)
