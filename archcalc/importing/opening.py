"""From ``package.module:factory`` to a spec: out of the cache, or by a run of the module."""

import os
import re
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Literal, cast
from warnings import catch_warnings

from archcalc.errors import OF_ARCHCALC, Fault, Place, Problem, SpecError
from archcalc.importing.caching import keep_import, kept_import
from archcalc.importing.checking import UNCOMPARED, agreement
from archcalc.importing.imported import Imported, python_document
from archcalc.importing.sources import shown_file
from archcalc.importing.watching_files import located, watching

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from archcalc.importing.program import Program
    from archcalc.importing.recording import Recording
    from archcalc.importing.sources import ModuleSource

SpecForm = Literal["layers", "readable"]
"""Whether every layer has an entry of its own, or blocks and repeats make the spec short."""
AT = re.compile(r"(?:^|, and fails |^it fails )at (?P<file>[^\n]+\.py):(?P<line>\d+)$", re.MULTILINE)
"""A line of the user's, as a fault of the run names it."""
NEEDS_TORCH = "a torch module needs torch, an extra: pip install 'archcalc[torch]'"


def imported_spec(source: "ModuleSource", form: SpecForm = "layers", *, cache: bool = True) -> Imported:
    """The spec of a torch module, which is run on the meta device where no earlier run of it still holds.

    Raises:
        SpecError: there is no such module, it cannot be made, or it does not run on these inputs.
    """
    known = kept_import(source, form) if cache else None
    if known is not None:
        return known
    with as_problem(source), watching() as watch, catch_warnings(action="ignore"):
        recording = _recorded(source)
        program = _program(recording)
        found = of_program(source.factory, program, form, recording)
        if cache:
            keep_import(source, form, found, watch.depending())
    return found


def of_program(
    factory: str, program: "Program", form: SpecForm, recording: "Recording | None" = None
) -> Imported:
    """The spec of a network that has been read, and how it agrees with the run that it was read from.

    Raises:
        SpecError: the spec cannot be traced.
    """
    from archcalc.importing.structure import structured
    from archcalc.loading import check
    from archcalc.tracing import trace

    written = structured(program, readable=form == "readable")
    places = {path: replace(at, file=_whole(at.file)) for path, at in written.places.items()}
    places = {(): defined(factory), **places}
    found = Imported(factory, cast("Mapping[str, object]", _plain(written.data)), places, UNCOMPARED)
    if recording is None:
        return found
    return replace(found, comparison=agreement(recording, program, trace(check(python_document(found)))))


def _recorded(source: "ModuleSource") -> "Recording":
    from archcalc.bridge.recording import record

    names = [name for name, _ in source.inputs]
    if any(names) and not all(names):
        raise Fault(
            "some inputs have a name and some have none", hint="name all of them, as x=3,64,64, or none"
        )
    given = dict(source.inputs) if any(names) else [tensor for _, tensor in source.inputs]
    # As `python -m` looks in its own folder first. They stay: the module may import more while it runs.
    sys.path[:0] = [folder for folder in search_folders(source) if folder not in sys.path]
    return record(source.factory, source.arguments, given)


def _program(recording: "Recording") -> "Program":
    from archcalc.importing.reading import program_of

    return program_of(recording)


def defined(factory: str) -> Place:
    """Where a factory is defined: what belongs to no line of its own is said there."""
    module, _, name = factory.partition(":")
    file = located(module, [os.curdir])
    try:
        lines = FilePath(file).read_text(encoding="utf-8", errors="replace").splitlines() if file else []
    except OSError:
        lines = []
    begins = re.compile(rf"\s*(?:(?:async\s+)?def|class)\s+{re.escape(name.rpartition('.')[2])}\b")
    line = next((number for number, text in enumerate(lines, 1) if begins.match(text)), 1)
    return Place(_whole(file), line) if lines else Place(factory)


def _whole(file: str) -> str:
    """The full name of a file, which is the same in whatever folder it is read again."""
    return os.path.abspath(file) if file else file  # noqa: PTH100  links stay as they are named


def _plain(data: object) -> object:
    """Data as they come from a file: lists for tuples, texts for keys."""
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in cast("Mapping[object, object]", data).items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in cast("list[object]", data)]
    return data


@contextmanager
def as_problem(source: "ModuleSource") -> "Generator[None]":
    """What goes wrong on the way is one error of this source.

    Raises:
        SpecError: torch is not installed, or the module cannot be read.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise SpecError([Problem(Place(source.factory), "", NEEDS_TORCH)]) from None
        raise SpecError([_own_fault(source, error)]) from error
    except Fault as fault:
        raise SpecError([_problem(source, fault)]) from None
    except (SpecError, OSError):
        raise
    except Exception as error:
        raise SpecError([_own_fault(source, error)]) from error


def _own_fault(source: "ModuleSource", error: Exception) -> Problem:
    """A fault of this program's."""
    what = f"it cannot be read, {OF_ARCHCALC}: {type(error).__name__}: {error}"
    return Problem(Place(source.factory), "", what, "report it with this module, please")


def _problem(source: "ModuleSource", fault: Fault) -> Problem:
    """A fault at the line of the user's that it names; of a module without inputs also how to give them."""
    hint = fault.hint
    found = AT.search(hint)
    place = Place(shown_file(found["file"]), int(found["line"]), 1) if found else Place(source.factory)
    if found:
        hint = AT.sub("", hint, count=1).strip()
    if not source.inputs and "forward" in fault.fact:
        hint = f"{hint}: --input 3,224,224, --input tokens=35:int64" if hint else "give --input 3,224,224"
    fact = fault.fact.removeprefix(f"{source.factory} ")  # it stands in front already
    return Problem(place, source.factory if found else "", fact, hint)


def search_folders(source: "ModuleSource") -> list[str]:
    """Folders in which the module is looked for first: the project's, and its ``src``."""
    root = source.root
    inner = root / "src"
    return [str(folder) for folder in (root, inner) if folder == root or _holds(inner, source.module)]


def _holds(folder: FilePath, module: str) -> bool:
    top = module.partition(".")[0]
    return (folder / top).is_dir() or (folder / f"{top}.py").is_file()
