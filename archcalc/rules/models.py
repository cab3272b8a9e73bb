"""``models`` of ``[tool.archcalc]``: the torch modules of a project that a check judges, line by line."""

import re
from typing import TYPE_CHECKING, cast

from archcalc.arriving import given_inputs
from archcalc.errors import Fault, Place, nearest, shortened
from archcalc.importing.sources import Goals, ModuleSource, names_a_factory, shown_file
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from archcalc.arriving import GivenSizes

GOALS = ("task", "loss", "min_receptive_field", "training", "budgets", "ignore")
KEYS = ("factory", "input", "args", *GOALS)
FORM = 'write models = [{factory = "my.net:build", input = [3, 224, 224]}]'
STRING = re.compile(r"'''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ProjectModel:
    """A torch module that a project has.

    Args:
        source: what makes it, and what it is run on.
        goals: what it is for.
    """

    source: ModuleSource
    goals: Goals

    @property
    def place(self) -> Place:
        """Where the project says so."""
        return self.goals.place or Place(self.source.factory)


def project_models(file: "Path", text: str, value: object) -> tuple[ProjectModel, ...]:
    """The modules that a pyproject.toml has.

    Args:
        file: its path.
        text: all of it.
        value: of ``models``.

    Raises:
        Fault: an entry is wrong; the fact begins with file and line.
    """
    if not isinstance(value, list):
        raise Fault(f"{file}:{_first_line(text)}: models needs a list of tables", hint=FORM)
    entries = cast("list[object]", value)
    lines = [*_entry_lines(text)]
    known = lines if len(lines) == len(entries) else [_first_line(text)] * len(entries)
    return tuple(_model(file, line, entry) for line, entry in zip(known, entries, strict=True))


def _model(file: "Path", line: int, entry: object) -> ProjectModel:
    table = cast("Mapping[str, object]", entry if isinstance(entry, dict) else {})
    place = Place(shown_file(str(file)), line, 1)
    try:
        source = _source(file, table)
    except Fault as fault:
        raise Fault(f"{file}:{line}: {fault.fact}", hint=fault.hint) from None
    return ProjectModel(source, Goals({key: table[key] for key in GOALS if key in table}, place))


def _source(file: "Path", table: "Mapping[str, object]") -> ModuleSource:
    for key in table:
        if key not in KEYS:
            raise Fault(f"unknown key {key!r} in an entry of models", hint=nearest(key, KEYS))
    factory, arguments = table.get("factory"), table.get("args", {})
    if not isinstance(factory, str):
        raise Fault("an entry of models needs a factory", hint=FORM)
    if not names_a_factory(factory):
        raise Fault(f"{factory!r} is not of the form package.module:factory", hint=FORM)
    if not isinstance(arguments, dict):
        raise Fault(f"args of {factory} needs a table of arguments", hint="write args = {num_classes = 10}")
    if "input" not in table:
        raise Fault(f"{factory} has no input", hint="write input = [3, 224, 224], without the batch")
    given = _inputs(table["input"])
    try:
        inputs = given_inputs(given)
    except Fault as fault:
        raise Fault(f"input of {factory}: {shortened(fault.fact)}", hint=fault.hint) from None
    return ModuleSource(factory, cast("dict[str, object]", arguments), inputs, file.parent)


def _inputs(value: object) -> "Mapping[str, GivenSizes] | list[GivenSizes] | str":
    """What arrives: sizes, a text as ``35:int64``, several of these, or a table of names."""
    if isinstance(value, dict):
        return {name: _sizes(each) for name, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        raise Fault(
            f"input needs sizes, got {value!r}", hint="write input = [3, 224, 224], without the batch"
        )
    return [_sizes(each) for each in cast("list[object]", value)]


def _sizes(value: object) -> "GivenSizes":
    """GivenSizes, or a table of a shape and its dtype."""
    if isinstance(value, dict):
        table = cast("Mapping[str, object]", value)
        if set(table) - {"shape", "dtype"} or not isinstance(table.get("shape"), list):
            fact = f"an input needs a shape and a dtype, got {value!r}"
            raise Fault(fact, hint="write {shape = [35], dtype = 'int64'}")
        sizes = ",".join(map(str, cast("list[object]", table["shape"])))
        return f"{sizes}:{table.get('dtype', 'float32')}"
    if isinstance(value, bool) or not isinstance(value, int | str | list):
        raise Fault(
            f"input needs sizes, got {value!r}", hint="write input = [3, 224, 224], without the batch"
        )
    return cast("GivenSizes", value)


def _first_line(text: str) -> int:
    """The line of the setting itself."""
    blank = bare(text)
    found = re.compile(r"\bmodels\s*=|\[\[\s*tool\.archcalc\.models").search(blank, _own(blank))
    return _line(text, found.end()) if found else 1


def _own(blank: str) -> int:
    """Where the settings of archcalc begin: other tools may have models as well."""
    header = re.search(r"^\s*\[\s*tool\.archcalc\s*\]", blank, re.MULTILINE)
    return header.end() if header else 0


def _entry_lines(text: str) -> "Iterator[int]":
    """The line on which each entry begins: a table in the list, or one with a header of its own."""
    blank = bare(text)
    headers = [found.start() for found in re.finditer(r"\[\[\s*tool\.archcalc\.models\s*\]\]", blank)]
    if headers:
        yield from (_line(text, start) for start in headers)
        return
    begin = re.compile(r"\bmodels\s*=\s*\[").search(blank, _own(blank))
    depth = 0
    for offset in range(begin.end() if begin else len(blank), len(blank)):
        char = blank[offset]
        if char == "{" and not depth:
            yield _line(text, offset)
        depth += (char in "[{") - (char in "]}")
        if depth < 0:
            return


def bare(text: str) -> str:
    """The text with blanks for what strings and comments hold, each sign in its place."""
    return STRING.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
