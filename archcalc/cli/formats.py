"""How reports are written: every format by its name on the command line, with what writes it."""

from enum import Enum
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import typer

from archcalc.render import emit
from archcalc.render.finding_formats import findings_github, findings_gitlab, findings_json
from archcalc.render.findings import findings_concise, findings_text
from archcalc.render.latex import latex
from archcalc.render.sarif import findings_sarif

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archcalc.render.cells import Table
    from archcalc.rules.engine.report import FileReport

    TableText = Callable[[Table], str]
    FindingsText = Callable[[Iterable[FileReport]], Iterator[str]]
    Own = Mapping["Format", Callable[[], str]]

Writer = TypeVar("Writer")


class _Named(str, Generic[Writer]):
    """The name of a format, with what writes it."""

    __slots__ = ("written",)
    written: Writer

    def __new__(cls, name: str, written: Writer) -> Self:
        named = super().__new__(cls, name)
        named.written = written
        return named


def _junit(reports: "Iterable[FileReport]") -> "Iterator[str]":
    from archcalc.render.junit import findings_junit

    return findings_junit(reports)


class Format(_Named["TableText"], Enum):
    """Formats of ``--format``, each with the text of a table in it."""

    table = "table", emit.text
    json = "json", emit.json_rows
    csv = "csv", emit.csv
    markdown = "markdown", emit.markdown
    latex = "latex", latex


class FindingFormat(_Named["FindingsText"], Enum):
    """Formats of ``--output-format``, each with the text of the findings in it, piece by piece."""

    text = "text", findings_text
    concise = "concise", findings_concise
    json = "json", findings_json
    github = "github", findings_github
    gitlab = "gitlab", findings_gitlab
    sarif = "sarif", findings_sarif
    junit = "junit", _junit


def show(form: Format, tables: "Callable[[], Iterable[Table]]", own: "Own | None" = None) -> None:
    """Print what a command has of its own for a format, or its tables with a line between."""
    text = own[form]() if own and form in own else "\n".join(map(form.written, tables()))
    typer.echo(text, nl=False)
