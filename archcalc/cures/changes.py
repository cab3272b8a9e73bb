"""Changes of a spec as records, and the cure that some of them make together."""

from typing import TYPE_CHECKING

from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.source import Path
    from archcalc.tracing.records import Origin

    Entry = str | Mapping[str, object]
    """A layer as it stands in a list: a word, or a mapping with its ``type``."""


@dataclass(frozen=True, slots=True)
class SetKey:
    """The entry at ``origin`` gets ``key: value``, in the place of an old value.

    Args:
        origin: the layer's entry.
        key: one of its keys.
        value: YAML text of a scalar or a flow list, e.g. ``false``.
    """

    origin: "Origin"
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class DropKey:
    """The entry at ``origin`` loses a key, so that its default holds or it follows from what arrives."""

    origin: "Origin"
    key: str


@dataclass(frozen=True, slots=True)
class RenameKey:
    """The entry at ``origin`` has a key under another name; ``origin`` may be any mapping of the spec."""

    origin: "Origin"
    key: str
    new: str


@dataclass(frozen=True, slots=True)
class RemoveEntry:
    """The entry at ``origin`` is taken out of its list, with the comment behind it.

    ``questions/removal.py`` makes one, where nothing else of the spec rests on the entry.

    Args:
        origin: the layer's entry.
    """

    origin: "Origin"


@dataclass(frozen=True, slots=True)
class Insert:
    """Layers of their own in front of the entry at ``origin``, or behind it."""

    origin: "Origin"
    entries: "tuple[Entry, ...]"
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Replace:
    """Other layers in the place of the entry at ``origin``."""

    origin: "Origin"
    entries: "tuple[Entry, ...]"


@dataclass(frozen=True, slots=True)
class Move:
    """The entry at ``origin`` goes in front of the entry at ``to``, or behind it, also in another list."""

    origin: "Origin"
    to: "Origin"
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Wrap:
    """The entry at ``origin`` and those behind it in its list become the layers of one container.

    Args:
        origin: the first one.
        count: how many.
        kind: the container's kind.
        key: under which it has its layers.
    """

    origin: "Origin"
    count: int
    kind: str = "Residual"
    key: str = "body"


@dataclass(frozen=True, slots=True)
class SetValue:
    """A value of the spec that belongs to no layer, e.g. ``("inputs", "image")``, is another one."""

    path: "Path"
    value: object


Edit = SetKey | RemoveEntry
"""What is safe to make in the text without a person's eye, as ``--fix`` does."""
Change = Edit | DropKey | RenameKey | Insert | Replace | Move | Wrap | SetValue


@dataclass(frozen=True, slots=True)
class Cure:
    """Changes that together are thought to mend one mistake.

    Args:
        changes: to be made at once.
        because: what comes of it or why, in words behind those of the changes: ``1568 = 32 x 7 x 7``.
        fallback: it is told only where none that is proposed before it mends: it would fit everywhere, and
            hide a mistake that one of those explains.
    """

    changes: tuple[Change, ...]
    because: str = ""
    fallback: bool = False
