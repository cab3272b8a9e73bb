"""What reports let through: no control character, no command to GitHub; and how a crash ends."""

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archcalc.cli import networks
from archcalc.printable import cleaned, guarded, one_line
from archcalc.render.latex import latex_text
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Sequence

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]|^\\s*::", re.MULTILINE)
EVIL = r"a\n::error file=x::\x1b[31m\u202e"
SPECS = {
    "type": f'inputs: {{x: [4]}}\nlayers: [{{type: "{EVIL}"}}]\n',
    "name": f'inputs: {{x: [4]}}\nlayers: [{{type: ReLU, name: "{EVIL}"}}]\n',
    "network": f'name: "{EVIL}"\ninputs: {{x: [4]}}\nlayers: [ReLU]\n',
    "scope": f'inputs: {{x: [4]}}\nlayers: [ReLU]\nbudgets: {{scopes: {{"{EVIL}": {{params: 1}}}}}}\n',
    "reference": f'inputs: {{x: [4]}}\nlayers: [{{type: ReLU, from: "{EVIL}"}}]\n',
    "expression": f'inputs: {{x: [4]}}\nlayers: [{{type: Linear, out_features: "={EVIL}"}}]\n',
    "init": f'inputs: {{x: [4]}}\nlayers: [{{type: Linear, out_features: 2, init: "{EVIL}"}}]\n',
    "source": "inputs: {x: [4]}\nlayers:\n- type: ReLU\n  ::error: 1\n",
    "ignore": f'inputs: {{x: [4]}}\nignore: ["{EVIL}"]\nlayers: [ReLU]\n',
    "variable": f'vars: {{"{EVIL}": 1}}\ninputs: {{x: [4]}}\nlayers: [ReLU]\n',
    "input": f'inputs: {{"{EVIL}": [4]}}\nlayers: [ReLU]\n',
    "block": f'blocks: {{"{EVIL}": {{layers: [ReLU]}}}}\ninputs: {{x: [4]}}\nlayers: [ReLU]\n',
    "merge": f'inputs: {{x: [4]}}\nlayers: [{{type: Residual, body: [ReLU], merge: "{EVIL}"}}]\n',
    "loss": f'inputs: {{x: [4]}}\nloss: "{EVIL}"\nlayers: [ReLU]\n',
}
COMMANDS: "Sequence[tuple[str, ...]]" = (
    ("shapes",),
    ("check",),
    ("check", "--output-format", "concise"),
    ("check", "--output-format", "junit"),
    ("check", "--output-format", "gitlab"),
    ("check", "--output-format", "sarif"),
    ("summary", "--format", "markdown"),
    ("explain",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", SPECS)
def test_names_reach_no_terminal_and_no_log_raw(
    name: str, command: "tuple[str, ...]", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text(SPECS[name], encoding="utf-8")
    ran = run(capsys, command[0], str(path), *command[1:])
    assert not RAW.search(ran.out + ran.err)
    assert ran.code in (0, 1, 2)


def test_the_name_of_a_file_begins_no_line_as_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("::error::a.yaml", "b\n::error::b.yaml", "c\x1b[2J.yaml", "d\udcff.yaml"):
        Path(name).write_text("inputs: {x: [4]}\nlayers: [Relu]\n", encoding="utf-8")
    for form in ("text", "concise"):
        ran = run(capsys, "check", "--output-format", form)
        assert (ran.code, RAW.search(ran.out)) == (1, None)
        assert "| ::error::a.yaml:2:" in ran.out
    lines = run(capsys, "check", "--output-format", "github").out.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("::error file=") for line in lines)
    assert run(capsys, "check", "--output-format", "sarif").out.count("d%FF.yaml") == 1


@pytest.mark.parametrize("name", SPECS)
def test_an_annotation_of_github_is_one_line_that_turns_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil\u202e\x1b.yaml"
    path.write_text(SPECS[name], encoding="utf-8")
    said = run(capsys, "check", str(path), "--output-format", "github").out
    assert all(line.startswith(("::error file=", "::warning file=")) for line in said.splitlines())
    assert not RAW.search(said.replace("\n::", "\n").removeprefix("::"))


@pytest.mark.parametrize(
    "words",
    [
        ("shapes", "lenet5", "{}"),
        ("{}",),
        ("--{}",),
        ("shapes", "lenet5", "--{}"),
        ("shapes", "lenet5", "--depth", "{}"),
        ("shapes", "lenet5", "--format", "{}"),
        ("shapes", "{}"),
        ("layer", "{}", "3"),
    ],
)
def test_words_of_a_command_line_that_typer_refuses_reach_no_terminal_raw(
    words: "tuple[str, ...]", capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, *(word.replace("{}", "a\n::error::b\x1b[31m\u202ec") for word in words))
    assert (ran.code, RAW.search(ran.out + ran.err)) == (2, None)
    assert r"\u202ec" in ran.err or "--depth" in words


MARKS = "\u202e\u2066\u061c\u200b\u200f\U000e0041"
"""What turns the order of letters or is not seen, and may stand in YAML."""
MARKED = f"""\
# {MARKS}
name: "n{MARKS}"
vars: {{v: 4}}
inputs: {{x: [3, 32, 32]}}
layers:
- {{type: Conv2d, out_channels: =v, kernel_size: 3}}   # {MARKS}
  # ::error::x
- {{type: BatchNorm2d, note: "{MARKS}"}}
- ReLU
"""
QUOTING: "Sequence[tuple[str, ...]]" = (
    ("check",),
    ("check", "--diff"),
    ("check", "--write-baseline", "--baseline", "{new}"),
    ("export", "--to", "torch"),
    ("export", "--to", "torch", "-o", "{new}"),
    ("shapes",),
    ("shapes", "--format", "markdown"),
    ("shapes", "--format", "latex"),
    ("shapes", "--symbolic", "--format", "latex"),
    ("explain", "--format", "latex"),
    ("sweep", "--set", "v=1..3", "--plot", "params,macs"),
)


@pytest.mark.parametrize("command", QUOTING, ids=" ".join)
def test_what_quotes_the_source_shows_its_marks_escaped(
    command: "tuple[str, ...]", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, new = tmp_path / f"{MARKS}.yaml", tmp_path / f"{MARKS}\x1b.json"
    path.write_text(MARKED, encoding="utf-8")
    ran = run(capsys, command[0], str(path), *(word.format(new=new) for word in command[1:]))
    assert ran.code in (0, 1)
    said = ran.out + ran.err
    assert not RAW.search(said)
    assert not set(MARKS) & set(said)
    assert "202e" in said


LINES = (
    r'name: "a\n\nb\n::error::x"' + "\ninputs: {x: [3, 8, 8]}\nlayers: [{type: Linear, out_features: 2}]\n"
)


@pytest.mark.parametrize(
    "command",
    ["summary", "macs", "memory --train", "signal", "shapes --symbolic", "explain", "shapes"],
)
def test_a_name_of_several_lines_is_one_line_for_latex(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(LINES, encoding="utf-8")
    first, *more = command.split()
    out = run(capsys, first, str(path), *more, "--format", "latex").out
    assert r"{a\textbackslash{}n\textbackslash{}nb\textbackslash{}n::error::x" in out
    assert not re.search(r"(?m)^\s*(::|$)", out.rstrip("\n"))


@pytest.mark.parametrize("text", ["::error::x", " ::error::x", "[1]", " [1]"])
def test_no_line_of_latex_begins_as_a_command(text: str) -> None:
    assert latex_text(text) == "{}" + text


def test_exported_code_has_the_name_of_the_network_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(MARKED, encoding="utf-8")
    code = run(capsys, "export", str(path), "--to", "torch").out
    assert (ast.get_docstring(ast.parse(code)) or "").startswith(f"n{MARKS}: x ")


def test_a_diff_is_a_patch_wherever_nothing_is_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(MARKED.replace(MARKS, "\u00e9\u4e2d").replace("::", "").encode().replace(b"\n", b"\r\n"))
    out = run(capsys, "check", "--diff", str(path)).out
    assert "\n+- {type: Conv2d, out_channels: =v, kernel_size: 3, bias: false}   # \u00e9\u4e2d\r\n" in out


def test_one_place_cleans() -> None:
    assert cleaned("a\tb\nc") == "a\tb\nc"
    assert one_line("a\tb\nc\x1b\x9b\u2028\udcff") == r"a\tb\nc\x1b\x9b\u2028\udcff"
    assert guarded("x ::a\n ::b\n##[c]") == "x ::a\n | ::b\n| ##[c]"


def test_a_fault_of_the_program_ends_with_70_and_says_how_to_report_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RecursionError("too deep\n::error::x")

    monkeypatch.setattr(networks, "report", broken)
    ran = run(capsys, "shapes", "lenet5")
    assert ran.code == 70
    assert ran.err.startswith("archcalc ")
    assert r"RecursionError: too deep\n::error::x" in ran.err
    assert "report it, please" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("ARCHCALC_TRACEBACK", "1")
    with pytest.raises(RecursionError):
        run(capsys, "shapes", "lenet5")
