"""Rows as bytes of a file: lines of CSV or JSON, or a small Parquet file of its own."""

import csv
import json
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, cast

from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.sweeping.plan import FileFormat, Plan
    from archcalc.sweeping.rows import Numbers, Rows

ERROR = "error"
"""The last column: why a candidate is no network."""
NEEDS_PYARROW = "Parquet needs pyarrow, an extra: pip install 'archcalc[parquet]'"
DIGITS = 38
"""Of the whole numbers that Parquet has room for."""


def file_head(plan: "Plan") -> bytes:
    """What stands above the rows."""
    return _line((*plan.names, ERROR)).encode() if plan.file == "csv" else b""


def encoded(rows: "Rows", form: "FileFormat") -> bytes:
    """Rows in a format."""
    return ENCODERS[form](rows)


def written_cell(value: object) -> object:
    """A value as CSV and tables have it: ``64x7x7``, ``true``; nothing where there is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "x".join(map(str, cast("Sequence[object]", value)))
    return json.dumps(value) if isinstance(value, list) else value


def _csv(rows: "Rows") -> bytes:
    text = StringIO()
    columns = [_cells(column) for column in (*rows.columns.values(), rows.reasons)]
    csv.writer(text, lineterminator="\n").writerows(zip(*columns, strict=True))
    return text.getvalue().encode(errors="replace")


def _cells(column: "Numbers") -> "Sequence[object]":
    values = column.tolist()
    return values if column.dtype != object else [written_cell(value) for value in values]


def _line(cells: "Sequence[str]") -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _jsonl(rows: "Rows") -> bytes:
    names = (*rows.columns, ERROR)
    columns = [column.tolist() for column in (*rows.columns.values(), rows.reasons)]
    lines = (json.dumps(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True))
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")


def pyarrow() -> Any:  # noqa: ANN401  the library has no types
    """The library, when it is installed.

    Raises:
        Fault: it is not.
    """
    from importlib import import_module

    try:
        import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise Fault(NEEDS_PYARROW) from None
    return import_module("pyarrow")


def _parquet(rows: "Rows") -> bytes:
    library = pyarrow()
    arrays = {name: _arrow(library, column) for name, column in rows.columns.items()}
    arrays[ERROR] = library.array(rows.reasons.tolist(), library.string())
    file = BytesIO()
    library.parquet.write_table(library.table(arrays), file)
    return file.getvalue()


def _arrow(library: Any, column: "Numbers") -> Any:  # noqa: ANN401  as above
    """A column in the narrowest type that has room: 64 bits, 38 digits, else text."""
    if column.dtype != object:
        return library.array(column)
    values = cast("list[object]", column.tolist())
    there = {type(value) for value in values if value is not None}
    if not there:
        return library.nulls(len(values))
    widest = max(abs(value) for value in values if isinstance(value, int)) if there == {int} else 0
    if there in ({bool}, {float}) or (there == {int} and widest < 2**63):
        return library.array(values)
    if there == {int} and len(str(widest)) <= DIGITS:
        return library.array(values, library.decimal128(DIGITS, 0))
    texts = [None if value is None else str(written_cell(value)) for value in values]
    return library.array(texts, library.string())


ENCODERS: "dict[FileFormat, Callable[[Rows], bytes]]" = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
}
