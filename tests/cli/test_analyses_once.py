"""What is rendered is known: ``render`` runs no analysis, and a command runs none of them twice."""

import ast
import inspect
import sys
from collections import Counter
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING

import pytest

import archcalc
from tests.cli.lines import command_lines
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    Capsys = pytest.CaptureFixture[str]
    Calls = Counter[tuple[object, ...]]

PACKAGE = Path(archcalc.__file__).parent
WALKS = {f"archcalc.analyses.{name}" for name in ("pieces", "spreading", "tracks", "transfer")}
"""What analyses share: ways to go through a trace, which one takes several times and with other things."""
UNTRACED = frozenset(
    [
        "shapes",
        "macs",
        "layer",
        "explain",
        "hdc",
        "layers",
        "zoo",
        "new",
        "schema",
        "decode",
        "memory",
        "signal",
        "solve",
        "verify",
        "import",
        "export",
    ]
)
"""Commands that print something without an analysis of one trace: ``macs`` has a count of its own, ``decode``
looks at several, and what ``memory`` and ``signal`` walk through is no fold of it."""


def analyses() -> "dict[Callable[..., object], str]":
    """The public functions of ``archcalc.analyses`` that look at a whole trace, by themselves."""
    found: dict[Callable[..., object], str] = {}
    for home in {f"archcalc.analyses.{path.stem}" for path in (PACKAGE / "analyses").glob("*.py")} - WALKS:
        module = import_module(home)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not name.startswith("_")
            if own and next(iter(inspect.signature(function).parameters), "") == "trace":
                found[function] = name
    return found


@cache
def uses() -> "list[tuple[Callable[..., object], str, ModuleType, str]]":
    """Every analysis with its name, a module that knows it, and what it is called there."""
    for path in PACKAGE.rglob("*.py"):  # so that no module keeps a function that counts
        if path.stem != "__main__":
            import_module(".".join(("archcalc", *path.relative_to(PACKAGE).with_suffix("").parts)))
    known = analyses()
    return [
        (value, known[value], module, attribute)
        for home, module in sys.modules.copy().items()
        if home.startswith("archcalc")
        for attribute, value in vars(module).items()
        if isinstance(value, FunctionType) and value in known
    ]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> "Calls":
    """How often each analysis was asked for the same of the same trace."""
    counted: Calls = Counter()
    kept: list[object] = []  # an address is one object's as long as it lives

    def counting(function: "Callable[..., object]", name: str) -> "Callable[..., object]":
        @wraps(function)
        def counter(*given: object, **named: object) -> object:
            bound = inspect.signature(function).bind(*given, **named).arguments
            kept.append(bound)
            same = (value if isinstance(value, str | int) else id(value) for value in bound.values())
            counted[name, *zip(bound, same, strict=True)] += 1
            return function(*given, **named)

        return counter

    for function, name, module, attribute in uses():
        monkeypatch.setattr(module, attribute, counting(function, name))
    return counted


@pytest.mark.parametrize("line", list(command_lines()), ids=" ".join)
def test_no_analysis_is_run_twice(line: tuple[str, ...], capsys: "Capsys", calls: "Calls") -> None:
    assert run(capsys, *line).code in (0, 1, 2 * ("AC301" in line and line[-1] in ("csv", "latex")))
    assert not {key: count for key, count in calls.items() if count > 1}
    assert calls or line[0] in UNTRACED


def test_calls_are_counted(capsys: "Capsys", calls: "Calls") -> None:
    run(capsys, "summary", "lenet5")
    assert {str(name) for name, *_ in calls} == {
        "params",
        "macs",
        "receptive_fields",
    }
    network = archcalc.trace(archcalc.load("lenet5"))
    calls.clear()
    for _ in range(2):
        import_module("archcalc.analyses.parameters").params(network)
    assert set(calls.values()) == {2}


def imports(source: str) -> "Iterator[str]":
    """Names that a module imports from the analyses, or modules of these, when it runs."""
    tree = ast.parse(source)
    for_checkers = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_checkers:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("archcalc"):
            yield from (f"{node.module}.{name.name}" for name in node.names)
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("path", sorted((PACKAGE / "render").glob("*.py")), ids=lambda path: path.stem)
def test_what_renders_runs_no_analysis(path: Path) -> None:
    found = [name for name in imports(path.read_text(encoding="utf-8")) if "archcalc.analyses" in name]
    assert not found


def test_an_import_of_an_analysis_is_seen() -> None:
    source = "if TYPE_CHECKING:\n    from archcalc.analyses.compute import MacsReport\ndef f():\n    {}\n"
    assert not list(imports(source.format("pass")))
    for line in ("from archcalc.analyses.compute import macs", "import archcalc.analyses.compute"):
        (name,) = imports(source.format(line))
        assert name.startswith("archcalc.analyses.compute")
    assert list(imports("from archcalc.analyses import compute")) == ["archcalc.analyses.compute"]
