"""What a run of somebody's code depends on: files that it opens, modules and libraries that it imports."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from sysconfig import get_paths

from archcalc.records import dataclass

OWN = Path(__file__).parent.parent
LARGE = 16_000_000
"""Bytes of a file from which on its time of change stands for its content."""
NO_FILES = ("/proc/", "/sys/", "/dev/")
BYTECODE = (".pyc", ".pyo")


@dataclass(frozen=True, slots=True)
class Depending:
    """What a result holds for, as long as none of it changes.

    Args:
        files: full name -> what it holds, as ``state_of`` says it.
        libraries: name of an installed distribution -> its version.
    """

    files: Mapping[str, str]
    libraries: Mapping[str, str]

    def unchanged(self) -> bool:
        """Whether every file and every library is the same as it was."""
        return all(state_of(file) == state for file, state in self.files.items()) and all(
            _version(name) == version for name, version in self.libraries.items()
        )


class OpenedFiles:
    """Files that were opened while it was on."""

    def __init__(self) -> None:
        self.opened: set[str] = set()

    def depending(self) -> Depending:
        """All that the run depends on: modules that were imported earlier in the process are among it."""
        imported = {name: _file(module) for name, module in [*sys.modules.items()]}
        theirs = {file for file in imported.values() if file and _is_theirs(file)}
        theirs |= {str(Path(file).resolve()) for file in self.opened if _is_theirs(file)}
        files = {file: state for file in sorted(theirs) if (state := state_of(file))}
        tops = {name.partition(".")[0] for name, file in imported.items() if file and not _is_theirs(file)}
        return Depending(files, _libraries(tops))


_watches: list[OpenedFiles] = []
"""Those that are on: a hook of Python's cannot be taken away again, so that there is one that looks here."""


@contextmanager
def watching() -> "Generator[OpenedFiles]":
    """Note the files that are opened for reading."""
    _hooked()
    watch = OpenedFiles()
    _watches.append(watch)
    try:
        yield watch
    finally:
        _watches.remove(watch)


@cache
def _hooked() -> None:
    sys.addaudithook(_heard)


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _watches:
        path, mode = arguments[0], arguments[1]
        if isinstance(path, str) and (mode is None or not set("wax+") & set(str(mode))):
            for watch in _watches:
                watch.opened.add(path)


def state_of(file: str) -> str:
    """What a file holds, in short; empty where it is none, or cannot be read."""
    path = Path(file)
    try:
        status = path.stat()
        if not path.is_file():
            return ""
        if status.st_size > LARGE:
            return f"{status.st_size} bytes at {status.st_mtime_ns}"
        return sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return ""


def located(module: str, folders: "list[str]") -> str:
    """The file of a module, found without running anything; empty where there is none."""
    places: list[str] | None = [*folders, *sys.path]
    file = ""
    steps = module.split(".")
    for end in range(1, len(steps) + 1):
        found = PathFinder.find_spec(".".join(steps[:end]), places)
        if found is None:
            return ""
        file = found.origin or ""
        places = list(found.submodule_search_locations or ())
    return file


@cache
def own_state() -> str:
    """What archcalc itself is: the files of the package by size and time of change."""
    digest = sha256()
    for path in sorted(OWN.rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            status = path.stat()
            digest.update(f"{path.relative_to(OWN)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _file(module: object) -> str:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else ""


def _is_theirs(file: str) -> bool:
    """Whether a file is neither Python's nor a library's, nor one of archcalc's."""
    plain = str(Path(file).resolve())
    return not plain.startswith((*_installed(), *NO_FILES)) and not plain.endswith(BYTECODE)


@cache
def _installed() -> tuple[str, ...]:
    """Folders of Python and of what is installed, and of this package."""
    from site import getsitepackages, getusersitepackages

    folders = {*get_paths().values(), *getsitepackages(), getusersitepackages()}
    kept = {str(Path(folder).resolve()) for folder in folders if folder}
    base = {str(Path(get_paths(vars={"base": prefix})["stdlib"]).resolve()) for prefix in (sys.base_prefix,)}
    roots = {get_paths()["scripts"], get_paths()["data"]}
    kept -= {str(Path(folder).resolve()) for folder in roots}
    return tuple(f"{folder}/" for folder in sorted(kept | base | {str(OWN)}))


def _libraries(tops: "set[str]") -> Mapping[str, str]:
    """The distributions of top modules, with their versions."""
    known = metadata.packages_distributions()
    names = {name for top in tops for name in known.get(top, ())}
    return {name: version for name in sorted(names) if (version := _version(name))}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
