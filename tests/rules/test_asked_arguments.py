"""Arguments that rules ask of any kind: a name that no kind has would be a silent default."""

import ast
from pathlib import Path

import pytest

import archcalc
from archcalc.layers.registry import KINDS, kind

PACKAGE = Path(archcalc.__file__).parent
FIELDS = {field for name in KINDS for field in (*kind(name).model_fields, *kind(name).__class_vars__)}


def asked(source: str) -> set[str]:
    """Names of arguments in ``getattr(layer.arguments, "name", default)``."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {
        str(name.value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "getattr"
        for owner, name in [call.args[:2]]
        if isinstance(owner, ast.Attribute) and owner.attr == "arguments" and isinstance(name, ast.Constant)
    }


@pytest.mark.parametrize("room", ["rules", "analyses", "render", "cures", "propagating"])
def test_every_argument_that_is_asked_for_is_one_of_some_kind(room: str) -> None:
    for path in (PACKAGE / room).rglob("*.py"):
        assert asked(path.read_text(encoding="utf-8")) <= FIELDS, path


def test_a_misspelt_argument_is_seen() -> None:
    assert asked('p = getattr(layer.arguments, "groop", 1)') == {"groop"}
    assert "groop" not in FIELDS
    assert asked((PACKAGE / "cures/shortcutting.py").read_text(encoding="utf-8")) == {"groups"}
