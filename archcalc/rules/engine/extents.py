"""A YAML text as extents: which characters each key and value of it takes up.

Built from the parser's steps, without recursion, for texts that have been read before.
"""

from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from archcalc.records import dataclass
from archcalc.source.events import Event, parsed

if TYPE_CHECKING:
    from archcalc.source import Path

Form = Literal[
    "plain", "quoted", "block", "flow list", "flow mapping", "block list", "block mapping", "alias"
]


@dataclass(slots=True)
class Extent:
    """A value from the first character to the one behind its last.

    Args:
        form: how it is written; ``block`` is a text behind ``|`` or ``>``.
        start: offset of its first character, its anchor or tag.
        end: offset behind its last character.
        column: of its first character, from 0.
        text: of a scalar, as the parser reads it.
        items: the values in it.
        keys: of a mapping, the key of each of the values.
        target: of an alias, what it stands for.
    """

    form: Form
    start: int
    end: int
    column: int
    text: str = ""
    items: "list[Extent]" = field(default_factory=list["Extent"])
    keys: "list[Extent]" = field(default_factory=list["Extent"])
    target: "Extent | None" = None

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return self.form.endswith("mapping")

    @property
    def is_simple(self) -> bool:
        """Whether it ends where its characters do: no block that ends with its indentation."""
        return not self.form.startswith("block")

    def own(self, key: str) -> "Extent | None":
        """The value of a key that stands in the mapping itself, not merged in by ``<<``."""
        return next(
            (item for name, item in zip(self.keys, self.items, strict=True) if name.text == key), None
        )


@lru_cache(maxsize=1)
def extents(text: str) -> Extent | None:
    """The extent of the document in a text; None when it has none."""
    builder = _Builder()
    for event in parsed(text):
        builder.take(event)
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root: Extent | None = None
        self._open: list[Extent] = []
        self._anchors: dict[str, Extent] = {}

    def take(self, event: Event) -> None:
        kind = type(event).__name__
        if kind in ("SequenceEndEvent", "MappingEndEvent"):
            ended = self._open.pop()
            ended.end = max(event.end_mark.index, ended.start)
            self._add(ended)
            return
        form = _form(kind, event)
        if form is None:
            return
        extent = Extent(form, event.start_mark.index, event.end_mark.index, event.start_mark.column)
        if form == "alias":
            extent.target = self._anchors.get(event.anchor or "")
        elif event.anchor is not None:
            self._anchors[event.anchor] = extent
        if kind == "ScalarEvent":
            extent.text = event.value
        if kind in ("SequenceStartEvent", "MappingStartEvent"):
            self._open.append(extent)
        else:
            self._add(extent)

    def _add(self, extent: Extent) -> None:
        if not self._open:
            self.root = extent
            return
        parent = self._open[-1]
        if parent.is_mapping and len(parent.keys) == len(parent.items):
            parent.keys.append(extent)
        else:
            parent.items.append(extent)


def _form(kind: str, event: Event) -> Form | None:
    if kind == "ScalarEvent":
        return "block" if event.style in ("|", ">") else "quoted" if event.style else "plain"
    if kind == "SequenceStartEvent":
        return "flow list" if event.flow_style else "block list"
    if kind == "MappingStartEvent":
        return "flow mapping" if event.flow_style else "block mapping"
    return "alias" if kind == "AliasEvent" else None


def extent_at(root: Extent | None, path: "Path", *, direct: bool = False) -> Extent | None:
    """The extent at a path, through aliases; None where a merged key leads, and with ``direct`` an alias."""
    at = root
    for step in path:
        at = at.target if at is not None and at.form == "alias" and not direct else at
        if at is None:
            return None
        if isinstance(step, str):
            at = at.own(step) if at.is_mapping else None
        else:
            at = at.items[step] if not at.is_mapping and 0 <= step < len(at.items) else None
    if at is None or at.form != "alias":
        return at
    return None if direct else at.target
