"""Events to nodes, one at a time and without recursion: number and depth are known before memory is spent."""

from array import array
from dataclasses import field
from itertools import islice
from typing import TYPE_CHECKING, NoReturn, cast

from archcalc.errors import MAX_PROBLEMS, Fault, Place, Problem, SpecError, nearest
from archcalc.records import dataclass
from archcalc.source.document import KeyedNode, Node, Packed
from archcalc.source.limits import (
    EACH_VALUES,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_VALUES,
    TOO_DEEP,
    TOO_LONG,
    TOO_MANY,
)
from archcalc.source.messages import QUOTE, SHOWN, quoted
from archcalc.source.scalars import kind_of, resolved, unknown_tag
from archcalc.source.spots import Spot

WORDS, LETTERS = 1_000, 40
"""Words that are kept for others that are the same, and how long they are at most."""
if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.source.events import Event

QUOTE_KEY = "put it in quotes; a text that begins with { or [ needs them as well"


@dataclass(slots=True)
class Anchor:
    """What an alias stands for: the text of a scalar, how many values (0 before they end), how deep."""

    node: Node
    text: str | None
    values: int
    height: int


@dataclass(slots=True)
class Key:
    """A key that waits for its value; None as its text when it is refused, and its value with it."""

    text: str | None
    merge: bool
    spot: Spot


@dataclass(slots=True)
class Open:
    """A list or mapping that has not ended yet."""

    node: Node
    anchor: Anchor | None
    before: int  # values in front of it
    network: bool  # it is the list of layers at the top
    spots: "array[int]"
    nodes: dict[int, Node]
    height: int = 1
    key: Key | None = None
    merge_line: int = 0  # of the first <<
    merged: list[Node] = field(default_factory=list[Node])


class Builder:
    """Builds the nodes of one document from events, and collects what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._file = file
        self._spot = (1, 1)
        self._values, self._most = 0, MAX_VALUES
        self._documents = 0
        self._open: list[Open] = []
        self._words: dict[str, tuple[str, object]] = {}
        """Words and numbers that were read, with their values."""
        self._anchors: dict[str, Anchor] = {}
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
    def opened(self) -> Spot:
        """Where the innermost list or mapping that has not ended yet begins."""
        return (self._open[-1].node.line, self._open[-1].node.column) if self._open else (1, 1)

    def take(self, events: "Iterable[Event]") -> None:
        """Go further through events, to their end."""
        takers = self._takers
        for event in events:
            taker = takers.get(type(event).__name__)
            if taker is not None:
                mark = event.start_mark
                self._spot = (mark.line + 1, mark.column + 1)
                taker(event)

    def report(self, fact: str, hint: str, spot: Spot | None = None) -> None:
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
        if self._values > self._most:
            self._halt(*TOO_MANY)
        if len(self._open) + height > MAX_DEPTH:
            self._halt(*TOO_DEEP)

    def _document(self, _event: "Event") -> None:
        self._documents += 1
        if self._documents > 1:
            self._halt("a second document begins here", "keep one document in a file, and remove this line")

    def _scalar(self, event: "Event") -> None:
        text, tag = event.value, event.tag
        plain = not event.style and tag is None
        known = self._words.get(text) if plain else None
        if known is None:
            try:
                data = resolved(text, event.style, tag)
            except Fault as fault:
                self.report(fault.fact, fault.hint)
                data = text
            if plain and len(self._words) < WORDS and len(text) <= LETTERS:
                self._words[text] = text, data
        else:
            text, data = known  # of equal words one is held
        node = None
        if event.anchor is not None:
            node = Node(data, *self._spot)
            self._anchor(event, node, text, 1)
        self._add(data, node, text, 1, 0, merge=plain and text == "<<")

    def _list(self, event: "Event") -> None:
        around = self._open[0].key if len(self._open) == 1 else None
        self._begin(event, Node([], *self._spot), network=around is not None and around.text == "layers")

    def _mapping(self, event: "Event") -> None:
        self._begin(event, Node({}, *self._spot))

    def _begin(self, event: "Event", node: Node, *, network: bool = False) -> None:
        if event.tag is not None:
            fault = unknown_tag(event.tag)
            self.report(fault.fact, fault.hint)
        anchor = self._anchor(event, node, None, 0)
        self._open.append(Open(node, anchor, self._values, network, array("I"), {}))
        self._count(1, 0)

    def _end(self, _event: "Event") -> None:
        ended = self._open.pop()
        node = ended.node
        node.items = Packed(ended.spots, ended.nodes)
        if ended.merged:
            items = _merged(ended.merged, cast("dict[str, KeyedNode]", node.items))
            node.data, node.items = {key: entry[2].data for key, entry in items.items()}, items
        elif isinstance(node.data, list) and len(ended.nodes) == len(cast("list[object]", node.data)):
            node.items = list(ended.nodes.values())
        if ended.anchor is not None:
            ended.anchor.values, ended.anchor.height = self._values - ended.before, ended.height
        self._spot = (node.line, node.column)
        self._add(node.data, node, None, 0, ended.height)

    def _anchor(self, event: "Event", node: Node, text: str | None, values: int) -> Anchor | None:
        name = event.anchor
        if name is None:
            return None
        if name in self._anchors:
            fact = f"the anchor {quoted('&' + name)} is given twice"
            line = self._anchors[name].node.line
            self.report(f"{fact}, first on line {line}", "give each value its own name")
        anchor = self._anchors[name] = Anchor(node, text, values, 0)
        return anchor

    def _alias(self, event: "Event") -> None:
        name = event.anchor or ""
        anchor = self._anchors.get(name)
        if anchor is None or not anchor.values:
            self._refuse_alias(name, anchor)
            # An empty mapping can stand wherever an alias can, so that nothing else is found wrong with it.
            anchor = Anchor(Node({}, *self._spot, {}), "*" + name, 1, 0)
        self._add(anchor.node.data, anchor.node, anchor.text, anchor.values, anchor.height)

    def _refuse_alias(self, name: str, anchor: Anchor | None) -> None:
        alias = f"the alias {quoted('*' + name)}"
        if anchor is not None:
            fact = f"{alias} stands inside the value that it names, begun on line {anchor.node.line}"
            self.report(fact, "a value cannot hold itself: name another one")
            return
        # Few and short names, for a hostile text can hold thousands of long ones.
        latest = [known for known in islice(reversed(self._anchors), SHOWN) if len(known) <= SHOWN]
        hint = nearest(name, latest) or QUOTE
        self.report(f"{alias} names no value above it", hint)

    def _add(
        self,
        data: object,
        node: Node | None,
        text: str | None,
        values: int,
        height: int,
        *,
        merge: bool = False,
    ) -> None:
        """Put a value that has ended where it belongs, as ``values`` values that nest ``height`` deep.

        Words and numbers have no node, unless others stand for them.
        """
        if not self._open:
            self._count(values, height)
            self.root = node or Node(data, *self._spot)
            return
        parent = self._open[-1]
        held, key = parent.node.data, parent.key
        if key is None and isinstance(held, dict):
            parent.key = self._key(parent, data, text, merge=merge)
            return
        self._count(values, height)
        if height >= parent.height:
            parent.height = height + 1
        parent.key = None
        if key is None:
            self._append(parent, cast("list[object]", held), data, node)
        elif key.merge:
            parent.merged = self._sources(node or Node(data, *self._spot), key)
        elif key.text is not None:
            keys = cast("dict[str, object]", held)
            if node is not None:
                parent.nodes[len(keys)] = node
            parent.spots.extend((*key.spot, *self._spot))
            keys[key.text] = data

    def _append(self, parent: Open, values: list[object], data: object, node: Node | None) -> None:
        """Put a value into a list; every layer may bring further values with it."""
        if node is not None:
            parent.nodes[len(values)] = node
        parent.spots.extend(self._spot)
        values.append(data)
        if parent.network:
            self._most += EACH_VALUES
            if len(values) > MAX_ENTRIES:
                self._halt(*TOO_LONG)

    def _key(self, parent: Open, data: object, text: str | None, *, merge: bool) -> Key:
        if text is None or data is None:
            self.report(f"a key must be text, not {kind_of(data)}", QUOTE_KEY)
            return Key(None, merge=False, spot=self._spot)
        known = cast("dict[str, object]", parent.node.data)
        first = parent.merge_line if merge else parent.spots[4 * [*known].index(text)] if text in known else 0
        if first:
            hint = "write one: <<: [*first, *second]" if merge else "remove one of the two, or rename it"
            self.report(f"the key {quoted(text)} is given twice, first on line {first}", hint)
            return Key(None, merge=False, spot=self._spot)
        parent.merge_line = self._spot[0] if merge else parent.merge_line
        return Key(text, merge=merge, spot=self._spot)

    def _sources(self, node: Node, key: Key) -> list[Node]:
        """The mappings that a << merges in."""
        sources = node.items if isinstance(node.items, list) else [node]
        wrong = next((source for source in sources if not isinstance(source.items, dict)), None)
        if wrong is None:
            return sources
        fact = f"<< takes a mapping or a list of mappings, not {kind_of(wrong.data)}"
        self.report(fact, "give a mapping above the name &base, and merge it with <<: *base", key.spot)
        return []


def _merged(sources: list[Node], own: dict[str, KeyedNode]) -> dict[str, KeyedNode]:
    """The entries of a mapping with those it merges in: its own win, then the earlier of the sources."""
    items: dict[str, KeyedNode] = {}
    for source in reversed(sources):
        items.update(cast("dict[str, KeyedNode]", source.items))
    return items | own
