"""``check --diff`` as patch takes it: odd names, ends of lines; what is no patch is left out and told."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import run

SPEC = """\
inputs: {x: [3, 8, 8]}
layers:
- {type: Conv2d, out_channels: 8, kernel_size: 3}
- BatchNorm2d
"""
NAMES = ("a.yaml", "a b.yaml", "a  b .yaml", 'a"b.yaml', "a\\b.yaml", "\u00e9.yaml")
UNFIT = (
    "a\nb.yaml",
    "a\tb.yaml",
    "a\x1bb.yaml",
    "a\u202eb.yaml",
    "a\udcff.yaml",
    " a.yaml",
    '"a.yaml',
    "a\n::error::x.yaml",
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


@pytest.mark.parametrize("tool", ["patch -p0", "git apply -p0"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", NAMES)
def test_patch_and_git_take_it(name: str, end: str, tool: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = tool.split()
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {command[0]}")
    content = SPEC.replace("\n", end).encode()
    Path(name).write_bytes(content)
    ran = run(capsys, "check", "--quiet", "--diff", name)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith(f"--- {name}\t\n" if " " in name else f"--- {name}\n")
    subprocess.run(command, input=ran.out.encode(), check=True, capture_output=True)
    assert Path(name).read_bytes() == content.replace(b": 3}", b": 3, bias: false}")


@pytest.mark.parametrize("name", UNFIT)
def test_a_name_that_no_header_may_have_is_left_out_and_told(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text(SPEC, encoding="utf-8")
    Path("b.yaml").write_text(SPEC, encoding="utf-8")
    ran = run(capsys, "check", "--diff", name, "b.yaml")
    assert (ran.code, ran.out.count("--- "), ran.out.count("--- b.yaml")) == (1, 1, 1)
    said = "no patch: its name has signs that no header of a patch may have; --fix mends it in place\n"
    assert ran.err.count(said) == 1


@pytest.mark.parametrize("end", ["\r", "\x85", "\u2028"])
def test_lines_that_end_otherwise_are_left_out_and_told(end: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("a.yaml")
    for text in (SPEC.replace("\n", end), SPEC.replace("\n- B", f"{end}- B")):
        path.write_bytes(text.encode())
        ran = run(capsys, "check", "--diff", "a.yaml")
        assert (ran.code, ran.out) == (1, "")
        told = "a.yaml: no patch: some of its lines do not end with a line feed; --fix mends it in place\n"
        assert told in ran.err
        run(capsys, "check", "--fix", "a.yaml")
        assert path.read_bytes() == text.replace(": 3}", ": 3, bias: false}").encode()


@pytest.mark.parametrize("line", ["# \u202e", "##[group] stem"])
def test_lines_that_are_only_shown_escaped_are_left_out_and_told(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a.yaml").write_text(SPEC.replace("- B", f"{line}\n- B"), encoding="utf-8")
    ran = run(capsys, "check", "--diff", "a.yaml")
    assert (ran.code, ran.out) == (1, "")
    assert "a.yaml: no patch: its lines have signs that are only shown escaped; --fix mends it" in ran.err
