"""Imports that were made before, kept in the user's cache folder: specs with their places, and nothing else.

An entry holds as long as nothing that the run depended on has changed: the files of the project that it
imported or opened, the libraries, archcalc and Python. ``ARCHCALC_CACHE`` names another folder, or ``off``.
"""

import os
import re
import sys
from contextlib import suppress
from dataclasses import asdict, fields
from hashlib import sha256
from json import dumps, loads
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, cast

from archcalc.errors import Place
from archcalc.importing.checking import UNCOMPARED, Agreement
from archcalc.importing.imported import Imported
from archcalc.importing.watching_files import Depending, located, own_state
from archcalc.source.files import file_bytes, stream_of
from archcalc.whole_files import LEFT, put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.sources import ModuleSource
    from archcalc.source import Path

VARIABLE = "ARCHCALC_CACHE"
OFF = frozenset({"off", "0", "no", "none", "false"})
FORMAT, VERSION = "archcalc-import", 1
NAME = re.compile(r"[0-9a-f]{40}\.json")
HEAD = f'{{"format": "{FORMAT}"'.encode()
"""What names of entries look like, and how entries begin: other files in the folder are somebody's own."""
MAX_BYTES = 64_000_000
MOST = 200
"""Entries that are kept; the oldest ones go."""
WHILE = 3600
"""Seconds in which a file that is not whole yet may still be written."""


def cache_folder() -> FilePath | None:
    """Where entries are kept; None: nowhere."""
    named = os.environ.get(VARIABLE, "")
    if named.strip().lower() in OFF:
        return None
    if named:
        return FilePath(named)
    home = os.environ.get("XDG_CACHE_HOME", "")
    with suppress(RuntimeError):  # a user without a home
        return (FilePath(home) if FilePath(home).is_absolute() else FilePath.home() / ".cache") / "archcalc"
    return None


def kept_import(source: "ModuleSource", form: str) -> Imported | None:
    """What an earlier import gave, where it still holds. Nothing of the user's is run, and no torch."""
    file = _file(source, form)
    if file is None:
        return None
    try:
        content = file_bytes(file, MAX_BYTES)
        if len(content) > MAX_BYTES:
            return None
        entry = cast("Mapping[str, object]", loads(content))
        if entry["format"] != FORMAT or entry["version"] != VERSION or entry["about"] != _about(source, form):
            return None
        depending = Depending(_texts(entry["files"]), _texts(entry["libraries"]))
        return _imported(source, entry) if depending.unchanged() else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # another program's, or half a one: it is made anew


def keep_import(source: "ModuleSource", form: str, imported: Imported, depending: Depending) -> None:
    """Keep what an import gave; where that cannot be done, it is not."""
    file = _file(source, form)
    if file is None:
        return
    entry: dict[str, object] = {
        "format": FORMAT,
        "version": VERSION,
        "about": _about(source, form),
        "files": dict(depending.files),
        "libraries": dict(depending.libraries),
        "spec": imported.data,
        "places": [[list(path), at.file, at.line, at.column] for path, at in imported.places.items()],
        "comparison": asdict(imported.comparison),
    }
    with suppress(OSError, ValueError, TypeError):
        entry["digest"] = entry_digest(cast("Mapping[str, object]", loads(dumps(entry))))
        text = dumps(entry)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        put(file, text.encode(), private=True)  # in one step: nobody reads a half
        _tidy(file)


def entry_digest(entry: "Mapping[str, object]") -> str:
    """Of what an entry holds: half of it, or a spec that was changed by hand, is none."""
    held = {key: value for key, value in entry.items() if key != "digest"}
    return sha256(dumps(held, sort_keys=True).encode()).hexdigest()


def _tidy(newest: FilePath) -> None:
    """Take away the oldest entries, and what processes that were killed have left."""
    where, now = newest.parent, newest.stat().st_mtime
    entries = sorted(filter(_is_entry, where.iterdir()), key=_changed, reverse=True)
    left = [path for path in where.glob(LEFT) if _changed(path) < now - WHILE]
    for old in (*entries[MOST:], *left):
        old.unlink(missing_ok=True)


def _is_entry(path: FilePath) -> bool:
    """Whether a file was written here."""
    if NAME.fullmatch(path.name) is None:
        return False
    with suppress(OSError, ValueError), stream_of(path) as stream:
        return stream.read(len(HEAD)) == HEAD
    return False


def _changed(path: FilePath) -> float:
    return path.lstat().st_mtime


def _file(source: "ModuleSource", form: str) -> FilePath | None:
    where = cache_folder()
    if where is None:
        return None
    digest = sha256(dumps(_about(source, form), sort_keys=True).encode()).hexdigest()
    return where / f"{digest[:40]}.json"


def _about(source: "ModuleSource", form: str) -> dict[str, object]:
    """What an entry is of, besides what the run turns out to depend on; as it comes back from a file."""
    root = source.root
    about = {
        "factory": source.factory,
        "arguments": [[name, repr(value)] for name, value in sorted(source.arguments.items())],
        "inputs": [[name, list(each.shape), each.dtype] for name, each in source.inputs],
        "folder": str(root.resolve()),
        "form": form,
        "file": located(source.module, [str(root), str(FilePath.cwd())]),
        "archcalc": own_state(),
        "python": sys.version,
    }
    return cast("dict[str, object]", loads(dumps(about)))


def _imported(source: "ModuleSource", entry: "Mapping[str, object]") -> Imported:
    """The record in an entry.

    Raises:
        ValueError, TypeError, KeyError: it is not what ``keep_import`` has written.
    """
    data = entry["spec"]
    if not isinstance(data, dict):
        raise TypeError
    listed = cast("list[list[object]]", entry["places"])
    if not isinstance(listed, list) or entry["digest"] != entry_digest(entry):  # pyright: ignore[reportUnnecessaryIsInstance]  # of a file
        raise TypeError
    return Imported(
        source.factory,
        cast("dict[str, object]", data),
        dict(map(_place, listed)),
        _comparison(cast("Mapping[str, object]", entry["comparison"])),
    )


def _place(row: "list[object]") -> "tuple[Path, Place]":
    path, file, line, column = row
    steps = tuple(cast("list[object]", path))
    numbers = isinstance(line, int) and isinstance(column, int)
    if not (numbers and isinstance(file, str) and all(isinstance(step, str | int) for step in steps)):
        raise TypeError
    return cast("Path", steps), Place(file, cast("int", line), cast("int", column))


def _comparison(entry: "Mapping[str, object]") -> Agreement:
    """A comparison, every field of the type that it has."""
    values: dict[str, object] = {}
    for each in fields(Agreement):
        value = entry[each.name]
        kind = type(cast("object", getattr(UNCOMPARED, each.name)))
        if kind is tuple:
            items = cast("list[object]", value)
            if not isinstance(value, list):
                raise TypeError
            value = tuple(map(_frozen, items))
        elif type(value) is not kind:
            raise TypeError
        values[each.name] = value
    return Agreement(**values)  # type: ignore[arg-type]  # types are those of the fields, as just seen


def _frozen(item: object) -> object:
    return tuple(cast("list[object]", item)) if isinstance(item, list) else item


def _texts(value: object) -> "Mapping[str, str]":
    texts = cast("Mapping[object, object]", value)
    if not all(isinstance(key, str) and isinstance(each, str) for key, each in texts.items()):
        raise TypeError
    return cast("Mapping[str, str]", texts)
