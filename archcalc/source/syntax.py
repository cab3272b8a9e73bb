"""What the parser says about a text that is not YAML, retold."""

import re
from typing import TYPE_CHECKING

from archcalc.source.limits import TOO_DEEP
from archcalc.source.messages import ESCAPES, QUOTE, SHOWN
from archcalc.source.spots import Spot, spot_at

if TYPE_CHECKING:
    from yaml import MarkedYAMLError

BLOCK = "quote the value, or begin its text on the next line"
COLON = "indent keys alike, put a space behind each colon, and quote a text with ': ' in it"
OPENING = "put quotes around an expression with {at}, or a comma before {at}"
OTHER = ("the text is not YAML: {said}", "check indentation, brackets and quotes")

# What PyYAML says (in libyaml's words or its own, then where it stopped), the fact, and the hint. {at} is the
# character where it stopped, {begin} where the broken thing begins; a fact with "here" is placed there. The
# first that fits is taken.
SYNTAX: tuple[tuple[str, str, str], ...] = (
    (r"nesting depth", *TOO_DEEP),
    (r"tab character|at '\\t'", "a tab stands where YAML takes only spaces", "indent with spaces"),
    (r"quoted.*end of stream", "the quoted text that begins here is never closed", "close it with its quote"),
    (r"quoted.*document", "--- or ... stands in the text {begin}", "close the quote where the text ends"),
    (r"escape|hexdecimal", "an escape in the text that begins here stands for no character", ESCAPES),
    (r"flow.*at end", "the bracket that opens here is never closed", "close it with ] or }}"),
    (r"flow seq.*at '\['", "{at} does not continue the list {begin}", OPENING),
    (r"flow map.*at '\['", "{at} does not continue the mapping {begin}", OPENING),
    (r"flow seq", "{at} does not continue the list {begin}", "put a comma between items, and ] at the end"),
    (
        r"flow map",
        "{at} does not continue the mapping {begin}",
        "put a comma between keys, and }} at the end",
    ),
    (r"node content", "a value is missing before {at}", "write the value, or remove {at}"),
    (r"mapping values are not", "the colon makes a key where none can stand", COLON),
    (r"mapping keys are not", "the ? makes a key where none can stand", QUOTE),
    (r"expected ':'", "no colon follows the key that begins here", "write key: value, with the space"),
    (r"sequence entries", "the - makes a list where none can begin", "begin a new line, or write [a, b]"),
    (r"block (coll|map).*inside", "{at} stands behind a value that has ended", "quote the value as a whole"),
    (r"block coll", "this line does not fit the list {begin}", "indent all items alike, each behind '- '"),
    (r"block map", "this line does not fit the mapping {begin}", "indent all keys of a mapping alike"),
    (r"document start", "{at} stands behind the end of the document", "remove it, or quote the whole value"),
    (r"cannot start any token", "{at} cannot begin a value", "put the value in quotes"),
    (r"an (alias|anchor):", "the * or & here has no name of letters, digits, - and _ behind it", QUOTE),
    (r"a tag:|tag handle", "the ! here begins no tag that YAML knows", QUOTE),
    (r"block scalar", "more than | or > stands on the line here", BLOCK),
)


def syntax(error: "MarkedYAMLError", text: str, opened: Spot) -> tuple[str, str, Spot]:
    """Fact, hint and spot of an error of the parser in the list or mapping that begins at ``opened``."""
    context, mark = error.context_mark, error.problem_mark or error.context_mark
    index = mark.index if mark else len(text)
    at = repr(text[index]) if index < len(text) else "end"
    spot = spot_at(text, min(index, len(text.rstrip())) if at == "end" else index)
    first = not text[index + 1 - spot[1] : index].strip()
    said = f"{error.context}: {error.problem}, at {at}, {'first' if first else 'inside'}"
    line, column = (context.line + 1, context.column + 1) if context and context.index < len(text) else opened
    names = {
        "at": at,
        "begin": f"that begins on line {line}, column {column}",
        "said": str(error.problem)[:SHOWN].lower(),
    }
    fact, hint = next((row[1:] for row in SYNTAX if re.search(row[0], said)), OTHER)
    return fact.format_map(names), hint.format_map(names), (line, column) if " here" in fact else spot
