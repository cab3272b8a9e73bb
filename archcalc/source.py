"""YAML text to plain data, with the place of every value.

Specs are untrusted text, so the data are built from parser events, one at a time and without recursion: how
deep they nest, and how many values they hold once aliases are written out, is known before memory is spent on
them. Plain scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), where
``yes``, ``12:30`` and ``1_000`` are text.
"""

import math
import pathlib
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from types import NoneType
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from archcalc.errors import MAX_PROBLEMS, Fault, Place, Problem, SpecError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from yaml import MarkedYAMLError

Path = tuple[str | int, ...]
"""The steps from the top of a document to a value: keys of mappings and indices of lists."""

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 100  # lists and mappings inside one another
MAX_VALUES = 50_000  # lists and mappings count too, and an alias counts as all that it stands for
MAX_INTEGER = 2**63 - 1

_SHOWN = 40  # characters of a text that a message repeats
_BREAKS = "\n\r\x85\u2028\u2029"  # what the parser counts as ends of lines
_BREAK = re.compile(f"\r\n|[{_BREAKS}]")
_UNFIT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_DIRECTIVE = re.compile(f"(?:\\A|[{_BREAKS}])%")
_TOO_LARGE = (
    f"the text is larger than {MAX_BYTES} bytes (4 MiB)",
    "write long networks with repeat and blocks",
)
_TOO_MANY = (f"there are more than {MAX_VALUES} values, with aliases written out", _TOO_LARGE[1])
_TOO_DEEP = (f"lists and mappings nest more than {MAX_DEPTH} deep", "close brackets, or indent less deeply")
_SAVE = "save the file as UTF-8 text"

_Spot = tuple[int, int]
_Entry = tuple[int, int, "_Node"]


@dataclass(slots=True)
class _Node:
    """A value, where it stands, and the nodes in it; aliases of a value share its node."""

    data: object
    line: int
    column: int
    items: "list[_Node] | dict[str, _Entry] | None" = None

    def child(self, step: str | int) -> "_Entry | None":
        """The node one step below, behind the line and column of its key (in a list: its own)."""
        if isinstance(self.items, dict):
            return self.items.get(step) if isinstance(step, str) else None
        if self.items is not None and isinstance(step, int) and 0 <= step < len(self.items):
            node = self.items[step]
            return node.line, node.column, node
        return None


@dataclass(frozen=True)
class Document:
    """Plain data (dict, list, str, int, float, bool, None) with the place of every value.

    Aliases are shared objects in ``data``, not copies, and their place is the place of what they stand for.
    """

    file: str
    data: object
    _root: _Node = field(repr=False, compare=False)
    _text: str = field(repr=False, compare=False)

    @classmethod
    def of(cls, data: object, file: str) -> "Document":
        """A document of plain Python data, which has no text: every place is line 1, column 1."""
        return cls(file, data, _Node(data, 1, 1), "")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, without their ends."""
        lines = _BREAK.split(self._text)
        return tuple(lines if lines[-1] else lines[:-1])

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the value at ``path`` or its key stands; if there is none, the last value on the way."""
        node = self._root
        line, column = node.line, node.column
        for step in path:
            entry = node.child(step)
            if entry is None:
                return Place(self.file, node.line, node.column)
            line, column, node = entry
        return Place(self.file, line, column) if key else Place(self.file, node.line, node.column)


def read(source: str | pathlib.Path) -> Document:
    """The document in a file, or on standard input when ``source`` is ``-``.

    Raises:
        SpecError: the file cannot be read, is over ``MAX_BYTES`` or not UTF-8, or ``parse`` refuses it.
    """
    # A name that is not UTF-8 comes from the system with half characters in it, which could not be printed.
    file = "<stdin>" if str(source) == "-" else str(source).encode("utf-8", "backslashreplace").decode()
    try:
        content = _content(source)
    except (OSError, ValueError) as error:
        raise _unreadable(error, file) from None
    return parse(_decoded(content, file), file)


def parse(text: str, file: str) -> Document:
    """The document in a text; ``file`` is the name that its places show.

    Raises:
        SpecError: all independent problems that the text has as YAML, in file order.
    """
    text = text.removeprefix("\ufeff")
    root = _tree(text, file)
    if root is None:
        holds = "only comments" if text.strip() else "nothing"
        raise _error(
            file, (1, 1), f"the file is empty: it holds {holds}", "begin with a line such as: name: lenet5"
        )
    return Document(file, root.data, root, text)


def scalar(text: str) -> object:
    """A value of the command line, read as in a spec: ``3``, ``0.5``, ``true``, ``[3, 5]``, ``=2*8``.

    Raises:
        Fault: the text is empty or malformed, or a list or mapping without brackets.
    """
    try:
        root = _tree(text, "<value>")
    except SpecError as error:
        problem = error.problems[0]
        raise Fault(problem.what, hint=problem.hint) from None
    if root is None:
        raise Fault("the value is empty", hint="write null for no value, '' for an empty text")
    if root.items is not None and not text.lstrip().startswith(("[", "{")):
        raise Fault(f"{_shown(text)} is {_kind(root.data)} without brackets", hint="write [a, b] or {a: b}")
    return root.data


# ---- bytes to text


def _content(source: str | pathlib.Path) -> bytes:
    """At most one byte more than is allowed, so that an endless source ends too."""
    if str(source) != "-":
        with pathlib.Path(source).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    binary = getattr(sys.stdin, "buffer", None)
    if binary is None:
        raise ValueError("standard input is closed")
    return cast("bytes", binary.read(MAX_BYTES + 1))


def _unreadable(error: OSError | ValueError, file: str) -> SpecError:
    reason = str(getattr(error, "strerror", None) or error).lower()
    fact, hint = f"the file cannot be read: {reason}", ""
    if isinstance(error, FileNotFoundError):
        fact, hint = "there is no such file", "give the path of a YAML file, or - for standard input"
    elif isinstance(error, IsADirectoryError):
        fact, hint = "this is a directory, not a file", "give the path of a YAML file in it"
    elif isinstance(error, PermissionError):
        hint = "allow it to be read, or give another file"
    return _error(file, (1, 1), fact, hint)


def _decoded(content: bytes, file: str) -> str:
    """The text of a file; refuses it at the first byte that shows that it is not UTF-8 text."""
    if len(content) > MAX_BYTES:
        raise _error(file, (1, 1), *_TOO_LARGE)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _error(file, (1, 1), "the file is UTF-16, not UTF-8", _SAVE)
    offset = content.find(b"\0")
    fact = f"byte 0x00 at offset {offset}: this is a binary file, not YAML text"
    if offset < 0:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            offset = error.start
            fact = f"byte 0x{content[offset]:02x} at offset {offset} is not UTF-8"
    before = content[:offset].decode(errors="replace").removeprefix("\ufeff")
    raise _error(file, _spot(before, len(before)), fact, _SAVE)


def _spot(text: str, offset: int) -> _Spot:
    """Line and column of the character at an offset."""
    before = text[:offset]
    breaks = sum(before.count(mark) for mark in _BREAKS) - before.count("\r\n")
    return breaks + 1, offset - max(before.rfind(mark) for mark in _BREAKS)


def _error(file: str, spot: _Spot, fact: str, hint: str) -> SpecError:
    return SpecError([Problem(Place(file, *spot), "", fact, hint)])


def _shown(text: str) -> str:
    """A text of the spec for a message: quoted, control characters escaped, a long one cut."""
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}... ({len(text)} characters)"


# ---- text to nodes


class _Mark(Protocol):
    """A position of the parser, counted from 0."""

    line: int
    column: int
    index: int


class _Event(Protocol):
    """A step of PyYAML's parser; which of the last four it has depends on its class."""

    start_mark: _Mark
    value: str
    style: str | None
    anchor: str | None
    tag: str | None


@dataclass(slots=True)
class _Anchor:
    """What an alias stands for: the text of a scalar, how many values (0 before they end), how deep."""

    node: _Node
    text: str | None
    values: int
    height: int


@dataclass(slots=True)
class _Key:
    """A key that waits for its value; None as its text when it is refused, and its value with it."""

    text: str | None
    merge: bool
    spot: _Spot


@dataclass(slots=True)
class _Open:
    """A list or mapping that has not ended yet."""

    node: _Node
    anchor: _Anchor | None
    before: int  # values in front of it
    height: int = 1
    key: _Key | None = None
    merge_line: int = 0  # of the first <<
    merged: list[_Node] = field(default_factory=list[_Node])


def _tree(text: str, file: str) -> _Node | None:
    """The node at the top of the only document in a text; None when there is no document."""
    _refuse_unfit(text, file)
    builder = _Builder(file)
    for event in _events(text, builder):
        builder.take(event)
    if builder.problems:
        raise builder.error()
    return builder.root


def _events(text: str, builder: "_Builder") -> "Iterator[_Event]":
    """The steps of PyYAML through a text; where it gives up, the builder hears why and the steps end."""
    import yaml

    loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # The stub of parse has no types.
    steps = cast("Callable[..., Iterator[_Event]]", yaml.parse)  # pyright: ignore[reportUnknownMemberType]
    try:
        yield from steps(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        builder.report(*_syntax(error, text, builder.opened))
    except (ValueError, OverflowError):
        # Without libyaml, PyYAML gives the number of an escape such as \UFFFFFFFF to chr() unchecked.
        builder.report("an escape in the text behind this stands for no character", _ESCAPES)


def _refuse_unfit(text: str, file: str) -> None:
    """Refuse what YAML forbids or a spec has no use for, before the parser spends time on it."""
    if len(text) > MAX_BYTES:
        raise _error(file, (1, 1), *_TOO_LARGE)
    if found := _UNFIT.search(text):
        fact = f"the character U+{ord(found[0]):04X} is not allowed in YAML"
        raise _error(file, _spot(text, found.start()), fact, "remove it")
    # libyaml compares every %TAG with all before it: a file full of them would take hours.
    if found := _DIRECTIVE.search(text):
        fact = "a line that begins with % is a YAML directive, which a spec has no use for"
        raise _error(file, _spot(text, found.end() - 1), fact, "remove the line, or indent it if it is text")


class _Builder:
    """Builds the nodes of one document from events, and collects what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.root: _Node | None = None
        self.problems: list[Problem] = []
        self._file = file
        self._spot = (1, 1)
        self._values = 0
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchor] = {}
        self._takers = {
            "DocumentStartEvent": self._document,
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
            "SequenceStartEvent": self._list,
            "MappingStartEvent": self._mapping,
            "SequenceEndEvent": self._end,
            "MappingEndEvent": self._end,
        }

    @property
    def opened(self) -> _Spot:
        """Where the innermost list or mapping that has not ended yet begins."""
        return (self._open[-1].node.line, self._open[-1].node.column) if self._open else (1, 1)

    def take(self, event: _Event) -> None:
        """Go one event further."""
        taker = self._takers.get(type(event).__name__)
        if taker is not None:
            self._spot = (event.start_mark.line + 1, event.start_mark.column + 1)
            taker(event)

    def report(self, fact: str, hint: str, spot: _Spot | None = None) -> None:
        """Note a problem, by default of the event at hand, and go on."""
        self.problems.append(Problem(Place(self._file, *(spot or self._spot)), "", fact, hint))
        if len(self.problems) == MAX_PROBLEMS:
            self._halt(f"{MAX_PROBLEMS} problems: the rest was not read", "mend the first ones")

    def error(self) -> SpecError:
        """All problems, in file order."""
        return SpecError(sorted(self.problems, key=lambda problem: problem.place))

    def _halt(self, fact: str, hint: str) -> NoReturn:
        self.problems.append(Problem(Place(self._file, *self._spot), "", fact, hint))
        raise self.error()

    def _count(self, values: int, height: int) -> None:
        """Count values before they are kept, so that neither number nor depth outgrows its limit."""
        self._values += values
        if self._values > MAX_VALUES:
            self._halt(*_TOO_MANY)
        if len(self._open) + height > MAX_DEPTH:
            self._halt(*_TOO_DEEP)

    def _document(self, _event: _Event) -> None:
        self._documents += 1
        if self._documents > 1:
            self._halt("a second document begins here", "keep one document in a file, and remove this line")

    def _scalar(self, event: _Event) -> None:
        node = _Node(event.value, *self._spot)
        try:
            node.data = _resolved(event.value, event.style, event.tag)
        except Fault as fault:
            self.report(fault.fact, fault.hint)
        self._anchor(event, node, event.value, 1)
        merge = event.value == "<<" and not event.style and event.tag is None
        self._add(node, event.value, 1, 0, merge=merge)

    def _list(self, event: _Event) -> None:
        self._begin(event, _Node([], *self._spot, []))

    def _mapping(self, event: _Event) -> None:
        self._begin(event, _Node({}, *self._spot, {}))

    def _begin(self, event: _Event, node: _Node) -> None:
        if event.tag is not None:
            fault = _unknown_tag(event.tag)
            self.report(fault.fact, fault.hint)
        self._open.append(_Open(node, self._anchor(event, node, None, 0), self._values))
        self._count(1, 0)

    def _end(self, _event: _Event) -> None:
        ended = self._open.pop()
        node = ended.node
        if isinstance(node.items, dict):
            node.items = _merged(ended.merged, node.items) if ended.merged else node.items
            node.data = {key: entry[2].data for key, entry in node.items.items()}
        else:
            node.data = [item.data for item in node.items or ()]
        if ended.anchor is not None:
            ended.anchor.values, ended.anchor.height = self._values - ended.before, ended.height
        self._spot = (node.line, node.column)
        self._add(node, None, 0, ended.height)

    def _anchor(self, event: _Event, node: _Node, text: str | None, values: int) -> _Anchor | None:
        name = event.anchor
        if name is None:
            return None
        if name in self._anchors:
            fact = f"the anchor {_shown('&' + name)} is given twice"
            line = self._anchors[name].node.line
            self.report(f"{fact}, first on line {line}", "give each value its own name")
        anchor = self._anchors[name] = _Anchor(node, text, values, 0)
        return anchor

    def _alias(self, event: _Event) -> None:
        name = event.anchor or ""
        anchor = self._anchors.get(name)
        if anchor is None or not anchor.values:
            self._refuse_alias(name, anchor)
            # An empty mapping can stand wherever an alias can, so that nothing else is found wrong with it.
            anchor = _Anchor(_Node({}, *self._spot, {}), "*" + name, 1, 0)
        self._add(anchor.node, anchor.text, anchor.values, anchor.height)

    def _refuse_alias(self, name: str, anchor: _Anchor | None) -> None:
        alias = f"the alias {_shown('*' + name)}"
        if anchor is not None:
            fact = f"{alias} stands inside the value that it names, begun on line {anchor.node.line}"
            self.report(fact, "a value cannot hold itself: name another one")
            return
        # Few and short names, for a hostile text can hold thousands of long ones.
        latest = [known for known in islice(reversed(self._anchors), _SHOWN) if len(known) <= _SHOWN]
        hint = nearest(name, latest) or _QUOTE
        self.report(f"{alias} names no value above it", hint)

    def _add(self, node: _Node, text: str | None, values: int, height: int, *, merge: bool = False) -> None:
        """Put a value that has ended where it belongs, as ``values`` values that nest ``height`` deep."""
        if not self._open:
            self._count(values, height)
            self.root = node
            return
        parent = self._open[-1]
        items, key = parent.node.items, parent.key
        if isinstance(items, dict) and key is None:
            parent.key = self._key(parent, items, node, text, merge=merge)
            return
        self._count(values, height)
        parent.height = max(parent.height, height + 1)
        parent.key = None
        if key is None:
            cast("list[_Node]", items).append(node)
        elif key.merge:
            parent.merged = self._sources(node, key)
        elif key.text is not None:
            cast("dict[str, _Entry]", items)[key.text] = (*key.spot, node)

    def _key(
        self, parent: _Open, items: dict[str, _Entry], node: _Node, text: str | None, *, merge: bool
    ) -> _Key:
        line = self._spot[0]
        if text is None or node.data is None:
            self.report(f"a key must be text, not {_kind(node.data)}", _QUOTE_KEY)
            return _Key(None, merge=False, spot=self._spot)
        first = parent.merge_line if merge else items[text][0] if text in items else 0
        if first:
            hint = "write one: <<: [*first, *second]" if merge else "remove one of the two, or rename it"
            self.report(f"the key {_shown(text)} is given twice, first on line {first}", hint)
            return _Key(None, merge=False, spot=self._spot)
        parent.merge_line = line if merge else parent.merge_line
        return _Key(text, merge=merge, spot=self._spot)

    def _sources(self, node: _Node, key: _Key) -> list[_Node]:
        """The mappings that a << merges in."""
        sources = node.items if isinstance(node.items, list) else [node]
        wrong = next((source for source in sources if not isinstance(source.items, dict)), None)
        if wrong is None:
            return sources
        fact = f"<< takes a mapping or a list of mappings, not {_kind(wrong.data)}"
        self.report(fact, "give a mapping above the name &base, and merge it with <<: *base", key.spot)
        return []


def _merged(sources: list[_Node], own: dict[str, _Entry]) -> dict[str, _Entry]:
    """The entries of a mapping with those it merges in: its own win, then the earlier of the sources."""
    items: dict[str, _Entry] = {}
    for source in reversed(sources):
        items.update(cast("dict[str, _Entry]", source.items))
    return items | own


# ---- scalars

_QUOTE_KEY = "put it in quotes; a text that begins with { or [ needs them as well"
_ESCAPES = r"write \\ for a backslash, or use single quotes"
_BLOCK = "quote the value, or begin its text on the next line"
_QUOTE = "put the value in quotes if it is text"
_COLON = "indent keys alike, put a space behind each colon, and quote a text with ': ' in it"
_OTHER = ("the text is not YAML: {said}", "check indentation, brackets and quotes")

_TAG = "tag:yaml.org,2002:"
_TAGS: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "null": NoneType}
_KINDS: dict[type, str] = {
    NoneType: "null",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
}
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NOT_TEXT = frozenset("+-.0123456789~nNtTfF")  # what null, true, false and numbers begin with
_INTEGER = re.compile("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DIGITS = 21  # of 2**63 - 1 in base 8
_HALF = re.compile("[\ud800-\udfff]")


def _kind(data: object) -> str:
    return _KINDS[type(data)]


def _resolved(text: str, style: str | None, tag: str | None) -> object:
    """The value of a scalar; ``style`` is its quote or block mark, empty when it is plain.

    Raises:
        Fault: the number is too large, the tag is unknown or does not fit.
    """
    if style == '"' and _HALF.search(text):
        raise Fault("an escape in the text stands for half a character", hint=_ESCAPES)
    if tag is not None:
        return _tagged(text, tag)
    return text if style else _plain(text)


def _tagged(text: str, tag: str) -> object:
    kind = _TAGS.get(tag.removeprefix(_TAG)) if tag.startswith(_TAG) else None
    if kind is None:
        raise _unknown_tag(tag)
    value = text if kind is str else _plain(text)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise Fault(f"{_shown(text)} is not {_KINDS[kind]}", hint="remove the tag, or mend the value")
    return value


def _unknown_tag(tag: str) -> Fault:
    return Fault(
        f"the tag {_shown(tag.replace(_TAG, '!!', 1))} is not allowed", hint=f"remove it, or {_QUOTE}"
    )


def _plain(text: str) -> object:
    if text and text[0] not in _NOT_TEXT:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    return _number(text) if _FLOAT.fullmatch(text) else text


def _integer(text: str) -> int:
    digits, base = text.lstrip("+-0ox"), {"0o": 8, "0x": 16}.get(text[:2], 10)
    # Longer ones are too large in any base, and Python refuses to read decimal ones of thousands of digits.
    if len(digits) <= _DIGITS and (size := int(digits or "0", base)) <= MAX_INTEGER:
        return -size if text[0] == "-" else size
    raise Fault(f"{_shown(text)} is beyond {MAX_INTEGER} (2**63 - 1) in size", hint="write a smaller number")


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Fault(f"{_shown(text)} is beyond {sys.float_info.max:.3g} in size", hint="or write .inf")
    return value


# ---- what the parser says, retold

# What PyYAML says (in libyaml's words or its own, then where it stopped), the fact, and the hint. {at} is the
# character where it stopped, {begin} where the broken thing begins; a fact with "here" is placed there. The
# first that fits is taken.
_SYNTAX: tuple[tuple[str, str, str], ...] = (
    (r"nesting depth", *_TOO_DEEP),
    (r"tab character|at '\\t'", "a tab stands where YAML takes only spaces", "indent with spaces"),
    (r"quoted.*end of stream", "the quoted text that begins here is never closed", "close it with its quote"),
    (r"quoted.*document", "--- or ... stands in the text {begin}", "close the quote where the text ends"),
    (r"escape|hexdecimal", "an escape in the text that begins here stands for no character", _ESCAPES),
    (r"flow.*at end", "the bracket that opens here is never closed", "close it with ] or }}"),
    (r"flow seq", "{at} does not continue the list {begin}", "put a comma between items, and ] at the end"),
    (
        r"flow map",
        "{at} does not continue the mapping {begin}",
        "put a comma between keys, and }} at the end",
    ),
    (r"node content", "a value is missing before {at}", "write the value, or remove {at}"),
    (r"mapping values are not", "the colon makes a key where none can stand", _COLON),
    (r"mapping keys are not", "the ? makes a key where none can stand", _QUOTE),
    (r"expected ':'", "no colon follows the key that begins here", "write key: value, with the space"),
    (r"sequence entries", "the - makes a list where none can begin", "begin a new line, or write [a, b]"),
    (r"block (coll|map).*inside", "{at} stands behind a value that has ended", "quote the value as a whole"),
    (r"block coll", "this line does not fit the list {begin}", "indent all items alike, each behind '- '"),
    (r"block map", "this line does not fit the mapping {begin}", "indent all keys of a mapping alike"),
    (r"document start", "{at} stands behind the end of the document", "remove it, or quote the whole value"),
    (r"cannot start any token", "{at} cannot begin a value", "put the value in quotes"),
    (r"an (alias|anchor):", "the * or & here has no name of letters, digits, - and _ behind it", _QUOTE),
    (r"a tag:|tag handle", "the ! here begins no tag that YAML knows", _QUOTE),
    (r"block scalar", "more than | or > stands on the line here", _BLOCK),
)


def _syntax(error: "MarkedYAMLError", text: str, opened: _Spot) -> tuple[str, str, _Spot]:
    """Fact, hint and spot of an error of the parser in the list or mapping that begins at ``opened``."""
    context, mark = error.context_mark, error.problem_mark or error.context_mark
    index = mark.index if mark else len(text)
    at = repr(text[index]) if index < len(text) else "end"
    spot = _spot(text, min(index, len(text.rstrip())) if at == "end" else index)
    first = not text[index + 1 - spot[1] : index].strip()
    said = f"{error.context}: {error.problem}, at {at}, {'first' if first else 'inside'}"
    line, column = (context.line + 1, context.column + 1) if context and context.index < len(text) else opened
    names = {
        "at": at,
        "begin": f"that begins on line {line}, column {column}",
        "said": str(error.problem)[:_SHOWN].lower(),
    }
    fact, hint = next((row[1:] for row in _SYNTAX if re.search(row[0], said)), _OTHER)
    return fact.format_map(names), hint.format_map(names), (line, column) if " here" in fact else spot
