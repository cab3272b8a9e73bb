"""Cures of numbers that no spec may hold: they are not offered, and nothing ends at them."""

from typing import TYPE_CHECKING

import pytest

from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("command", ["check", "shapes"])
@pytest.mark.parametrize("behind", ["", "- {type: Linear, in_features: 3, out_features: 2}\n"])
def test_a_stride_for_which_no_kernel_is_large_enough(
    command: str, behind: str, tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "far.yaml"
    conv = f"- {{type: Conv1d, out_channels: 1, kernel_size: 1, stride: {2**63 - 1}, padding: {2**62}}}\n"
    pool = f"- {{type: MaxPool1d, kernel_size: 1, stride: {2**63 - 1}}}\n"
    text = f"inputs: {{x: [1, {2**62}]}}\nlayers:\n{conv}{pool}{behind}"
    path.write_text(text, encoding="utf-8")
    ran = run(capsys, command, str(path))
    assert ran.code in (0, 1, 2)
    assert "fault in archcalc" not in ran.out + ran.err
    assert str(2**63) not in ran.out
