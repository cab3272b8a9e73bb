"""Rules against a table of measured second moments that was made without them (``propagation.csv``)."""

import csv
from collections import Counter
from pathlib import Path

from tests.signal.reference import verdict

UNSAID = "forget bias 1"
"""What no spec can say of first weights."""
ALL = [
    row
    for row in csv.DictReader((Path(__file__).parent / "propagation.csv").open(encoding="utf-8"))
    if UNSAID not in row["experiment"]
]
PLAIN = [row for row in ALL if row["experiment"].startswith("Linear")]
ROWS = [row for row in ALL if row not in PLAIN] + PLAIN[::12]
"""One stack of Linear in twelve, all others; ``python -m tests.signal.reference`` compares every row."""
MARKED = {
    "TransformerEncoder x6 (layers are copies), post-norm, T=64": 1,
    "TransformerEncoder x6 (layers are copies), pre-norm, T=64": 1,
    "TransformerEncoder x12 (layers are copies), post-norm, T=64": 1,
    "TransformerEncoder x12 (layers are copies), pre-norm, T=64": 1,
}
"""Rows that the rules are not sure of: copies of a layer."""


def test_every_row_is_within_a_tenth_a_step_or_marked() -> None:
    found = [(row["experiment"], verdict(row)) for row in ROWS]
    assert [each for each in found if each[1] == "off"] == []
    assert Counter(experiment for experiment, word in found if word == "marked") == MARKED
    assert len(found) > 50


def test_a_row_that_is_off_is_told() -> None:
    row = next(row for row in ROWS if row["experiment"].startswith("RNN relu"))
    assert verdict(row) == "near"
    assert verdict({**row, "gradient": str(float(row["gradient"]) * 1.1)}) == "off"
