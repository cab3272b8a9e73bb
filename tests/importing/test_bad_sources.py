"""Sources that are no torch module, or do not run: one clear error, exit 2, and nothing else is run."""

import sys
from pathlib import Path

import pytest

from tests.cli.running import run, run_fresh

NET = """\
import sys

import torch
from torch import nn

print("imported", file=sys.stdout)
VALUE = 3


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.fc = nn.Linear(width, 2)

    def forward(self, image):
        x = torch.relu(self.conv(image))
        return self.fc(x.mean(dim=(2, 3)))


def raising():
    raise ValueError("no such thing\\nand more")


def leaving():
    sys.exit(3)


def nothing():
    pass


def number(width):
    return width


def other():
    open("was_run", "w").close()
    return Net()


def two():
    class Two(nn.Module):
        def forward(self, left, right, scale=1.0):
            return left + right

    return Two()
"""
WORDS = """\
import argparse

argparse.ArgumentParser(prog="train").exit(2)
"""
"""As scripts for training begin: Python's own code leaves, and the line that called it is the user's."""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of its own name in a folder of its own, which Python forgets again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("bad_net.py").write_text(NET, encoding="utf-8")
    Path("bad_syntax.py").write_text("def build(:\n    pass\n", encoding="utf-8")
    Path("bad_import.py").write_text("import torch\nimport not_installed_anywhere\n", encoding="utf-8")
    Path("bad_words.py").write_text(WORDS, encoding="utf-8")
    Path("bad_zero.py").write_text("x = 1\0\n", encoding="utf-8")
    for name in [name for name in sys.modules if name.startswith("bad_")]:
        monkeypatch.delitem(sys.modules, name)


ERRORS = [
    ("bad_net:nothing", (), "bad_net:nothing: makes nothing, no torch.nn.Module"),
    (
        "bad_net:number",
        ("--args", "width=4"),
        "bad_net:number: makes an int, no torch.nn.Module",
    ),
    ("bad_net:VALUE", (), "bad_net:VALUE: is an int, and makes no module"),
    ("bad_net:Nett", (), "bad_net:Nett: there is no 'Nett' in bad_net\n  did you mean 'Net'?"),
    (
        "bad_net:raising",
        (),
        "bad_net.py:22:1: bad_net:raising: fails: ValueError: no such thing",
    ),
    ("bad_net:leaving", (), "bad_net.py:26:1: bad_net:leaving: fails: SystemExit: 3"),
    (
        "bad_net:number",
        (),
        "bad_net:number: needs width, which is not given\n  --args 'width=...'",
    ),
    (
        "bad_net:Net",
        ("--args", "depth=4"),
        "bad_net:Net: takes no 'depth'\n  did you mean 'width'?",
    ),
    ("bad_nett:Net", (), "bad_nett:Net: there is no module 'bad_nett'\n  it is looked for in the working"),
    ("bad_syntax:build", (), "bad_syntax.py:1:1: bad_syntax:build: importing bad_syntax fails: SyntaxError"),
    (
        "bad_import:build",
        (),
        "bad_import.py:2:1: bad_import:build: importing bad_import fails: ModuleNotFoundError",
    ),
    ("bad_words:build", (), "bad_words.py:3:1: bad_words:build: importing bad_words fails: SystemExit: 2"),
    ("bad_zero:build", (), "bad_zero:build: importing bad_zero fails: "),
]


@pytest.mark.parametrize(("source", "more", "said"), ERRORS, ids=[f"{s} {' '.join(m)}" for s, m, _ in ERRORS])
def test_what_cannot_be_made(
    source: str, more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, "shapes", source, "--input", "3,8,8", *more)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.removeprefix("imported\n").startswith(said)
    assert "Traceback" not in ran.err
    assert len(ran.err.removeprefix("imported\n").splitlines()) <= 3


@pytest.mark.parametrize("command", ["summary", "check", "verify", "import"])
def test_an_input_that_does_not_fit_is_told_with_the_layer_and_its_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, command, "bad_net:Net", "--input", "4,8,8")
    assert (ran.code, ran.out) == (2, "")
    fails = "a run on image [2, 4, 8, 8] fails in conv (Conv2d): RuntimeError: "
    first, second = ran.err.removeprefix("imported\n").splitlines()
    assert first.startswith(f"bad_net.py:17:1: bad_net:Net: {fails}")
    assert second == "  it is built at bad_net.py:13"


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ((), "forward of Two needs left, right"),
        (("3,8",), "forward of Two needs right"),
        (("left=3,8",), "forward of Two needs right"),
        (("3,8", "3,8", "3,8", "3,8"), "forward of Two takes left, right, scale"),
        (("left=3,8", "3,8"), "some inputs have a name and some have none"),
    ],
)
def test_inputs_that_forward_does_not_take(
    inputs: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, "shapes", "bad_net:two", *(word for each in inputs for word in ("--input", each)))
    assert ran.code == 2
    assert said in ran.err
    assert ("--input 3,224,224" in ran.err) == (not inputs)


def test_nothing_but_the_factory_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "shapes", "bad_net:Net", "--input", "3,8,8").code == 0
    assert not Path("was_run").exists()
    assert run(capsys, "shapes", "bad_net:other", "--input", "3,8,8").code == 0
    assert Path("was_run").exists()


def test_what_a_project_names_and_cannot_be_made_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text(
        "[tool.archcalc]\nmodels = [\n"
        '  {factory = "bad_nett:Net", input = [3, 8, 8]},\n'
        '  {factory = "bad_net:Net", input = [4, 8, 8]},\n'
        '  {factory = "bad_net:Net", input = [3, 8, 8], loss = "NoLoss"},\n]\n'
    )
    ran = run(capsys, "check", "--output-format", "concise")
    assert ran.code == 1
    first, second, third, *rest = ran.out.splitlines()
    assert first.startswith("pyproject.toml:3:1: AC001 [error] bad_nett:Net: there is no module 'bad_nett'")
    assert second.startswith("bad_net.py:17:1: AC001 [error] bad_net:Net: a run on image [2, 4, 8, 8] fails")
    assert third.startswith("pyproject.toml:5:1: AC001 [error] loss: ")
    assert rest == ["3 torch modules checked: 3 errors"]


@pytest.mark.parametrize("line", ["summary net:build --input 3,8,8", "check", "import net:build"])
def test_without_torch_one_line_says_what_to_install(line: str) -> None:
    Path("torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')\n", encoding="utf-8")
    Path("pyproject.toml").write_text(
        '[tool.archcalc]\nmodels = [{factory = "net:build", input = [3]}, {factory = "a:b", input = [3]}]\n'
    )
    ran = run_fresh(*line.split(), cwd=Path.cwd(), PYTHONPATH=f"{Path.cwd()}:{Path(__file__).parents[2]}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "net:build: a torch module needs torch, an extra: pip install 'archcalc[torch]'\n"


@pytest.mark.parametrize("name", ["model.bin", "model.pt", "model.xyz", "model.py"])
def test_a_file_of_another_kind_is_one_error(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(name).write_bytes(b"import torch\n" if name.endswith(".py") else b"\x80\x02\x00\x01\x02")
    ran = run(capsys, "import", name)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{name}:1:1: ")
