"""All that is wrong is told at once: a key at the top that is wrong hides nothing of the layers."""

from typing import TYPE_CHECKING

import pytest

from archcalc.loading import rest_of
from archcalc.source import parse
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

TOP = {
    "loss": "loss: CrossEntropyLos\n",
    "task": "task: clasification\n",
    "budgets": "budgets: {parms: 1M}\n",
    "training": "training: {batch_size: many}\n",
}
LAYERS = """\
inputs: {x: [3, 8, 8]}
layers:
  - {type: Conv2d, in_channels: 4, out_channels: 8, kernel_size: 3}
"""


@pytest.mark.parametrize("key", TOP)
def test_a_wrong_key_hides_no_wrong_layer(
    key: str, tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "both.yaml"
    path.write_text(TOP[key] + LAYERS, encoding="utf-8")
    for words in (("shapes", str(path)), ("check", str(path), "--select", "AC001")):
        ran = run(capsys, *words)
        told = ran.out + ran.err
        assert "both.yaml:1:" in told
        assert "in_channels is 4, but 3 arrive" in told
        assert "write in_channels: 3" in told, "what mends the layer is told though the spec is none yet"


def test_what_the_layers_rest_on_has_no_rest() -> None:
    for wrong in ("inputs: {x: [3, 8, 8]}\nlayers: 3\n", "inputs: 3\nlayers: [ReLU]\n", "- 1\n"):
        assert rest_of(parse(wrong, "a.yaml")) is None
