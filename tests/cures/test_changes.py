"""Changes as data and as a JSON Patch: both say the same, whatever is changed and in whichever order."""

from typing import TYPE_CHECKING, Any, cast, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.cures.changes import (
    Change,
    Cure,
    DropKey,
    Edit,
    Insert,
    Move,
    RemoveEntry,
    RenameKey,
    Replace,
    SetKey,
    SetValue,
    Wrap,
)
from archcalc.cures.changing import with_changes
from archcalc.cures.patch import patch
from archcalc.cures.words import cure_words
from archcalc.errors import Fault
from archcalc.source import Document, parse
from archcalc.tracing.records import Origin
from tests.cures.patching import patched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archcalc.source import Path

WORDS = st.sampled_from(["ReLU", "Flatten", "Tanh"])
ENTRIES = WORDS | st.fixed_dictionaries(
    {"type": st.just("Conv2d"), "kernel_size": st.integers(1, 9)},
    optional={"name": st.sampled_from("abc"), "bias": st.booleans()},
)
CONTAINERS = st.fixed_dictionaries(
    {"type": st.just("Residual"), "body": st.lists(ENTRIES, min_size=1, max_size=4)}
)
SPECS = st.fixed_dictionaries(
    {
        "inputs": st.just({"image": [3, 8, 8]}),
        "layers": st.lists(ENTRIES | CONTAINERS, min_size=1, max_size=6),
        "training": st.just({"batch_size": 2}),
    }
)
CHANGES: "dict[Callable[..., Change], st.SearchStrategy[tuple[Any, ...]]]" = {
    SetKey: st.tuples(st.sampled_from(["bias", "padding"]), st.sampled_from(["false", "[1, 2]", "=width"])),
    DropKey: st.just(("kernel_size",)),
    RenameKey: st.just(("kernel_size", "kernel")),
    RemoveEntry: st.just(()),
    Insert: st.tuples(st.lists(ENTRIES, min_size=1, max_size=3).map(tuple), st.booleans()),
    Replace: st.tuples(st.lists(ENTRIES, min_size=1, max_size=3).map(tuple)),
    Move: st.just(()),
    Wrap: st.tuples(st.integers(1, 3)),
}
NEEDS_KEY = (DropKey, RenameKey)
"""A key that is not there cannot be taken out by a JSON Patch."""


def paths_of(data: "Mapping[str, Any]") -> "Iterator[Path]":
    """The entries of a small spec, those in its containers too."""
    for index, entry in enumerate(data["layers"]):
        yield "layers", index
        length = len(cast("Mapping[str, list[object]]", entry).get("body", [])) if entry != str(entry) else 0
        for inner in range(length):
            yield "layers", index, "body", inner


def apart(path: "Path", claimed: "set[Path]") -> bool:
    """Whether neither entry stands within the other."""
    return not any(path[: len(other)] == other or other[: len(path)] == path for other in claimed)


@st.composite
def cures(draw: st.DrawFn) -> tuple[Document, Cure]:
    """A small spec and changes of different entries of it."""
    data = draw(SPECS)
    document = Document.of(data, "a.yaml")
    claimed: set[Path] = set()
    made: list[Change] = []
    for kind in draw(st.lists(st.sampled_from([*CHANGES, SetValue]), min_size=1, max_size=4)):
        if kind is SetValue:
            made.append(SetValue(("training", "batch_size"), draw(st.integers(1, 9))))
            continue
        free = [path for path in paths_of(data) if apart(path, claimed)]
        if kind in NEEDS_KEY:
            free = [path for path in free if Origin(document, path).written("kernel_size") is not None]
        if not free:
            continue
        path = draw(st.sampled_from(free))
        origin, own = Origin(document, path), {path}
        arguments: Any = draw(CHANGES[kind])
        if kind is Wrap:
            (count,) = arguments
            own |= {(*path[:-1], cast("int", path[-1]) + index) for index in range(count)}
            if not all(each in free for each in own):
                continue
        if kind is Move:
            others = [each for each in free if apart(each, own)]
            if not others:
                continue
            arguments = Origin(document, draw(st.sampled_from(others))), draw(st.booleans())
            own.add(arguments[0].path)
        claimed |= own
        made.append(cast("Callable[..., Change]", kind)(origin, *arguments))
    return document, Cure(tuple(made))


@settings(max_examples=250, deadline=None)
@given(cures())
def test_a_patch_makes_of_the_data_what_the_changes_make(drawn: tuple[Document, Cure]) -> None:
    document, cure = drawn
    assert patched(document.data, patch(cure)) == with_changes(document, cure.changes).data
    assert bool(cure_words(cure, None)) == bool(cure.changes)


def test_every_kind_of_change_is_drawn() -> None:
    edits = get_args(Edit)
    assert {*CHANGES, SetValue} == {each for each in (*get_args(Change), *edits) if isinstance(each, type)}


DOCUMENT = Document.of(
    {
        "layers": [
            "ReLU",
            {"type": "Conv2d", "kernel_size": 3},
            {"type": "Residual", "body": ["Tanh", "Flatten"]},
        ]
    },
    "a.yaml",
)


def at(*path: "str | int") -> Origin:
    return Origin(DOCUMENT, ("layers", *path))


TOGETHER = {
    "two keys of a word": (SetKey(at(0), "inplace", "true"), SetKey(at(0), "name", "first")),
    "in front of what gets a key": (Insert(at(1), ("Tanh", "GELU")), SetKey(at(1), "bias", "false")),
    "behind what gets a key": (SetKey(at(0), "name", "a"), Insert(at(0), ("Tanh", "GELU"), behind=True)),
    "behind one and in front of the next": (Insert(at(0), ("Tanh",), behind=True), Insert(at(1), ("GELU",))),
    "twice in front": (Insert(at(1), ("Tanh", "SiLU")), Insert(at(1), ("GELU", "Mish"))),
    "twice behind": (Insert(at(1), ("Tanh",), behind=True), Insert(at(1), ("GELU",), behind=True)),
    "behind one before one that goes": (RemoveEntry(at(1)), Insert(at(0), ("Tanh",), behind=True)),
    "behind one before one replaced": (Replace(at(1), ("SiLU",)), Insert(at(0), ("Tanh",), behind=True)),
    "into the container behind": (Move(at(0), at(2, "body", 0)),),
    "out of the container": (Move(at(2, "body", 1), at(0), behind=True),),
    "a key within, one before it gone": (RemoveEntry(at(0)), SetKey(at(2, "body", 0), "name", "a")),
    "all in a container": (Wrap(at(0), 3),),
}


@pytest.mark.parametrize("changes", TOGETHER.values(), ids=list(TOGETHER))
def test_changes_of_one_place_and_its_neighbours(changes: tuple[Change, ...]) -> None:
    after = with_changes(DOCUMENT, changes).data
    assert after != DOCUMENT.data
    assert patched(DOCUMENT.data, patch(Cure(changes))) == after


@pytest.mark.parametrize(
    "changes",
    [
        (RemoveEntry(at(0)), RemoveEntry(at(0))),
        (RemoveEntry(at(9)),),
        (Move(at(0), at(9)),),
        (Wrap(at(1), 3),),
        (SetKey(Origin(parse("layers: [ReLU]", "block.yaml"), ("layers", 0)), "name", "a"),),
        (SetValue(("training", "batch_size"), 8),),
    ],
)
def test_what_cannot_be_made_is_refused(changes: tuple[Change, ...]) -> None:
    with pytest.raises(Fault):
        with_changes(DOCUMENT, changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Move(at(0), at(1), behind=True), "move it behind the Conv2d in line 1"),
        (Wrap(at(0), 1), "put it into a Residual"),
        (Wrap(at(0), 3), "put it and the 2 layers behind it into a Residual"),
        (DropKey(Origin(DOCUMENT, ("inputs",)), "depth"), "leave out depth in inputs"),
    ],
)
def test_words(change: Change, words: str) -> None:
    assert cure_words(Cure((change,)), ("layers", 0)) == words
