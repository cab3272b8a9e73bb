"""Settings of a check: ``[tool.archcalc]`` of the nearest pyproject.toml, and the command line over it."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, nearest, shortened
from archcalc.records import dataclass
from archcalc.rules.patterns import fits, pattern_of
from archcalc.rules.selection import Selection, known
from archcalc.source.files import SAVE, bytes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archcalc.rules.models import ProjectModel

LISTS = ("select", "ignore", "extend-select", "include", "exclude")
KEYS = (*LISTS, "per-file-ignores", "models")
FILE = "pyproject.toml"
MAX_BYTES = 2**20
"""Bytes of a pyproject.toml."""
MAX_DOTS = 100
"""Dots in one key of it."""
MAX_LISTED = 1_000
"""Patterns or codes of one setting."""
PARTS = re.compile(r"[=,{}\[\]\n]")
"""What ends a key."""
ALL_DEFAULT = Selection()


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for the files below a folder.

    Args:
        folder: of the pyproject.toml, which the patterns start from.
        selection: rules that run.
        per_file: pattern -> codes, or beginnings, that are silent in the files that fit, selected or not.
        include: patterns of files that are specs even where they do not look so.
        exclude: patterns of files and folders that are never checked.
        models: torch modules that are checked besides.
    """

    folder: Path
    selection: Selection = ALL_DEFAULT
    per_file: "tuple[tuple[str, tuple[str, ...]], ...]" = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    models: "tuple[ProjectModel, ...]" = ()

    def active(self, path: Path) -> frozenset[str]:
        """Codes of the rules that run on a file."""
        here = [
            selector
            for pattern, selectors in self.per_file
            if fits(path, self.folder, (pattern,))
            for selector in selectors
        ]
        return self.selection.active(here)

    def includes(self, path: Path) -> bool:
        """Whether a file is a spec by its name."""
        return fits(path, self.folder, self.include)

    def excludes(self, path: Path) -> bool:
        """Whether a file or folder is left out."""
        return fits(path, self.folder, self.exclude)


def settings_for(path: Path, command: Selection) -> Settings:
    """The settings of a file or folder: the nearest pyproject.toml, and the command line over it.

    Raises:
        Fault: a setting is wrong; the fact begins with the file.
    """
    start = Path(os.path.abspath(path))  # noqa: PTH100  without `..`, and links as they are named
    found = _nearest(start if start.is_dir() else start.parent)
    written = found.selection
    return replace(
        found,
        selection=Selection(
            written.select if command.select is None else command.select,
            (*written.extend, *command.extend),
            (*written.ignore, *command.ignore),
            command.least,
        ),
    )


def forget_settings() -> None:
    """Read every file again: one may have been saved meanwhile."""
    _known.clear()


_known: dict[Path, Settings] = {}


def _nearest(folder: Path) -> Settings:
    """The settings of the nearest folder above that has some; each folder is looked at once."""
    passed: list[Path] = []
    found = _known.get(folder)
    while found is None:
        passed.append(folder)
        found = _own(folder) or (Settings(folder) if folder.parent == folder else _known.get(folder.parent))
        folder = folder.parent
    _known.update(dict.fromkeys(passed, found))
    return found


def _own(folder: Path) -> Settings | None:
    """The settings that a folder has itself."""
    file = folder / FILE
    try:
        text = _read(file) if file.is_file() else b""
    except (OSError, ValueError) as error:
        if isinstance(error, Fault):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise Fault(f"{file}: cannot be read: {reason.lower()}") from None
    if b"archcalc" not in text.replace(b"\0", b""):  # UTF-16 has zeros between the letters
        return None
    written = _decoded(file, text)
    table = _table(file, written)
    return None if table is None else _checked(file, table, written)


def _read(file: Path) -> bytes:
    text = bytes_of(file, MAX_BYTES)
    if len(text) > MAX_BYTES:
        raise Fault(f"{file}: is larger than {MAX_BYTES} bytes (1 MiB)", hint="that much is no settings")
    return text


def _decoded(file: Path, text: bytes) -> str:
    """The text of a file; a byte order mark, which editors put before UTF-8 too, is none of it."""
    if b"\0" in text:
        raise Fault(f"{file}: not TOML, which is UTF-8 text: this is UTF-16, or a binary file", hint=SAVE)
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = text.count(b"\n", 0, error.start) + 1, text[error.start]
        fact = f"{file}:{line}: not TOML, which is UTF-8 text: byte 0x{byte:02x} is not UTF-8"
        raise Fault(fact, hint=SAVE) from None


def _table(file: Path, written: str) -> "Mapping[str, object] | None":
    import tomllib

    from archcalc.rules.models import bare

    try:
        # The reader takes time by the square of what one key has.
        dots = max(piece.count(".") for piece in PARTS.split(bare(written)))
        if dots > MAX_DOTS:
            raise Fault(f"{file}: a key has {dots:,} dots, at most {MAX_DOTS}", hint="write it as tables")
        tool = tomllib.loads(written).get("tool", {})
    except RecursionError:
        raise Fault(f"{file}: not TOML that can be read: lists or tables nest too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise Fault(f"{file}: not TOML: {str(error).lower()}") from None
    except ValueError as error:
        if isinstance(error, Fault):
            raise
        raise Fault(f"{file}: not TOML that can be read: a number has too many digits") from None
    table = cast("Mapping[str, object]", tool).get("archcalc") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise Fault(f"{file}: tool.archcalc needs to be a table")
    return cast("Mapping[str, object] | None", table)


def _checked(file: Path, table: "Mapping[str, object]", text: str) -> Settings:
    for key in table:
        if key not in KEYS:
            raise Fault(
                f"{file}: unknown setting {shortened(repr(key))} in [tool.archcalc]", hint=nearest(key, KEYS)
            )
    lists = {key: _texts(file, key, table.get(key, [])) for key in LISTS}
    codes = {key: _each(file, key, known, lists[key]) for key in ("select", "ignore", "extend-select")}
    select = codes["select"] if "select" in table else None
    if select == ():
        hint = "leave select out for the default set, or write the codes in it"
        raise Fault(f"{file}: select: no code is in it, and no rule would run", hint=hint)
    selection = Selection(select, codes["extend-select"], codes["ignore"])
    ignores = table.get("per-file-ignores", {})
    if not isinstance(ignores, dict):
        raise Fault(f"{file}: per-file-ignores needs a table of patterns and codes")
    _check_few(file, "per-file-ignores", len(cast("Mapping[str, object]", ignores)))
    named = _each(file, "per-file-ignores", pattern_of, [*cast("Mapping[str, object]", ignores)])
    silenced = (
        _each(file, "per-file-ignores", known, _texts(file, "per-file-ignores", listed))
        for listed in cast("Mapping[str, object]", ignores).values()
    )
    per_file = tuple(zip(named, silenced, strict=True))
    include, exclude = (_each(file, key, pattern_of, lists[key]) for key in ("include", "exclude"))
    models = _models(file, table, text) if "models" in table else ()
    return Settings(file.parent, selection, per_file, include, exclude, models)


def _models(file: Path, table: "Mapping[str, object]", text: str) -> "tuple[ProjectModel, ...]":
    from archcalc.rules.models import project_models

    return project_models(file, text, table["models"])


def _texts(file: Path, key: str, value: object) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    texts = tuple(item for item in items if isinstance(item, str))
    if len(texts) != len(items):
        raise Fault(f"{file}: {key} needs a list of texts")
    _check_few(file, key, len(texts))
    return texts


def _check_few(file: Path, key: str, count: int) -> None:
    """Refuse patterns and codes by the thousand: each is compared with every file."""
    if count > MAX_LISTED:
        raise Fault(f"{file}: {key} lists {count:,}, at most {MAX_LISTED:,}", hint="write patterns with *")


def _each(file: Path, key: str, read: "Callable[[str], str]", texts: "Sequence[str]") -> tuple[str, ...]:
    try:
        return tuple(map(read, texts))
    except Fault as fault:
        raise Fault(f"{file}: {key}: {fault.fact}", hint=fault.hint) from None
