"""``models`` in pyproject.toml: what they mean, on which line each stands, and what is wrong with one."""

from pathlib import Path
from textwrap import dedent

import pytest

from archcalc.errors import Fault
from archcalc.facts import Tensor
from archcalc.rules.engine.targets import targets
from archcalc.rules.models import ProjectModel
from archcalc.rules.selection import Selection
from archcalc.rules.settings import forget_settings, settings_for


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    forget_settings()


def models(text: str) -> tuple[ProjectModel, ...]:
    """The models of a pyproject.toml with this in it."""
    Path("pyproject.toml").write_text(dedent(text), encoding="utf-8")
    forget_settings()
    return settings_for(Path(), Selection()).models


LATER = 'input = {x = [3, 8, 8], t = "35:int64"}, loss = "CrossEntropyLoss", training = {batch_size = 2}'


def test_entries_in_a_list() -> None:
    first, second = models(
        """\
        [tool.other]
        models = [{factory = "no:no"}]

        [tool.archcalc]
        # models = [{
        models = [
          {factory = "my.net:build", input = [3, 224, 224]},  # {
          {factory = "my.net:Net", args = {width = [8, 16], cfg = {a = 1}}, LATER},
        ]
        """.replace("LATER", LATER)
    )
    assert (first.source.factory, first.source.inputs) == ("my.net:build", (("", Tensor((3, 224, 224))),))
    assert (first.place.file, first.place.line, first.source.folder) == ("pyproject.toml", 7, Path.cwd())
    assert second.source.inputs == (("x", Tensor((3, 8, 8))), ("t", Tensor((35,), "int64")))
    assert second.source.arguments == {"width": [8, 16], "cfg": {"a": 1}}
    assert second.goals.values == {"loss": "CrossEntropyLoss", "training": {"batch_size": 2}}
    assert second.place.line == 8


def test_entries_as_tables() -> None:
    first, second = models(
        """\
        [[tool.archcalc.models]]
        factory = "my.net:build"
        input = [[3, 8, 8], {shape = [35], dtype = "int64"}]

        [[tool.archcalc.models]]
        factory = "my.net:other"
        input = "35:int64"
        """
    )
    assert first.source.inputs == (("", Tensor((3, 8, 8))), ("", Tensor((35,), "int64")))
    assert [first.place.line, second.place.line] == [1, 5]
    assert second.source.inputs == (("", Tensor((35,), "int64")),)


GOOD = '{factory = "a:b", input = [3]}'


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{input = [3]}", "an entry of models needs a factory"),
        ("{factory = 3, input = [3]}", "an entry of models needs a factory"),
        ('{factory = "net.yaml", input = [3]}', "'net.yaml' is not of the form package.module:factory"),
        ('{factory = "a:b"}', "a:b has no input"),
        ('{factory = "a:b", input = []}', "input needs sizes, got []"),
        ('{factory = "a:b", input = 0.5}', "input needs sizes, got 0.5"),
        ('{factory = "a:b", input = {x = "3,q"}}', "input of a:b: needs sizes such as 3,224,224, got '3,q'"),
        ('{factory = "a:b", input = true}', "input needs sizes, got True"),
        ('{factory = "a:b", input = [3, 0]}', "input of a:b: needs sizes of at least 1, got '3,0'"),
        ('{factory = "a:b", input = "35:int65"}', "input of a:b: no dtype 'int65'"),
        ('{factory = "a:b", input = {x = {size = [3]}}}', "an input needs a shape and a dtype"),
        ('{factory = "a:b", input = [3], args = 3}', "args of a:b needs a table of arguments"),
        (
            '{factory = "a:b", inputs = [3]}',
            "unknown key 'inputs' in an entry of models; did you mean 'input'?",
        ),
        ("3", "an entry of models needs a factory"),
    ],
)
def test_a_wrong_entry_is_told_with_its_line(entry: str, said: str) -> None:
    with pytest.raises(Fault) as caught:
        models(
            f"[tool.archcalc]\nmodels = [\n  {GOOD},\n  {GOOD},\n  {entry},\n]\n"
            if entry != "3"
            else "[tool.archcalc]\n\nmodels = [3]\n"
        )
    line = 5 if entry != "3" else 3
    assert str(caught.value).startswith(f"{Path.cwd() / 'pyproject.toml'}:{line}: {said}")


def test_no_list_is_told() -> None:
    with pytest.raises(Fault, match=r"pyproject\.toml:2: models needs a list of tables"):
        models('[tool.archcalc]\nmodels = "a:b"\n')


def factories(*paths: str, specs_only: bool = False) -> list[str]:
    """The modules that a check of these paths judges."""
    return [task.source.factory for task in targets(paths, Selection(), specs_only=specs_only).modules]


def test_whose_models_are_judged() -> None:
    models(f"[tool.archcalc]\nmodels = [{GOOD}]\n")
    Path("sub/own").mkdir(parents=True)
    Path("sub/own/pyproject.toml").write_text('[tool.archcalc]\nmodels = [{factory = "c:d", input = [3]}]\n')
    for name in ("net.py", "sub/net.py", "sub/own/net.py", "sub/spec.yaml"):
        Path(name).write_text("", encoding="utf-8")
    assert factories() == ["a:b", "c:d"]  # each once
    assert factories(".") == ["a:b", "c:d"]
    assert factories("sub") == ["c:d"]  # a folder is asked for, and not the project around it
    assert factories("pyproject.toml") == ["a:b"]
    assert factories("sub/spec.yaml", specs_only=True) == []
    assert factories("net.py", "sub/net.py", "sub/own/net.py", specs_only=True) == ["a:b", "c:d"]
    assert factories("sub/own/pyproject.toml", specs_only=True) == ["c:d"]


def test_below_the_project_its_models_are_judged_where_no_path_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models(f"[tool.archcalc]\nmodels = [{GOOD}]\n")
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    assert factories() == ["a:b"]
    assert factories(".") == []
