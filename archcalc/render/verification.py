"""What a comparison with torch found: a row a kind of value, then what differs and what is left out."""

from typing import TYPE_CHECKING

from archcalc.render.cells import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.bridge.verification import Check, Verification
    from archcalc.render.cells import Table

MAX_SHOWN = 20
"""Differences of one kind of value that are told."""


def verification_table(found: "Verification") -> "Table":
    """Kind of value, how many agree, differ, and could not be compared."""
    rows = [
        (check.what, check.agreed, len(check.mismatches), len(check.skipped))
        for check in found.checks
        if check.agreed or check.mismatches or check.skipped
    ]
    title = f"{found.model}: archcalc beside torch {found.torch}"
    headers = ("Compared", "Equal", "Different", "Not compared")
    return listed(title, headers, rows, tuple(_footer(found)), (False, True, True, True))


def _footer(found: "Verification") -> "Iterator[str]":
    for check in found.checks:
        yield from _differences(check)
        yield from _left_out(check)
    agreed = sum(check.agreed for check in found.checks)
    if found.agrees:
        yield f"verified: all {agreed:,} values that were compared are equal"
    else:
        different = sum(len(check.mismatches) for check in found.checks)
        yield f"not verified: {different:,} of {agreed + different:,} values differ"


def _differences(check: "Check") -> "Iterator[str]":
    yield from (str(mismatch) for mismatch in check.mismatches[:MAX_SHOWN])
    if len(check.mismatches) > MAX_SHOWN:
        yield f"and {len(check.mismatches) - MAX_SHOWN:,} more {check.what} that differ"


def _left_out(check: "Check") -> "Iterator[str]":
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
        "checks": [_record(check) for check in found.checks],
    }


def _record(check: "Check") -> dict[str, object]:
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
                "torch": mismatch.theirs,
            }
            for mismatch in check.mismatches
        ],
        "not_compared": [{"subject": skipped.subject, "why": skipped.why} for skipped in check.skipped],
    }
