"""A torch module in the place of a spec: every command, ``import``, and the functions of Python."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import archcalc
from archcalc.importing.checking import Agreement, agreement
from archcalc.rules.settings import forget_settings
from tests.cli.running import run

if TYPE_CHECKING:
    from archcalc.importing.program import Program
    from archcalc.importing.recording import Recording

SOURCE = ("planted.clean:Clean", "--input", "3,32,32")
PARAMS = "params 5,466: trainable 5,466, non-trainable 0; buffers 98"


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("shapes", ()),
        ("params", ("--freeze", "conv1")),
        ("rf", ("--layer", "conv2")),
        ("summary", ("--format", "json")),
        ("attention", ()),
        ("check", ()),
        ("verify", ()),
        ("export", ("--to", "torch")),
    ],
)
@pytest.mark.usefixtures("package")
def test_every_command_takes_it(
    command: str, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, command, *SOURCE, *more)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out


@pytest.mark.parametrize(
    "command",
    ["shapes", "params", "rf", "summary", "attention", "decode", "check", "verify", "import", "export"],
)
def test_the_help_says_what_is_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(run(capsys, command, "-h").out.replace("│", " ").split())
    assert "only this factory is run, and the top level of its module, which is imported" in text
    assert "--args" in text
    assert "--no-cache" in text
    assert text.isascii() or not any(ord(char) > 0x2FFF for char in text)  # no pictures in the place of words


@pytest.mark.usefixtures("package")
def test_an_argument_of_the_factory_and_an_input_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "params", "planted.clean:Clean", "--input", "image=3,16,16", "--args", "classes=7")
    assert (ran.code, ran.err) == (0, "")
    assert "fc" in ran.out
    assert "[7, 32]" in ran.out


@pytest.mark.usefixtures("project")
def test_an_import_is_a_spec_of_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "import", *SOURCE, "-o", "clean.yaml")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[:2] == [
        "clean.yaml is written",
        "planted.clean:Clean: the spec has exactly what the module has",
    ]
    params = run(capsys, "params", "clean.yaml")
    assert params.out.splitlines()[-1] == PARAMS
    assert params.out == run(capsys, "params", *SOURCE).out
    again = run(capsys, "import", *SOURCE, "-o", "clean.yaml")
    assert again.code == 2
    assert "is there already" in again.err


@pytest.mark.usefixtures("package")
def test_flat_has_an_entry_for_every_layer(capsys: pytest.CaptureFixture[str]) -> None:
    line = ("import", "planted.vision:build", "--input", "3,64,64")
    flat, readable = run(capsys, *line, "--flat"), run(capsys, *line)
    assert (flat.code, readable.code) == (0, 0)
    assert flat.out.count("Conv2d") == 2 * 6 + 3
    assert "repeat: 6" in readable.out
    assert "repeat" not in flat.out
    assert flat.err == readable.err


def differing(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """An agreement in which something is another way than it was found."""
    monkeypatch.setenv("ARCHCALC_CACHE", "off")

    def changed(recording: "Recording", program: "Program", trace: archcalc.Trace) -> Agreement:
        return replace(agreement(recording, program, trace), **changes)  # type: ignore[arg-type]  # as given

    monkeypatch.setattr("archcalc.importing.opening.agreement", changed)


@pytest.mark.usefixtures("package")
def test_a_difference_is_told_and_ends_an_import_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    differing(monkeypatch, differences=("buffer a [3] is not in the module",) * 30)
    ran = run(capsys, "import", *SOURCE)
    assert ran.code == 1
    assert ran.out.startswith("name: Clean\n")
    first, second, *_ = ran.err.splitlines()
    assert first == "planted.clean:Clean: the spec differs from the module"
    assert second == "  difference: buffer a [3] is not in the module"
    assert "  and 10 more differences" in ran.err
    ran = run(capsys, "shapes", *SOURCE)
    assert ran.code == 0
    told = "warning: planted.clean:Clean: the spec differs from the module: buffer a [3] is not in the module"
    assert ran.err.splitlines()[0] == told


@pytest.mark.usefixtures("package")
def test_operators_without_a_kind_make_lower_bounds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    differing(
        monkeypatch, opaque={"torch.fft.fft": 2, "torch.linalg.qr": 1}, unused=("a.weight",), remarks=("so",)
    )
    ran = run(capsys, "import", *SOURCE)
    assert ran.code == 0
    known = "no kind is known for torch.fft.fft (2 times), torch.linalg.qr: shapes and weights are right,"
    assert f"  {known} MACs are a lower bound\n" in ran.err
    assert "  parameters that nothing uses: a.weight\n  remark: so\n" in ran.err
    ran = run(capsys, "summary", *SOURCE)
    assert ran.err.startswith(f"warning: planted.clean:Clean: {known}")
    ran = run(capsys, "check", *SOURCE)
    assert (ran.code, known in ran.err) == (0, True)


@pytest.mark.usefixtures("project")
def test_known_findings_of_a_module_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    source = ("planted.vision:build", "--input", "3,64,64")
    line = ("check", *source, "--baseline", "known.json", "--output-format", "concise")
    assert run(capsys, *line, "--write-baseline").code == 0
    assert run(capsys, *line).out.startswith("1 torch module checked, 5 known findings left out")
    assert run(capsys, "check", ".", "--baseline", "known.json", "--write-baseline").code == 0
    assert run(capsys, *line).code == 0  # of what was not looked at the entries stay
    Path("pyproject.toml").write_text(
        '[tool.archcalc.per-file-ignores]\n"planted/vision.py" = ["AC3", "AC1"]\n'
    )
    forget_settings()
    silent = run(capsys, "check", *source, "--output-format", "concise").out
    assert [text.split()[1] for text in silent.splitlines()[:-1]] == ["AC203"]


NET = """\
from torch import nn


class Net(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)  # archcalc: ignore[AC301] as published
        self.norm = nn.BatchNorm2d(8) if norm else nn.Identity()
        self.fc = nn.Linear(8, 2)  # archcalc: ignore[AC201]

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).mean(dim=(2, 3)))
"""


def test_what_two_modules_share_is_told_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "net_of_two.py").write_text(NET, encoding="utf-8")
    entry = '{factory = "net_of_two:Net", input = [3, 8, 8], args = {norm = NORM}}'
    both = ", ".join(entry.replace("NORM", norm) for norm in ("true", "false"))
    (project / "pyproject.toml").write_text(f"[tool.archcalc]\nmodels = [{both}]\n")
    ran = run(capsys, "check", "--output-format", "concise")  # the first suppression is of use in one of them
    told = "AC002 [warning] AC201 is ignored here, but nothing of it is found"
    assert ran.out.splitlines() == [
        f"net_of_two.py:9:55: {told}",
        "2 torch modules checked: 1 warning",
    ]
    line = ("check", "net_of_two:Net", "--input", "3,8,8", "--output-format", "concise", "--args")
    assert "net_of_two.py:7:60: AC002" in run(capsys, *line, "norm=false").out
    assert "net_of_two.py:7:60: AC002" not in run(capsys, *line, "norm=true").out


@pytest.mark.usefixtures("package")
def test_the_functions_of_python_take_it(capsys: pytest.CaptureFixture[str]) -> None:
    model = archcalc.load("planted.clean:Clean", inputs=(3, 32, 32), arguments={"classes": 10})
    assert archcalc.params(model).params == 5_466
    assert archcalc.params("planted.clean:Clean", input={"image": (3, 32, 32)}).params == 5_466
    assert archcalc.params("planted.clean:Clean", input=[(3, 32, 32)], args={"classes": 1}).params == 5_169
    assert (
        str(archcalc.summary("planted.clean:Clean", input="3,32,32")) == run(capsys, "summary", *SOURCE).out
    )
    assert not list(archcalc.check("planted.clean:Clean", input=(3, 32, 32)))
    with pytest.raises(archcalc.SpecError, match="forward of Clean needs image"):
        archcalc.shapes("planted.clean:Clean")
    with pytest.raises(archcalc.Fault, match=r"args are those of package\.module:factory"):
        archcalc.shapes("lenet5", args={"classes": 3})
    with pytest.raises(archcalc.Fault, match="arguments and inputs are those of"):
        archcalc.load("lenet5", inputs=(1, 28, 28))


def test_torch_is_found_where_the_project_keeps_its_sources(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "src").mkdir()
    (project / "planted").rename(project / "src" / "planted")
    assert run(capsys, "shapes", *SOURCE).code == 0
    assert Path(str(sys.modules["planted"].__file__)).parent == project / "src" / "planted"
