"""How reports are written: every format by its name on the command line, with what writes it."""

from enum import Enum
from typing import TYPE_CHECKING, Generic, Self, TypeVar, cast

import typer

from archcalc.cli.homes import function_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archcalc.render.cells import Table
    from archcalc.rules.engine.report import FileReport

    TableText = Callable[[Table], str]
    FindingsText = Callable[[Iterable[FileReport]], Iterator[str]]
    Own = Mapping["Format", Callable[[], str | Iterator[str]]]

Writer = TypeVar("Writer")


class _Named(str, Generic[Writer]):
    """The name of a format, and where in ``archcalc/render`` the function stands that writes it."""

    __slots__ = ("home",)
    home: str

    def __new__(cls, name: str, home: str) -> Self:
        named = super().__new__(cls, name)
        named.home = home
        return named

    @property
    def written(self) -> Writer:
        """What writes it, imported."""
        return cast("Writer", function_at(f"render.{self.home}"))


class Format(_Named["TableText"], Enum):
    """Formats of ``--format``, each with the text of a table in it."""

    table = "table", "emit.text"
    json = "json", "emit.json_rows"
    csv = "csv", "emit.csv"
    markdown = "markdown", "markdown.markdown"
    latex = "latex", "latex.latex"


class FindingFormat(_Named["FindingsText"], Enum):
    """Formats of ``--output-format``, each with the text of the findings in it, piece by piece."""

    text = "text", "findings.findings_text"
    concise = "concise", "findings.findings_concise"
    json = "json", "finding_formats.findings_json"
    github = "github", "finding_formats.findings_github"
    gitlab = "gitlab", "finding_formats.findings_gitlab"
    sarif = "sarif", "sarif.findings_sarif"
    junit = "junit", "junit.findings_junit"


def show(form: Format, tables: "Callable[[], Iterable[Table]]", own: "Own | None" = None) -> None:
    """Print what a command has of its own for a format, piece by piece, or its tables with a line between."""
    text = own[form]() if own and form in own else "\n".join(map(form.written, tables()))
    for piece in [text] if isinstance(text, str) else text:
        typer.echo(piece, nl=False)
