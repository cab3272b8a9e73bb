"""Wrong names of kinds and keys: what is meant is told as data too, and mends them."""

import pytest

from archcalc.rules.engine.checking import check_text
from tests.cures.test_rule_cures import mended, told

ERRORS = frozenset({"AC001"})
SPECS = {
    "kinds and keys": """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2D, filters: 8, kernel: 3}
  - {type: Conv2d, out_chanels: 8, kernel_size: 3}
  - GlobalAvgPool
  - {type: Dense, units: 10, activation: relu}
""",
    "kinds as keys": """\
inputs: {image: [3, 32, 32]}
layers:
  - Conv2d: {out_channels: 8, kernel_size: 3}
  - Flatten
  - Dense: 10
""",
    "a key at the top": "inputs: {x: [8]}\nLayers:\n  - {type: Linear, out_features: 3}\n",
    "a key of a shipped block": (
        "inputs: {x: [7, 8]}\nlayers:\n  - {type: TransformerEncoderLayer, n_head: 2}\n"
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_every_wrong_name_is_mended(name: str) -> None:
    text = SPECS[name]
    while errors := told(text, ERRORS):
        (cure,) = errors[0]["cures"]
        text = mended(text, cure)
        assert len(told(text, ERRORS)) < len(errors)
    assert not check_text(text, "a.yaml", ERRORS).findings
