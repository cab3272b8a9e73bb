"""pydantic's findings retold: where in the document, and one lower-case fact with the value."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import MAX_PROBLEMS
from archcalc.tuples import NamedTuple
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from archcalc.source import Path

NEEDS = {
    "int_type": "needs a whole number",
    "int_from_float": "needs a whole number",
    "float_type": "needs a number",
    "bool_type": "needs true or false",
    "string_type": "needs a text",
    "string_pattern_mismatch": "needs an expression that starts with '='",
    "string_too_long": "needs at most {max_length} characters",
    "tuple_type": "needs a list",
    "list_type": "needs a list",
    "dict_type": "needs a mapping",
    "model_type": "needs a mapping",
    "greater_than_equal": "needs at least {ge}",
    "greater_than": "needs more than {gt}",
    "less_than_equal": "needs at most {le}",
    "less_than": "needs less than {lt}",
    "literal_error": "needs {expected}",
    "finite_number": "needs a finite number",
}


class Violation(NamedTuple):
    """One thing wrong at one path of the data."""

    path: "Path"
    what: str
    hint: str
    at_key: bool


def retell(
    error: "ValidationError",
    data: object,
    keys_at: "Callable[[Path], Iterable[str]]",
    hint_at: "Callable[[Path], str]",
) -> "list[Violation]":
    """The violations in ``error`` on ``data``, one per value, at most ``MAX_PROBLEMS``.

    A missing key is left out where an unknown one is likely to be its misspelling.

    Args:
        error: what pydantic raised.
        data: the plain data it looked at.
        keys_at: the keys known at a path.
        hint_at: what to write in the place of the unknown key at a path.
    """
    from archcalc.elsewhere import meant

    found: dict[Path, Violation] = {}
    misspelt: set[Path] = set()
    for details in error.errors(include_url=False):
        if details["type"] == "too_short" and details["input"]:
            continue  # the entries are wrong, each reported by itself, not too few
        finding = _finding(details, data, hint_at)
        if details["type"] == "extra_forbidden":
            *above, key = finding.path
            misspelt.add((*above, meant(str(key), keys_at(tuple(above))) or ""))
        missing = (details["loc"][-1],) if details["type"] == "missing" else ()
        # A union fails once per member; the first member is the plain value, the others its spellings.
        found.setdefault((*finding.path, *missing), finding)
        if len(found) == MAX_PROBLEMS:
            break
    return [finding for path, finding in found.items() if path not in misspelt]


def _finding(details: "ErrorDetails", data: object, hint_at: "Callable[[Path], str]") -> Violation:
    path = written_path(details["loc"], data)
    code, context, last = details["type"], details.get("ctx", {}), str(details["loc"][-1])
    if code == "missing":
        return Violation(path, f"`{last}` is missing", "", at_key=False)
    if code == "extra_forbidden":
        return Violation(path, f"unknown key {shown(last)}", hint_at(path), at_key=True)
    if code == "too_short":
        return Violation(path, "needs at least 1 entry, got none", "", at_key=False)
    at_key = last == "[key]"
    if code in ("value_error", "assertion_error"):
        error = context["error"]
        return Violation(path, getattr(error, "fact", str(error)), getattr(error, "hint", ""), at_key)
    need = NEEDS.get(code, details["msg"][:1].lower() + details["msg"][1:]).format_map(context)
    return Violation(path, f"{need}, got {shown(details['input'])}", "", at_key)


def written_path(location: "Sequence[int | str]", data: object) -> "Path":
    """The part of pydantic's location that stands in the data: names of union members are left out."""
    path: list[int | str] = []
    for step in location:
        if isinstance(data, dict) and step in data:
            data = cast("Mapping[object, object]", data)[step]
        elif isinstance(data, list | tuple) and isinstance(step, int):
            data = cast("Sequence[object]", data)[step]
        else:
            continue
        path.append(step)
    return tuple(path)
