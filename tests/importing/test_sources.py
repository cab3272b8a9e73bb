"""What is taken for a torch module on the command line, and what for a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from archcalc.arriving import given_inputs
from archcalc.cli.sources import parsed_arguments
from archcalc.errors import Fault
from archcalc.facts import Tensor
from archcalc.importing.sources import meant_factory, names_a_factory
from archcalc.loading import is_factory, load
from tests.cli.running import run

if TYPE_CHECKING:
    from archcalc.arriving import GivenInputs


@pytest.mark.parametrize("text", ["net:build", "my.package.net:Net", "a.b:c.d", "m:net", "_a:_b"])
def test_factories(text: str) -> None:
    assert names_a_factory(text)


@pytest.mark.parametrize(
    "text",
    [
        *("resnet18", "-", "my.net", "net.yaml", "a:b:c", ":build", "net:", "my-net:build", "1net:build"),
        *(
            "C:\\models\\net.yaml",
            "C:/models/net.yaml",
            "C:net.yaml",
            "net.py:build",
            "my/net:build",
            "a b:c",
        ),
        *("http://host", "net:build()", "net:1", ""),
    ],
)
def test_no_factories(text: str) -> None:
    assert not names_a_factory(text)


def test_a_file_that_is_there_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_factory("net:build")
    Path("net:build").write_text("inputs: {x: [3]}\nlayers: [{type: Linear, out_features: 2}]\n")
    assert not is_factory("net:build")
    assert list(load("net:build").spec.inputs) == ["x"]


FOUND = "where Python finds it: in the working directory, or with PYTHONPATH"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("my/net.py:build", "my.net:build"),
        ("./net.py:Net", "net:Net"),
        ("net.py", ""),
        ("../net.py:Net", f"net:Net, {FOUND}=.."),
        ("/away/my nets/net.py:Net", f"net:Net, {FOUND}='/away/my nets'"),
        ("../my-net.py:Net", ""),
        ("../net.py:", ""),
        ("net.yaml:Net", ""),
    ],
)
def test_a_path_with_a_name_is_told_how_it_is_written(text: str, meant: str) -> None:
    assert meant_factory(text) == meant


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (["num_classes=10"], {"num_classes": 10}),
        (["a=1", "b=[2, 3]"], {"a": 1, "b": [2, 3]}),
        (["a=1,b=x,c=true"], {"a": 1, "b": "x", "c": True}),
        (["widths=[8,16],depth=2"], {"widths": [8, 16], "depth": 2}),
        (["cfg={a: 1, b: [2]},n=null"], {"cfg": {"a": 1, "b": [2]}, "n": None}),
        (["a='x,b=2',c=0.5"], {"a": "x,b=2", "c": 0.5}),
    ],
)
def test_arguments(written: list[str], values: dict[str, object]) -> None:
    assert parsed_arguments(written) == values


@pytest.mark.parametrize("word", ["10", "=1", "a.b=1", "a", "a=[1"])
def test_arguments_that_are_none(word: str) -> None:
    with pytest.raises(typer.BadParameter):
        parsed_arguments([word])


IMAGE, TOKENS = Tensor((3, 8, 8)), Tensor((35,), "int64")


@pytest.mark.parametrize(
    ("given", "tensors"),
    [
        ((3, 8, 8), [("", IMAGE)]),
        ([3, 8, 8], [("", IMAGE)]),
        ("3,8,8", [("", IMAGE)]),
        ("35:int64", [("", TOKENS)]),
        (35, [("", Tensor((35,)))]),
        (TOKENS, [("", TOKENS)]),
        ([(3, 8, 8), "35:int64"], [("", IMAGE), ("", TOKENS)]),
        ({"x": (3, 8, 8), "y": "35:int64"}, [("x", IMAGE), ("y", TOKENS)]),
        ([("x", (3, 8, 8)), ("y", TOKENS)], [("x", IMAGE), ("y", TOKENS)]),
        ((), []),
    ],
)
def test_inputs(given: "GivenInputs", tensors: list[tuple[str, Tensor]]) -> None:
    assert list(given_inputs(given)) == tensors


@pytest.mark.parametrize("given", ["x", "35:int65", [3, 0], {"x": (3, -1)}, [[3, "a"]]])
def test_inputs_that_are_none(given: "GivenInputs") -> None:
    with pytest.raises(Fault, match=r"needs sizes|no dtype"):
        given_inputs(given)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("shapes", "lenet5", "--args", "a=1"), "needs package.module:factory as SPEC, got 'lenet5'"),
        (("shapes", "net:build", "--set", "a=1"), "a torch module has no variables"),
        (("shapes", "net:build", "--input", "x"), "needs sizes such as 3,224,224"),
        (("shapes", "net:build", "--args", "a"), "needs NAME=VALUE, got 'a'"),
        (("check", "lenet5", "--loss", "MSELoss"), "is for package.module:factory, and none is named"),
        (("check", "net:build", "--set", "a=1"), "a torch module has no variables"),
        (("check", "net:build", "lenet5", "--input", "3"), "check them apart"),
        (("check", "net:build", "--fix"), "changes specs, and no Python"),
        (("check", "net:build", "--watch"), "is for specs"),
        (("verify", "net:build", "--against", "a:b", "--args", "c=1"), "both made by a factory"),
        (("import", "lenet5"), "lenet5 is a spec already"),
        (("import", "net.py:build"), "no such file"),
    ],
    ids=" ".join,
)
def test_wrong_usage(line: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, *line)
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.replace("│", " ").split())
