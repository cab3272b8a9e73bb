"""What ``solve`` has found, as a table and in JSON."""

from typing import TYPE_CHECKING

from archcalc.render.cells import listed, shape
from archcalc.render.names import in_short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.quantities.table import Measurement
    from archcalc.render.cells import Cell, Table
    from archcalc.solving.refusing import Refusal
    from archcalc.solving.solution import Gap, Solution
    from archcalc.solving.valid_sizes import ValidSizes

    Json = Mapping[str, object]

MAX_REMAINDERS = 6
MAX_LISTED = 80
"""Characters of values that are told one by one."""


def solution_table(found: "Solution", each: "Sequence[tuple[int, ...]]" = ()) -> "Table":
    """The values that are told with their figures.

    Args:
        found: the answer.
        each: of a layer, values for every axis on its own that have what is wanted.
    """
    names = list(dict.fromkeys(want.quantity.name for want in found.wanted))
    model = found.varied.network.model.name
    title = f"{model}: {found.varied} for {' and '.join(map(str, found.wanted))}"
    headers = (str(found.varied), *(_header(name) for name in names), "Answer")
    rows = ((f"{row.value}", *(_figure(row.figures[name]) for name in names), row.what) for row in found.rows)
    footer = (*_lines(found), *_apart(found, each))
    return listed(title, headers, rows, footer, (True, *(True for _ in names), False))


def _header(name: str) -> str:
    return {"macs": "MACs", "flops": "FLOPs"}.get(name, name.replace("_", " ").capitalize())


def _figure(measured: "Measurement") -> "Cell":
    return shape(measured) if isinstance(measured, tuple) else measured


def _lines(found: "Solution") -> "Iterator[str]":
    if not found.found:
        yield "no answer"
    if len(found.kept) > 1 and found.complete:
        yield f"{len(found.kept):,} values have it: {_values(found.kept)}"
    for gap in found.gaps:
        yield from _gap_lines(found, gap)
    yield from found.notes
    yield from map(_refused, found.refused)
    of = f"{len(found.values):,} values from {found.values[0]:,} to {found.values[-1]:,}"
    looked_at = "all" if found.complete else f"{found.looked_at:,}"
    yield (f"tried: {looked_at} of {of}, {found.valid:,} of them valid; what is told above was traced anew")


def _gap_lines(found: "Solution", gap: "Gap") -> "Iterator[str]":
    if gap.neighbours and not found.kept:
        yield f"{gap.below:,} and {gap.above:,} are neighbours: there is no value between"
    for reason in gap.reasons:
        yield f"between {gap.below:,} and {gap.above:,}: {_refused(reason)}"


def _refused(found: "Refusal") -> str:
    """Values, and why the first of them is refused."""
    values = found.values
    more = "" if len(values) == 1 else f" ({len(values):,} such: {_values(values)})"
    return f"{values[0]:,} is refused{more}: {found.reason}"


def _values(values: "Sequence[int]") -> str:
    """Rising numbers, in short where they have a short form."""
    text = in_short(values)
    if len(text) <= MAX_LISTED or len(values) == 1:
        return text
    return f"{', '.join(map(str, values[:4]))} ... {values[-1]}"


def _apart(found: "Solution", each: "Sequence[tuple[int, ...]]") -> "Iterator[str]":
    if each:
        told = ", ".join(f"{list(values)}" for values in each)
        yield f"with a value for every axis on its own: {found.varied}={told}"


def solution_document(found: "Solution", each: "Sequence[tuple[int, ...]]" = ()) -> "Json":
    """The answer, with all values that have what is wanted."""
    return {
        "schema_version": 1,
        "model": found.varied.network.model.name,
        "for": str(found.varied),
        "wanted": [str(want) for want in found.wanted],
        "found": found.found or bool(each),
        "values": list(found.kept),
        "by_axis": [list(values) for values in each],
        "rows": [
            {
                "value": row.value,
                "figures": {name: _plain(own) for name, own in row.figures.items()},
                "answer": row.what,
            }
            for row in found.rows
        ],
        "between": [
            {"below": gap.below, "above": gap.above, "refused": [_reason(reason) for reason in gap.reasons]}
            for gap in found.gaps
        ],
        "range": {"first": found.values[0], "last": found.values[-1], "values": len(found.values)},
        "tried": found.looked_at,
        "complete": found.complete,
        "valid": found.valid,
        "notes": list(found.notes),
        "refused": [_reason(reason) for reason in found.refused],
    }


def _plain(measured: "Measurement") -> object:
    return list(measured) if isinstance(measured, tuple) else measured


def _reason(found: "Refusal") -> "Json":
    return {
        "first": found.values[0],
        "count": len(found.values),
        "values": in_short(found.values),
        "reason": found.reason,
    }


def sizes_table(found: "Sequence[ValidSizes]") -> "Table":
    """A row for everything that was asked: which values it takes, and what refuses others."""
    model = found[0].varied.network.model.name
    rows = (
        (str(each.varied), sizes_text(each), each.smallest, each.varied.start, _fits(each)) for each in found
    )
    footer = [line for each in found for line in _refused_lines(each)]
    if not all(each.read_off for each in found):
        footer.append("not read off: seen in traces up to the number that is told, and not proved beyond")
    headers = ("Size", "Valid", "Smallest", "Now", "Fits")
    return listed(
        f"{model}: valid sizes", headers, rows, dict.fromkeys(footer), (False, False, True, True, False)
    )


def _fits(found: "ValidSizes") -> str:
    start = found.varied.start
    return "" if start is None else "yes" if start in found else "no"


def sizes_text(found: "ValidSizes") -> str:
    """All valid values in words: ``multiples of 32, from 32``."""
    others = _values(found.others) if found.others else ""
    if found.period is None:
        text = f"only {others}" if others else "none"
    else:
        text = f"{_congruence(found)}{f'; and {others}' if others else ''}"
    return text if found.read_off else f"{text} (seen up to {found.looked_at:,})"


def _congruence(found: "ValidSizes") -> str:
    period, remainders = found.period or 1, found.remainders
    first = next(value for value in range(found.start, found.start + period) if value % period in remainders)
    if period == 1:
        return "all" if first <= 1 else f"all from {first:,}"
    if remainders == (0,):
        return f"multiples of {period:,}, from {first:,}"
    few = len(remainders) <= MAX_REMAINDERS
    several = ", ".join(map(str, remainders)) if few else _values(remainders)
    rest = several if len(remainders) == 1 else f"{{{several}}}"
    return f"{period:,} k + {rest}, from {first:,}"


def _refused_lines(found: "ValidSizes") -> "Iterator[str]":
    for reason in found.refused:
        yield f"{found.varied} {_refused(reason)}"


def sizes_document(found: "Sequence[ValidSizes]") -> "Json":
    """The same for machines: those from ``start`` on are the values with these remainders by the period."""
    return {
        "schema_version": 1,
        "model": found[0].varied.network.model.name,
        "sizes": [
            {
                "size": str(each.varied),
                "valid": sizes_text(each),
                "period": each.period,
                "remainders": list(each.remainders),
                "start": each.start if each.period is not None else None,
                "others": list(each.others),
                "smallest": each.smallest,
                "now": each.varied.start,
                "read_off": each.read_off,
                "looked_at": each.looked_at,
                "refused": [_reason(reason) for reason in each.refused],
            }
            for each in found
        ],
    }
