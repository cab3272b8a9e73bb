"""Words that messages about a text share."""

from archcalc.errors import Place, Problem, SpecError
from archcalc.source.spots import Spot

SHOWN = 40  # characters of a text that a message repeats
QUOTE = "put the value in quotes if it is text"
ESCAPES = r"write \\ for a backslash, or use single quotes"


def refusal(file: str, spot: Spot, fact: str, hint: str) -> SpecError:
    """The error of a text that is refused as a whole, at one place."""
    return SpecError([Problem(Place(file, *spot), "", fact, hint)])


def quoted(text: str) -> str:
    """A text of the spec for a message: quoted, control characters escaped, a long one cut."""
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}... ({len(text)} characters)"
