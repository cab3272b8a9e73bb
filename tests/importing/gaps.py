"""``gaps.csv``: models that an import does not get right, and what keeps each from it; it can only shrink."""

from collections.abc import Iterable, Mapping
from csv import DictReader, writer
from pathlib import Path

from tests.importing.judging import Judged

FILE = Path(__file__).with_name("gaps.csv")
COLUMNS = ("model", "what", "reason")


def known_gaps() -> dict[str, dict[str, str]]:
    """Model -> what it lacks -> the reason."""
    found: dict[str, dict[str, str]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in DictReader(file):
            found.setdefault(row["model"], {})[row["what"]] = row["reason"]
    return found


def write_gaps(every: Iterable[Judged]) -> None:
    """Write the list anew."""
    with FILE.open("w", encoding="utf-8", newline="") as file:
        lines = writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        lines.writerows((found.model, *gap) for found in every for gap in found.gaps.items())


def news(found: Judged, known: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What has changed for a model since the list was written: new gaps, and those that are closed."""
    listed = known.get(found.model, {})
    new = [
        f"{found.model} {what}: {reason}; an import got this right before"
        for what, reason in found.gaps.items()
        if what not in listed
    ]
    closed = [
        f"{found.model} has no gap of the kind {what!r} any more: strike it off tests/importing/gaps.csv"
        for what in listed
        if what not in found.gaps
    ]
    return [*new, *closed]
