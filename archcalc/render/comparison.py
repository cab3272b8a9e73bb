"""A spec beside a module or a checkpoint: what is equal, what differs, and the bytes of a checkpoint."""

from typing import TYPE_CHECKING

from archcalc.render.cells import listed
from archcalc.render.verification import check_record, check_rows, differences, left_out, verdict_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.matching.comparison import SideBySide
    from archcalc.render.cells import Cell, Table


def comparison_tables(found: "SideBySide") -> "list[Table]":
    """Kinds of values, with what differs below; of a checkpoint, its dtypes with their bytes before that."""
    headers = ("Compared", "Equal", "Different", "Not compared")
    title = f"{found.model}: archcalc beside {found.other}"
    rows = check_rows(found.checks)
    checks = listed(title, headers, rows, _footer(found), (False, True, True, True))
    return [*([_bytes(found)] if found.stored else []), checks]


def _footer(found: "SideBySide") -> "Iterator[str]":
    yield from found.notes
    if found.first is not None:
        yield f"first difference: {found.first}"
    for check in found.checks:
        yield from (line for line in differences(check) if line != str(found.first))
        yield from left_out(check)
    yield verdict_line(found.checks)


def _bytes(found: "SideBySide") -> "Table":
    """Bytes by dtype beside what the tensors of the spec take in it."""
    headers = ("Stored as", "Tensors", "Numbers", "Bytes", "Numbers of the spec", "Bytes of the spec")
    rows: list[Sequence[Cell]] = [*found.stored]
    if len(rows) > 1:
        rows.append(("in all", *(sum(column) for column in list(zip(*found.stored, strict=True))[1:])))
    return listed(found.other, headers, rows, (), (False, *(True,) * 5))


def comparison_document(model: str, found: "Sequence[SideBySide]") -> dict[str, object]:
    """The same for a program."""
    return {
        "schema_version": 1,
        "model": model,
        "verified": all(each.same for each in found),
        "beside": [_record(each) for each in found],
    }


def _record(found: "SideBySide") -> dict[str, object]:
    stored = {"stored": [each._asdict() for each in found.stored]} if found.stored else {}
    return {
        "other": found.other,
        "verified": found.same,
        "notes": list(found.notes),
        **stored,
        "first_difference": str(found.first) if found.first else None,
        "checks": [check_record(check, "other") for check in found.checks],
    }
