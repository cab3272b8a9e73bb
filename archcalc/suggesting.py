"""Entries of a list of layers that are written as another library has them, written as they are here."""

from typing import TYPE_CHECKING, cast

from archcalc.elsewhere import ADVICE, ARGUMENTS, FUNCTIONS, LAYERS, RANK, WRAPPERS, Ours
from archcalc.errors import closest, nearest
from archcalc.layers.registry import KINDS, kind
from archcalc.spec import COMMON_KEYS
from archcalc.wording import squeezed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.facts import Shape

    Entry = Mapping[str, object]

RANKS = (1, 2, 3)
IMAGES = 2
"""Axes of positions where neither the name nor what arrives says how many there are."""
LISTS: "Mapping[str, str]" = {
    "Sequential": "layers",
    "Vmap": "layers",
    "Scan": "layers",
    "Residual": "body",
    "Branches": "branches",
}
"""Container -> the key of a list that stands in its place."""
INPUTS = ("input", "inputlayer")
TOP = "what arrives stands at the top, without the batch: inputs: {image: [3, 32, 32]}"


def kind_hint(name: str, written: object, known: "Iterable[str]", shape: "Shape | None") -> str:
    """What to write for a kind that there is not.

    Args:
        name: of the kind.
        written: the entry as it stands in the spec.
        known: kinds, containers and blocks.
        shape: what arrives, which tells how many position axes there are; None where that is unknown.
    """
    known = tuple(known)
    bare, bracket = _bare(name)
    if squeezed(bare) in INPUTS:
        return TOP
    around = WRAPPERS.get(RANK.sub("", squeezed(bare)))
    if around and squeezed(bare) not in map(squeezed, known):
        return around
    entry = _mapping(name, written)
    if not bracket and (entries := rewritten(entry, known, shape)):
        first = entries[0]
        same = len(entries) == 1 and _without_type(first) == _without_type(entry)
        near = nearest(str(first["type"]), (str(first["type"]),))
        return near if same else f"{near} write:\n{_lines(entries)}"
    hint = nearest(bare, known, "`archcalc layers` lists the kinds and blocks")
    return f"{hint}\narguments are keys: {{type: Conv2d, kernel_size: 3}}" if bracket else hint


def kind_entries(
    name: str, written: object, known: "Iterable[str]", shape: "Shape | None"
) -> "tuple[Entry | str, ...]":
    """The entries that ``kind_hint`` means, as they are written; none where it names none, or several."""
    known = tuple(known)
    bare, bracket = _bare(name)
    if bracket or squeezed(bare) in INPUTS:
        return ()
    entry = _mapping(name, written)
    entries = rewritten(entry, known, shape)
    near = None if RANK.sub("", squeezed(bare)) in WRAPPERS else closest(bare, known)
    if not entries and near:
        entries = [{**entry, "type": near}]
    return tuple(_short(each) for each in entries)


def _bare(name: str) -> tuple[str, str]:
    """The last word of a name, and the bracket behind it."""
    bare, bracket, _ = name.partition("(")
    return bare.rpartition(".")[2], bracket


def _mapping(name: str, written: object) -> "Entry":
    return cast("Entry", written) if isinstance(written, dict) else {"type": name}


def type_hint(written: object, known: "Iterable[str]") -> str:
    """What to write for a layer without a ``type``, where a key of it is a kind: ``- Conv2d: {...}``."""
    entries = _typed(written, known)
    return (
        f"write:\n{_lines(entries)}" if entries else "write {type: Conv2d, ...}, or a bare word such as ReLU"
    )


def type_entries(written: object, known: "Iterable[str]") -> "tuple[Entry | str, ...]":
    """The entries that ``type_hint`` means."""
    return tuple(_short(each) for each in _typed(written, known))


def _typed(written: object, known: "Iterable[str]") -> "list[Entry]":
    known = tuple(known)
    entry = cast("Entry", written if isinstance(written, dict) else {})
    for key, value in entry.items():
        ours = Ours(key) if key in known else _ours(key, known, None)
        if ours:
            rest = {name: item for name, item in entry.items() if name != key}
            meant = {"type": key, **_inside(ours.kind, value), **rest}
            return rewritten(meant, known, None) or [meant]
    return []


def _short(entry: "Entry") -> "Entry | str":
    """An entry as it is written: its type first, and a word where that is all."""
    return str(entry["type"]) if len(entry) == 1 else {"type": entry["type"], **entry}


def _inside(key: str, value: object) -> "Entry":
    """The arguments behind a kind that stands as a key."""
    if isinstance(value, dict):
        return cast("Entry", value)
    name = LISTS.get(key, "") if isinstance(value, list) else ""
    if not name and value is not None and key in KINDS:
        fields = kind(key).model_fields
        name = next((name for name, field in fields.items() if field.is_required()), next(iter(fields), ""))
    return cast("Entry", {name: value} if name else {})


def rewritten(entry: "Entry", known: "tuple[str, ...]", shape: "Shape | None") -> "list[Entry]":
    """The entries that one of another library means; none where that is unknown."""
    name, functions = str(entry["type"]), list[object]()
    function = FUNCTIONS.get(squeezed(str(entry.get("activation"))))
    if squeezed(name) == "activation":
        return [_layer(function)] if function else []
    ours = Ours(name) if name in known else _ours(name, known, shape)
    if ours is None:
        return []
    fields = (*(kind(ours.kind).model_fields if ours.kind in KINDS else ()), *COMMON_KEYS)
    own: dict[str, object] = {}
    for written, value in entry.items():
        key = ours.renamed.get(written, written)
        word = squeezed(key)
        if key in fields or ours.kind not in KINDS:
            own[key] = value.lower() if key == "padding" and isinstance(value, str) else value
        elif word == "activation":
            functions += [function] * (function is not None)
        elif word == "keepprob" and isinstance(value, float):
            own["p"] = round(1 - value, 6)
        elif word not in ADVICE:
            own[next((arg for arg in ARGUMENTS.get(word, ()) if arg in fields), key)] = value
    behind = (*ours.behind, *functions)
    entry = {**own, "type": ours.kind, **_missing(ours, own)}
    return [{**entry, **_padding(ours.kind, entry)}, *map(_layer, behind)]


def _padding(name: str, entry: "Entry") -> "Entry":
    """The numbers that a padding in words means, where the kind does not take the word."""
    from archcalc.tracing.sameness import padding_meant

    return (padding_meant(kind(name), entry) if name in KINDS and "padding" in entry else None) or {}


def _missing(ours: Ours, own: "Entry") -> "Entry":
    return {key: value for key, value in ours.arguments.items() if key not in own}


def _ours(name: str, known: "tuple[str, ...]", shape: "Shape | None") -> Ours | None:
    """The kind that a name of another library means, for as many axes as it says or as arrive."""
    word = squeezed(name.rpartition(".")[2])
    exact = next((each for each in known if squeezed(each) == word), None)
    if exact:
        return Ours(exact)
    said = RANK.search(word)
    rank = int(said[1]) if said else max(len(shape) - 1, 1) if shape else IMAGES
    ours = LAYERS.get(RANK.sub("", word, count=1))
    if ours is None or ("{n}" in ours.kind and rank not in RANKS):
        return None
    return ours._replace(kind=ours.kind.format(n=rank))


def _layer(entry: object) -> "Entry":
    """An entry of a table: a word, or what has to be written besides."""
    return {"type": entry} if isinstance(entry, str) else cast("Entry", entry)


def _without_type(entry: "Entry") -> "Entry":
    return {key: value for key, value in entry.items() if key != "type"}


def _lines(entries: "list[Entry]") -> str:
    """Entries as lines of a list."""
    from archcalc.writing.entries import Flow
    from archcalc.writing.lines import Lines
    from archcalc.writing.original import Original

    ordered = [_short(entry) for entry in entries]
    return "\n".join(f"- {line.text.removeprefix('- ')}" for line in Lines(Original(None)).of(Flow(ordered)))
