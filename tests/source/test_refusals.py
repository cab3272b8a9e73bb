"""What is no YAML, or no YAML that a spec may have: the place, the fact and the hint."""

import re

import pytest

from tests.source.refusing import DIRECTIVE, FIRST, refusal

QUOTE = "put the value in quotes if it is text"
TAG = f"remove it, or {QUOTE}"
KEY = "put it in quotes; a text that begins with { or [ needs them as well"
ALIKE = "indent all keys of a mapping alike"
ITEMS = "indent all items alike, each behind '- '"
COLON = "indent keys alike, put a space behind each colon, and quote a text with ': ' in it"
ESCAPE = r"write \\ for a backslash, or use single quotes"
BLOCK = "quote the value, or begin its text on the next line"
ONCE = "remove one of the two, or rename it"

REFUSED: list[tuple[str, str, str]] = [
    # nothing there
    ("", "f:1:1: the file is empty: it holds nothing", FIRST),
    (" \n\n", "f:1:1: the file is empty: it holds nothing", FIRST),
    ("\ufeff", "f:1:1: the file is empty: it holds nothing", FIRST),
    ("# a\n  # b\n", "f:1:1: the file is empty: it holds only comments", FIRST),
    # indentation
    ("a: 1\n  b: 2\n", "f:2:4: the colon makes a key where none can stand", COLON),
    ("a:1\nb: 2\n", "f:2:2: the colon makes a key where none can stand", COLON),
    ("a: b: c\n", "f:1:5: the colon makes a key where none can stand", COLON),
    (
        "a:\n    b: 1\n  c: 2\n",
        "f:3:3: this line does not fit the mapping that begins on line 1, column 1",
        ALIKE,
    ),
    (
        "l:\n  b: 1\n  - a\n",
        "f:3:3: this line does not fit the mapping that begins on line 2, column 3",
        ALIKE,
    ),
    ("l:\n  - a\n  b: 1\n", "f:3:3: this line does not fit the list that begins on line 2, column 3", ITEMS),
    ("- a: 1\n b: 2\n", "f:2:2: this line does not fit the list that begins on line 1, column 1", ITEMS),
    ("a: - b\n", "f:1:4: the - makes a list where none can begin", "begin a new line, or write [a, b]"),
    (
        "a: 1\nb\nc: 2\n",
        "f:2:1: no colon follows the key that begins here",
        "write key: value, with the space",
    ),
    ("a: ? b\n", "f:1:4: the ? makes a key where none can stand", QUOTE),
    ("a:\n\tb: 1\n", "f:2:1: a tab stands where YAML takes only spaces", "indent with spaces"),
    ("a:\n  - b\n\t- c\n", "f:3:1: a tab stands where YAML takes only spaces", "indent with spaces"),
    # brackets
    ("a: [1, 2", "f:1:4: the bracket that opens here is never closed", "close it with ] or }"),
    ("a: [\n# c\n", "f:1:4: the bracket that opens here is never closed", "close it with ] or }"),
    ("é: [{b: 1,\n", "f:1:5: the bracket that opens here is never closed", "close it with ] or }"),
    (
        "- {a: 1\n- {b: 2}\n",
        "f:2:3: '{' does not continue the mapping that begins on line 1, column 3",
        "put a comma between keys, and } at the end",
    ),
    (
        "a: [1, 2}\n",
        "f:1:9: '}' does not continue the list that begins on line 1, column 4",
        "put a comma between items, and ] at the end",
    ),
    (
        "a: {b: =c[0]}\n",
        "f:1:10: '[' does not continue the mapping that begins on line 1, column 4",
        "put quotes around an expression with '[', or a comma before '['",
    ),
    (
        "a: [=c[0]]\n",
        "f:1:7: '[' does not continue the list that begins on line 1, column 4",
        "put quotes around an expression with '[', or a comma before '['",
    ),
    ("a: {b: 1,, c: 2}\n", "f:1:10: a value is missing before ','", "write the value, or remove ','"),
    ("a: ]\n", "f:1:4: a value is missing before ']'", "write the value, or remove ']'"),
    ("[1]]\n", "f:1:4: ']' stands behind the end of the document", "remove it, or quote the whole value"),
    # quotes
    ('a: "b\nc: 1\n', "f:1:4: the quoted text that begins here is never closed", "close it with its quote"),
    ("a: 'b\nc: 1\n", "f:1:4: the quoted text that begins here is never closed", "close it with its quote"),
    ("a: 'it's'\n", "f:1:8: 's' stands behind a value that has ended", "quote the value as a whole"),
    ('a: "b" c\n', "f:1:8: 'c' stands behind a value that has ended", "quote the value as a whole"),
    (
        "a: 'b\n---\nc'\n",
        "f:2:1: --- or ... stands in the text that begins on line 1, column 4",
        "close the quote where the text ends",
    ),
    ('a: "\\q"\n', "f:1:4: an escape in the text that begins here stands for no character", ESCAPE),
    ('a: "\\xZZ"\n', "f:1:4: an escape in the text that begins here stands for no character", ESCAPE),
    # signs that need quotes
    ("a: @x\n", "f:1:4: '@' cannot begin a value", "put the value in quotes"),
    ("a: %x\n", "f:1:4: '%' cannot begin a value", "put the value in quotes"),
    ("a: *\n", "f:1:4: the * or & here has no name of letters, digits, - and _ behind it", QUOTE),
    ("a: & b\n", "f:1:4: the * or & here has no name of letters, digits, - and _ behind it", QUOTE),
    ("a: |x\n  b\n", "f:1:4: more than | or > stands on the line here", BLOCK),
    ("a: >= 224\n", "f:1:4: more than | or > stands on the line here", BLOCK),
    # documents
    (
        "a: 1\n---\nb: 1\n",
        "f:2:1: a second document begins here",
        "keep one document in a file, and remove this line",
    ),
    (
        "---\n--- 1\n",
        "f:2:1: a second document begins here",
        "keep one document in a file, and remove this line",
    ),
    (
        "a: 1\n... b\n",
        "f:2:5: 'b' stands behind the end of the document",
        "remove it, or quote the whole value",
    ),
    (
        "%YAML 1.2\n---\na: 1\n",
        "f:1:1: a line that begins with % is a YAML directive, which a spec has no use for",
        DIRECTIVE,
    ),
    (
        "a: 1\n%TAG ! b\n",
        "f:2:1: a line that begins with % is a YAML directive, which a spec has no use for",
        DIRECTIVE,
    ),
    # tags
    ("a: !python/name:os.system 1\n", "f:1:4: the tag '!python/name:os.system' is not allowed", TAG),
    ("a: !!python/object:x {b: 1}\n", "f:1:4: the tag '!!python/object:x' is not allowed", TAG),
    ("a: !!set [1]\n", "f:1:4: the tag '!!set' is not allowed", TAG),
    ("a: ! 3\n", "f:1:4: the tag '!' is not allowed", TAG),
    ("a: !" + "x" * 90 + " 3\n", f"f:1:4: the tag '!{'x' * 39}'... (91 characters) is not allowed", TAG),
    ("a: !e!x 3\n", "f:1:4: the ! here begins no tag that YAML knows", QUOTE),
    ("a: !<x\n", "f:1:4: the ! here begins no tag that YAML knows", QUOTE),
    ("a: !!int x\n", "f:1:4: 'x' is not a whole number", "remove the tag, or mend the value"),
    ("a: !!int 1.5\n", "f:1:4: '1.5' is not a whole number", "remove the tag, or mend the value"),
    ("a: !!float x\n", "f:1:4: 'x' is not a number", "remove the tag, or mend the value"),
    ("a: !!bool yes\n", "f:1:4: 'yes' is not true or false", "remove the tag, or mend the value"),
    ("a: !!null 0\n", "f:1:4: '0' is not null", "remove the tag, or mend the value"),
    # numbers
    (
        "a: -9223372036854775808\n",
        "f:1:4: '-9223372036854775808' is beyond 9223372036854775807 (2**63 - 1) in size",
        "write a smaller number",
    ),
    (
        "a: " + "9" * 10_000 + "\n",
        f"f:1:4: '{'9' * 40}'... (10000 characters) is beyond 9223372036854775807 (2**63 - 1) in size",
        "write a smaller number",
    ),
    (
        "a: 0x" + "f" * 16 + "\n",
        "f:1:4: '0xffffffffffffffff' is beyond 9223372036854775807 (2**63 - 1) in size",
        "write a smaller number",
    ),
    ("a: -1e400\n", "f:1:4: '-1e400' is beyond 1.8e+308 in size", "or write .inf"),
    # keys
    ("a: 1\nb: 2\na: 3\n", "f:3:1: the key 'a' is given twice, first on line 1", ONCE),
    ("a: {b: 1, 'b': 2}\n", "f:1:11: the key 'b' is given twice, first on line 1", ONCE),
    ("0: a\n'0': b\n", "f:2:1: the key '0' is given twice, first on line 1", ONCE),
    (
        "- &a {x: 1}\n- <<: *a\n  <<: *a\n",
        "f:3:3: the key '<<' is given twice, first on line 2",
        "write one: <<: [*first, *second]",
    ),
    ("~: 1\n", "f:1:1: a key must be text, not null", KEY),
    ("? \n: 1\n", "f:1:2: a key must be text, not null", KEY),
    ("a: {{ b }}\n", "f:1:5: a key must be text, not a mapping", KEY),
    ("? [a, b]\n: 1\n", "f:1:3: a key must be text, not a list", KEY),
    ("- &a [1]\n- *a : 1\n", "f:2:3: a key must be text, not a list", KEY),
    # anchors and aliases
    ("a: *b\n", "f:1:4: the alias '*b' names no value above it", QUOTE),
    ("a: &base 1\nb: *bsae\n", "f:2:4: the alias '*bsae' names no value above it", "did you mean 'base'?"),
    (
        "a: &b 1\nc: &b 2\n",
        "f:2:4: the anchor '&b' is given twice, first on line 1",
        "give each value its own name",
    ),
    (
        "a:\n  &b [1, *b]\n",
        "f:2:10: the alias '*b' stands inside the value that it names, begun on line 2",
        "a value cannot hold itself: name another one",
    ),
    (
        "a: &b\n  <<: *b\n",
        "f:2:7: the alias '*b' stands inside the value that it names, begun on line 1",
        "a value cannot hold itself: name another one",
    ),
    (
        "a: {<<: 3}\n",
        "f:1:5: << takes a mapping or a list of mappings, not a whole number",
        "give a mapping above the name &base, and merge it with <<: *base",
    ),
    (
        "- &b [1]\n- <<: [{}, *b]\n",
        "f:2:3: << takes a mapping or a list of mappings, not a list",
        "give a mapping above the name &base, and merge it with <<: *base",
    ),
    # characters
    ("a: é\x07\n", "f:1:5: the character U+0007 is not allowed in YAML", "remove it"),
    ("a: 1\nb: \x1b[31m\n", "f:2:4: the character U+001B is not allowed in YAML", "remove it"),
    ("a: 1\nb: \ufeff\n", "f:2:4: the character U+FEFF is not allowed in YAML", "remove it"),
    ("a: \ud800\n", "f:1:4: the character U+D800 is not allowed in YAML", "remove it"),
]


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(("text", "fact", "hint"), REFUSED, ids=[repr(text)[:40] for text, _, _ in REFUSED])
def test_refused(text: str, fact: str, hint: str) -> None:
    assert refusal(text) == f"{fact}\n  {hint}"


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize("escape", [r"\ud800", r"\U00110000", r"\UFFFFFFFF"])
def test_escapes_of_no_character(escape: str) -> None:
    # How far the parsers get differs, and so do place and words.
    assert re.search(r"stands for (no|half a) character\n", refusal(f'a: "{escape}"\n'))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_all_problems_are_reported_in_file_order(end: str) -> None:
    text = "a: 1\nb: {c: 1, c: 2, d: *x}\na: !y 2\na: 99999999999999999999\n[e]: 1\nf: [1\n"
    assert refusal(text.replace("\n", end)).splitlines()[::2] == [
        "f:2:11: the key 'c' is given twice, first on line 2",
        "f:2:20: the alias '*x' names no value above it",
        "f:3:1: the key 'a' is given twice, first on line 1",
        "f:3:4: the tag '!y' is not allowed",
        "f:4:1: the key 'a' is given twice, first on line 1",
        "f:4:4: '99999999999999999999' is beyond 9223372036854775807 (2**63 - 1) in size",
        "f:5:1: a key must be text, not a list",
        "f:6:4: the bracket that opens here is never closed",
    ]


def test_problems_end_at_a_hundred() -> None:
    lines = refusal("a: 1\n" * 5000).splitlines()
    assert lines[-4:] == [
        "f:101:1: the key 'a' is given twice, first on line 1",
        f"  {ONCE}",
        "f:101:1: 100 problems: the rest was not read",
        "  mend the first ones",
    ]
    assert len(lines) == 202
