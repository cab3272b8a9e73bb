"""The table of mutants fits the sources: what it changes stands there once, and means something else then."""

import ast
import builtins
from pathlib import Path

import pytest

from archcalc.layers.registry import KINDS
from tests.mutate.mutant import MUTANTS, PACKAGE, ROOT, Mutant, parsed

WITHOUT_READS = (
    *(
        "rectifiers",
        "sloped_rectifiers",
        "exponential_units",
        "self_gated",
        "sigmoids",
        "clipping",
        "dropout",
        "scaling",
        "sampling",
    ),
    *("max_pooling", "average_pooling", "power_pooling", "adaptive_average_pooling", "adaptive_max_pooling"),
    *("batch_normalization", "instance_normalization", "graph_pooling", "sampling"),
)
"""Layer families without reads of their own: those of a number by itself, of a reduction or of a base."""


def bound(tree: ast.Module) -> set[str]:
    """Names that a module binds anywhere."""
    found = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return found


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_another_program_that_runs(mutant: Mutant) -> None:
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    before, after = (ast.parse(text) for text in (source, mutant.applied(source)))
    assert ast.dump(before) != ast.dump(after)
    used = {node.id for node in ast.walk(after) if isinstance(node, ast.Name)}
    assert used <= bound(after), "a name that nothing binds is noticed by any test"
    assert mutant.tests
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists()
        assert name.partition("[")[0] in ((ROOT / path).read_text(encoding="utf-8") if name else "")
        assert "[" not in name or name.partition("[")[2].removesuffix("]") in KINDS


def test_mutants_are_distinct_and_of_every_formula_and_layer_family() -> None:
    assert len({(mutant.path, mutant.changes) for mutant in MUTANTS}) == len(MUTANTS) >= 60
    families = {f"layers/{family}" for family in {*KINDS.values()} - {*WITHOUT_READS}}
    formulas = {f"formulas/{path.stem}" for path in Path(ROOT, PACKAGE, "formulas").glob("[!_]*.py")}
    assert families | formulas <= {mutant.path for mutant in MUTANTS}


@pytest.mark.parametrize("text", ["return 1", "nothing of it"])
def test_a_text_that_stands_there_twice_or_never_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="times, not once"):
        Mutant("any", (), ((text, "pass"),)).applied("return 1\nreturn 1\n")


def test_a_table_is_read_line_by_line() -> None:
    text = "# words\n\n@ a/b kinds reads:ReLU\n- one\n-   two\n+ 1\n- three\n+ 3\n\n@ c kinds\n- x\n+ y\n"
    first, second = parsed(text)
    assert first.changes == (("one\n  two", "1"), ("three", "3"))
    assert (first.path, first.tests[0], second.path) == ("a/b", "tests/kinds", "c")
    assert first.tests[1].endswith("[ReLU]")
