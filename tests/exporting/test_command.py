"""``archcalc export`` on the command line."""

import sys
from pathlib import Path

import pytest

from tests.cli.running import run, run_fresh
from tests.disks import full_disk

SPEC = "inputs: {x: [2, 4, 4]}\nlayers:\n  - {type: Conv2d, name: conv, out_channels: 3, kernel_size: 3}\n"

TURNS = """\
inputs: {x: [4, 8, 8]}
layers:
  - type: Sequential
    name: down
    repeat: 2
    layers:
      - {type: Conv2d, name: conv, out_channels: "=4 * (i + 1)", kernel_size: 3, padding: 1}
      - {type: MaxPool2d, name: pool, kernel_size: 2}
  - {type: Flatten, name: flat}
  - {type: Flatten, name: first, from: down.0.conv}
  - {type: Flatten, name: second, from: down.1.conv}
  - {type: Concat, name: joined, from: [flat, first, second]}
"""


def test_a_file_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.py"
    assert run(capsys, "export", "lenet5", "--to", "torch", "-o", str(file)).code == 0
    assert file.read_text(encoding="utf-8") == run(capsys, "export", "lenet5", "--to", "torch").out
    again = run(capsys, "export", "lenet5", "--to", "torch", "-o", str(file))
    assert again.code == 2
    assert "is there already" in " ".join(again.err.replace("│", "").split())


def test_variables_inputs_and_frozen_layers_are_those_of_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--set", "classes=7", "--freeze", "c*")
    found = run(capsys, "export", "lenet5", "--to", "torch", *words).out
    assert "nn.Linear(84, 7)" in found
    assert found.count("requires_grad_(False)") == 3
    assert "self.c1.requires_grad_(False)" in found


def test_a_spec_from_standard_input_is_exported() -> None:
    found = run_fresh("export", "-", "--to", "torch", stdin=SPEC)
    assert found.code == 0
    assert "self.conv = nn.Conv2d(2, 3, kernel_size=3)" in found.out


def test_a_bad_spec_ends_with_its_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(SPEC.replace("kernel_size: 3", "kernel_size: 9"), encoding="utf-8")
    found = run(capsys, "export", str(file), "--to", "torch")
    assert found.code == 2
    assert f"{file}:3" in found.err
    assert not found.out


def test_onnx_needs_a_file_and_its_extra(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "export", "lenet5", "--to", "onnx").code == 2
    monkeypatch.setitem(sys.modules, "onnx", None)
    found = run(capsys, "export", "lenet5", "--to", "onnx", "-o", str(tmp_path / "net.onnx"))
    assert found.code == 2
    assert found.err == "export --to onnx: onnx is not installed\n  pip install 'archcalc[onnx]'\n"
    assert not (tmp_path / "net.onnx").exists()


def test_onnx_infers_the_same_shapes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    file = tmp_path / "net.onnx"
    found = run(capsys, "export", "lenet5", "--to", "onnx", "-o", str(file))
    assert (found.code, found.err) == (0, "")
    assert found.out == f"{file} is written, and onnx infers the same shapes\n"


def test_a_full_disk_leaves_no_half_of_an_onnx_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    monkeypatch.setenv("COLUMNS", "400")
    with full_disk(40_000):
        found = run(capsys, "export", "lenet5", "--to", "onnx", "-o", str(tmp_path / "net.onnx"))
    assert found.code == 2
    assert "net.onnx cannot be written: file too large" in " ".join(found.err.replace("│", " ").split())
    assert not [*tmp_path.iterdir()]


def test_ctrl_c_leaves_no_half_of_an_onnx_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")

    def interrupted(_network: object, _batch: object, *files: str, **_options: object) -> None:
        for file in files:
            Path(file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("torch.onnx.export", interrupted)
    assert run(capsys, "export", "lenet5", "--to", "onnx", "-o", str(tmp_path / "net.onnx")).code == 130
    assert not [*tmp_path.iterdir()]


def test_turns_of_a_repeat_share_one_class(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Also where the scopes are no blocks, which have a name of their own."""
    file = tmp_path / "turns.yaml"
    file.write_text(TURNS, encoding="utf-8")
    found = run(capsys, "export", str(file), "--to", "torch").out
    assert found.count("\nclass ") == 2
    assert "nn.ModuleList([Down(4), Down(8)])" in found
