"""A lone dilated layer, whose help must read every position, and a misspelt loss."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.cli.running import run
from tests.cures.patching import dumped, patched

SPECS = Path(__file__).parent / "specs"


def test_what_is_offered_for_a_lone_dilation_reads_every_position(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = SPECS / "lone_dilation.yaml"
    report = json.loads(run(capsys, "check", str(spec), "--output-format", "json").out)
    (found,) = report["findings"]
    assert found["code"] == "AC201"
    assert len(found["cures"]) >= 2
    for number, cure in enumerate(found["cures"]):
        assert cure["words"] in found["hint"]
        path = tmp_path / f"{number}.yaml"
        path.write_text(dumped(patched(yaml.safe_load(spec.read_text()), cure["patch"])), encoding="utf-8")
        assert run(capsys, "check", str(path)).code == 0, cure["words"]
        judged = run(capsys, "rf", str(path), "--check-hdc").out
        counts = re.findall(r"exact: +full, (\d+) of (\d+) positions", judged)
        assert all(read == span for read, span in counts), judged
        assert counts or "dilation group" not in judged, judged


def test_a_misspelt_loss_is_an_error_with_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("check",), ("shapes",)):
        ran = run(capsys, *words, str(SPECS / "misspelt_loss.yaml"))
        told = ran.out + ran.err
        assert ran.code == (1 if words == ("check",) else 2)
        assert "misspelt_loss.yaml:3:7: " in told
        assert "'CrossEntropyLos' is none of the losses of torch.nn" in told
        assert "did you mean 'CrossEntropyLoss'?" in told
