"""Every public name of the package is defined once, so that it means one thing."""

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import archcalc
from archcalc.cli.commands import COMMANDS
from archcalc.layers.registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(archcalc.__file__).parent
CONVENTIONS = {"check", "restate"}
"""Names that the files of a room have by agreement: what a rule asks."""
MODULES = "bridge/modules/"
"""The room of torch modules, which are called as the kinds that they are."""


def definitions(source: str) -> "Iterator[str]":
    """Public classes, functions and named types at the top of a module."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef):
            names = [statement.name]
        elif isinstance(statement, ast.Assign):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            names = [name for name in names if not name.isupper()]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def defined_twice(sources: dict[str, str]) -> dict[str, list[str]]:
    """Names with the modules that define them, where these are several; a command is named as it is typed."""
    homes: dict[str, list[str]] = defaultdict(list)
    for module, source in sources.items():
        known = (
            COMMANDS
            if module.startswith(("cli/", "python/"))
            else KINDS
            if module.startswith(MODULES)
            else ()
        )
        for name in definitions(source):
            if name not in CONVENTIONS and name not in known:
                homes[name].append(module)
    return {name: modules for name, modules in homes.items() if len(modules) > 1}


def test_no_public_name_is_defined_twice() -> None:
    files = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}
    assert len(files) > 200
    assert not defined_twice({module: path.read_text(encoding="utf-8") for module, path in files.items()})


@pytest.mark.parametrize("again", ["class Step: ...", "def Step(): ...", "Step = int"])
def test_a_name_that_comes_back_is_named(again: str) -> None:
    sources = {
        "analyses/a.py": "class Step: ...\ndef check(): ...",
        "rules/b.py": f"def check(): ...\n{again}",
    }
    assert defined_twice(sources) == {"Step": ["analyses/a.py", "rules/b.py"]}
