"""What a comparison with torch found: a row a kind of value, then what differs and what is left out."""

from typing import TYPE_CHECKING

from archcalc.render.cells import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.bridge.verification import Check, Verification
    from archcalc.render.cells import Cell, Table

MAX_SHOWN = 20
"""Differences of one kind of value that are told."""


def verification_table(found: "Verification") -> "Table":
    """Kind of value, how many agree, differ, and could not be compared."""
    title = f"{found.model}: archcalc beside torch {found.torch}"
    headers = ("Compared", "Equal", "Different", "Not compared")
    return listed(title, headers, check_rows(found.checks), _footer(found), (False, True, True, True))


def check_rows(checks: "Iterable[Check]") -> "list[tuple[Cell, ...]]":
    """A row for every check that is about anything."""
    return [
        (check.what, check.agreed, len(check.mismatches), len(check.skipped))
        for check in checks
        if check.agreed or check.mismatches or check.skipped
    ]


def _footer(found: "Verification") -> "Iterator[str]":
    for check in found.checks:
        yield from differences(check)
        yield from left_out(check)
    yield verdict_line(found.checks)


def verdict_line(checks: "Sequence[Check]") -> str:
    """Whether all that was compared is equal, with the numbers."""
    agreed = sum(check.agreed for check in checks)
    different = sum(len(check.mismatches) for check in checks)
    if not different:
        return f"verified: all {agreed:,} values that were compared are equal"
    return f"not verified: {different:,} of {agreed + different:,} values differ"


def differences(check: "Check") -> "Iterator[str]":
    """What differs, a line each."""
    yield from (str(mismatch) for mismatch in check.mismatches[:MAX_SHOWN])
    if len(check.mismatches) > MAX_SHOWN:
        yield f"and {len(check.mismatches) - MAX_SHOWN:,} more {check.what} that differ"


def left_out(check: "Check") -> "Iterator[str]":
    """Why values were not compared, each reason once."""
    reasons: dict[str, list[str]] = {}
    for skipped in check.skipped:
        reasons.setdefault(skipped.why, []).append(skipped.subject)
    for why, subjects in reasons.items():
        more = f" and {len(subjects) - 1:,} more" if len(subjects) > 1 else ""
        yield f"{check.what} of {subjects[0]}{more} not compared: {why}"


def verification_document(found: "Verification") -> dict[str, object]:
    """The same for a program."""
    return {
        "schema_version": 1,
        "model": found.model,
        "torch": found.torch,
        "verified": found.agrees,
        "checks": [check_record(check) for check in found.checks],
    }


def check_record(check: "Check", other: str = "torch") -> dict[str, object]:
    """One kind of value for a program; ``other`` is the key of what the other side says."""
    return {
        "what": check.what,
        "equal": check.agreed,
        "different": [
            {
                "file": mismatch.place.file,
                "line": mismatch.place.line,
                "column": mismatch.place.column,
                "subject": mismatch.subject,
                "what": mismatch.what,
                "archcalc": mismatch.ours,
                other: mismatch.theirs,
            }
            for mismatch in check.mismatches
        ],
        "not_compared": [{"subject": skipped.subject, "why": skipped.why} for skipped in check.skipped],
    }
