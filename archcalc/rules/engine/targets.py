"""Which files a check looks at, and which of them are specs."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc import zoo
from archcalc.errors import Fault
from archcalc.records import dataclass
from archcalc.rules.engine.modules import ModuleTask, project_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.rules.engine.overriding import OtherValues
    from archcalc.rules.selection import Selection
    from archcalc.rules.settings import Settings

SKIPPED = frozenset({"node_modules", "__pycache__"})
"""Folders that a walk does not enter, beside hidden ones."""
LINE = rb"(?:^(?:\xef\xbb\xbf)?|\r)"
"""Where a line begins, which may be the first one with a byte order mark, or end with CR alone."""
KEYS = tuple(rb"(?m)(?:%s|[{,])[ \t]*[\"']?%s[\"']?\s*:" % (LINE, key) for key in (b"inputs", b"layers"))
TOP = tuple(rb"(?m)%s[\"']?%s[\"']?\s*:" % (LINE, key) for key in (b"inputs", b"layers"))

FLOW = rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\r\n]*)?[\r\n]+)*(?:---[ \t\r\n]+)?[ \t]*\{"
"""A text that begins with a mapping in braces."""
UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Task:
    """A file to check.

    Args:
        source: its path, or ``-``.
        active: codes of the rules that run.
        named: whether it is a spec because the command line names it.
        included: whether the settings say that it is one.
        shipped: whether it was asked for by the name of a shipped spec, which no fix may change.
        given: values to check it with, one after the other; empty: as it is written.
    """

    source: str
    active: frozenset[str]
    named: bool = False
    included: bool = False
    shipped: bool = False
    given: "tuple[OtherValues, ...]" = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The files to check, remarks about those that are not, and the torch modules of their projects."""

    tasks: tuple[Task, ...]
    notes: tuple[str, ...]
    modules: tuple[ModuleTask, ...] = ()


def targets(
    paths: "Sequence[str]",
    command: "Selection",
    given: "tuple[OtherValues, ...]" = (),
    *,
    specs_only: bool = False,
    cache: bool = True,
) -> Found:
    """The files that the arguments of the command line mean, each once, in their order.

    Args:
        paths: files, folders, ``-``, names of shipped specs; none: this folder.
        command: what it selects.
        given: values to check each with, one after the other; empty: as it is written.
        specs_only: pass over files that are no specs where they are named too, as in folders. Python and
            pyproject.toml stand for the torch modules of their project.
        cache: whether earlier imports of torch modules are taken.

    Raises:
        Fault: there is no such file or folder, or a setting is wrong.
    """
    tasks: dict[str, Task] = {}
    notes: list[str] = []
    projects: list[Settings] = []
    for path in paths or ["."]:
        if not paths or (specs_only and _is_of_project(path)):
            from archcalc.rules.settings import settings_for

            projects.append(settings_for(Path(path), command))
        if specs_only and _is_of_project(path):
            continue
        for task in _tasks(path, command, notes, projects):
            key, meant = os.path.normpath(task.source), task.named and not specs_only
            known = tasks.setdefault(key, replace(task, named=False, given=given))
            tasks[key] = replace(known, named=known.named or meant)
    modules = tuple(project_tasks(projects, command, cache=cache))
    return Found(tuple(tasks.values()), tuple(notes), modules)


def _is_of_project(path: str) -> bool:
    """Whether a file that is no spec may change the torch modules of the project that it is in."""
    from archcalc.rules.settings import FILE

    return os.path.isfile(path) and path.endswith((".py", FILE))  # noqa: PTH113  os.path as below


def _tasks(path: str, command: "Selection", notes: list[str], projects: "list[Settings]") -> "Iterator[Task]":
    """The files that one argument means; a project that is met on the way joins the others."""
    if path == "-":
        from archcalc.rules.settings import settings_for

        yield Task(path, settings_for(Path(), command).active(Path("<stdin>")), named=True, included=True)
    elif os.path.isdir(path):  # noqa: PTH112  os.path answers no where a name cannot be a file's
        for file in _walk(Path(path), command, projects, notes):
            yield _task(file, command)
    elif os.path.exists(path):  # noqa: PTH110  as above
        yield from _named(Path(path), command, notes, projects)
    else:
        shipped = zoo.path_of(path)
        if shipped is None:
            from archcalc.spec_files import like, shown_source

            raise Fault(f"no such file or folder: {shown_source(path)}", hint=like(path))
        yield Task(str(shipped), command.active(), named=True, shipped=True)


def _named(
    path: Path, command: "Selection", notes: list[str], projects: "list[Settings]"
) -> "Iterator[Task]":
    """The file of this name, which a project may exclude; pyproject.toml may stand for torch modules."""
    from archcalc.rules.settings import FILE, settings_for

    settings = settings_for(path, command)
    if path.name == FILE and settings.models:
        projects.append(settings)
    elif settings.excludes(path):
        notes.append(f"{path}: passed over: `exclude` in pyproject.toml names it")
    else:
        yield _task(path, command, named=True)


def _task(path: Path, command: "Selection", *, named: bool = False) -> Task:
    from archcalc.rules.settings import settings_for

    settings = settings_for(path, command)
    return Task(str(path), settings.active(path), named=named, included=settings.includes(path))


def _walk(top: Path, command: "Selection", projects: "list[Settings]", notes: list[str]) -> "Iterator[Path]":
    """The YAML files below a folder in the order of their names, however deep: without recursion."""
    waiting = [top]
    while waiting:
        here = waiting.pop()
        from archcalc.rules.settings import settings_for

        settings = settings_for(here, command)
        if settings.models and os.path.abspath(here) == str(settings.folder):  # noqa: PTH100  as settings
            projects.append(settings)
        try:
            with os.scandir(here) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            notes.append(f"{here}: passed over: cannot be read: {(error.strerror or str(error)).lower()}")
            continue
        for entry in found:
            path = here / entry.name
            wanted = is_yaml(entry.name) or settings.includes(path)
            if wanted and _is_file(entry) and not settings.excludes(path):
                yield path
        waiting += (
            here / entry.name
            for entry in reversed(found)
            if entry.is_dir(follow_symlinks=False)
            and not entry.name.startswith(".")
            and entry.name not in SKIPPED
            and not settings.excludes(here / entry.name)
        )


def _is_file(entry: "os.DirEntry[str]") -> bool:
    """Whether it is a file; a link to itself is none, nor is one to nowhere."""
    try:
        return entry.is_file()
    except OSError:
        return False


def is_yaml(name: str) -> bool:
    """Whether a file's name says that it holds YAML."""
    from archcalc.spec_files import ENDINGS

    return name.lower().endswith(ENDINGS)


def may_be_spec(content: bytes) -> bool:
    """Whether a text may have ``inputs`` and ``layers`` at its top: seen without parsing it."""
    return all(re.search(key, content) for key in KEYS)


def looks_like_spec(content: bytes) -> bool:
    """Whether a text that is not sound YAML is meant as a spec: keys begin a line, or braces hold them."""
    return all(re.search(key, content) for key in TOP) or (
        re.match(FLOW, content) is not None and may_be_spec(content)
    )


def as_utf_8(content: bytes) -> bytes:
    """The bytes of a text as they are in UTF-8, where a mark says that it has another encoding."""
    for mark, encoding in UTF_16.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace").encode(errors="replace")
    return content
