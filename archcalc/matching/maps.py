"""``--map``: what a tensor or a module of the other side is called in the spec."""

import re
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACEHOLDER = re.compile(r"\{(\w*)\}")
MAX_PLACEHOLDERS = 4
"""Of one map; each takes a part of a name, and every way to share the name out may have to be tried."""
FORM = "write THEIRS=OURS, such as 'features.{i}=conv{i}'"


@dataclass(frozen=True, slots=True)
class NameMap:
    """Names that begin with ``theirs``, up to a dot or their end, begin with ``ours`` in the spec.

    Args:
        text: as it was written.
        theirs: what a name begins with; a group for every placeholder.
        ours: what stands in its place, with the placeholders in braces.
    """

    text: str
    theirs: re.Pattern[str]
    ours: str

    def renamed(self, name: str) -> str | None:
        """The name in the spec; None where the map is not about it."""
        found = self.theirs.match(name)
        if found is None:
            return None
        head, tail = self.ours.format_map(found.groupdict()), name[found.end() :].lstrip(".")
        return ".".join(part for part in (head, tail) if part)


def name_map(text: str) -> NameMap:
    """A map from its text: two dotted names with ``=`` between, and placeholders for a part of a name.

    Raises:
        Fault: it has another form.
    """
    theirs, equals, ours = (part.strip() for part in text.partition("="))
    if not equals or not (theirs or ours):
        raise Fault(f"{text!r} is no map of names", hint=FORM)
    known = PLACEHOLDER.findall(theirs)
    if not all(map(str.isidentifier, known)) or len(known) > MAX_PLACEHOLDERS or "}{" in theirs:
        fact = f"{theirs!r} needs at most {MAX_PLACEHOLDERS} placeholders such as {{i}}, none beside another"
        raise Fault(fact, hint=FORM)
    for name in PLACEHOLDER.findall(ours):
        if name not in known:
            raise Fault(f"{{{name}}} in {ours!r} is not in {theirs!r}", hint=FORM)
    if set("{}") & set(PLACEHOLDER.sub("", theirs + ours)):
        raise Fault(f"{text!r} has a brace without its other one", hint=FORM)
    return NameMap(text, _pattern(theirs), ours)


def _pattern(theirs: str) -> re.Pattern[str]:
    """Literal text, and a part of a name without a dot for every placeholder, the same one for the same."""
    seen: set[str] = set()
    written = ""
    for index, piece in enumerate(PLACEHOLDER.split(theirs)):
        if index % 2 == 0:
            written += re.escape(piece)
        else:
            written += f"(?P={piece})" if piece in seen else f"(?P<{piece}>[^.]+)"
            seen.add(piece)
    return re.compile(rf"{written}(?=\.|$)" if theirs else "")


def name_in_spec(name: str, maps: "Sequence[NameMap]") -> str | None:
    """The name in the spec by the first map that is about it; None where none is."""
    return next((found for each in maps if (found := each.renamed(name)) is not None), None)
