"""A layer of each kind, explained as on file: a file a family, written anew by ``--write-golden``."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcalc.layers.registry import KINDS
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Iterable

GOLDEN = Path(__file__).parent / "golden"
LINES = (Path(__file__).parent / "kinds.txt").read_text(encoding="utf-8").splitlines()
"""A layer of each kind, as the command line has it."""
FAMILIES = {family: [line for line in LINES if KINDS[line.split()[0]] == family] for family in KINDS.values()}
"""Those of every family of kinds."""


def words_of(line: str) -> list[str]:
    """The words of a line; what is in braces is one."""
    before, brace, behind = line.partition(" outputs=")
    return [*before.split(), *([f"outputs={behind}"] if brace else [])]


def without_spaces(lines: "Iterable[str]") -> str:
    """A table whose columns are not aligned: a longer cell changes its own line alone."""
    return "".join(f"{'  '.join(part for part in line.split('   ') if part)}\n" for line in lines)


def told(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """A layer and its explanation."""
    ran = run(capsys, "explain", *words_of(line))
    assert (ran.code, ran.err) == (0, ""), line
    rows = (row for row in ran.out.splitlines() if not row.startswith("─"))
    return f"$ archcalc explain {line}\n{without_spaces(rows)}"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_layers_of_a_family_are_explained_as_on_file(
    family: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    found = "\n".join(told(line, capsys) for line in FAMILIES[family])
    path = GOLDEN / f"{family}.txt"
    if request.config.getoption("--write-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_every_kind_has_a_layer_and_every_family_a_file() -> None:
    assert [line.split()[0] for line in LINES] == list(KINDS), (
        "one layer of each kind, as they are registered"
    )
    assert {path.stem for path in GOLDEN.iterdir()} == FAMILIES.keys()
