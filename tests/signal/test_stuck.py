"""Twenty networks that cannot begin to learn: rules find them, and torch has the gradient that they tell of.

Gradients of torch stand in ``stuck.csv``, which ``python -m tests.signal.write`` writes.
"""

import csv
from pathlib import Path

import pytest

from archcalc.loading import loads
from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection
from archcalc.tracing import trace
from tests.signal.networks import STUCK
from tests.signal.write import length

ROWS = {
    row["network"]: float(row["length_first_over_last"])
    for row in csv.DictReader((Path(__file__).parent / "stuck.csv").open(encoding="utf-8"))
}
DEFAULT = Selection().active()
GONE, LIMITS = 2.0**-12, 0.05


@pytest.mark.parametrize("name", STUCK)
def test_the_rules_find_it_and_nothing_else(name: str) -> None:
    found = check_text(STUCK[name].text, "a.yaml", DEFAULT).findings
    assert [finding.code for finding in found] == [STUCK[name].code], [str(each) for each in found]


@pytest.mark.parametrize("name", STUCK)
def test_torch_loses_its_gradient_or_cannot_hold_it(name: str) -> None:
    left = ROWS[name]
    if STUCK[name].code == "AC313":  # one layer, of whose slope little is left
        assert left < LIMITS
    elif STUCK[name].explodes:
        assert left > 1 / GONE or (STUCK[name].code == "AC501" and left > 100)
    else:
        assert left < GONE


@pytest.mark.parametrize("name", ["six sigmoids", "standard normal weights"])
def test_what_stands_in_the_file_is_measured_now(name: str) -> None:
    now = length(trace(loads(STUCK[name].text)), draws=1, seed=11)
    assert 0.2 < now / ROWS[name] < 5


MENDED = {
    "with norms": ("22 ReLU", "      - ReLU\n", "      - LayerNorm\n      - ReLU\n"),
    "drawn to match": ("22 ReLU", "name: map,", "name: map, init: kaiming_normal,"),
    "with smaller weights": ("standard normal weights", "normal:1", "xavier_uniform"),
    "with four sigmoids": ("six sigmoids", "repeat: 6", "repeat: 4"),
    "within limits": ("a tanh at its limits", "normal:1", "lecun"),
}


@pytest.mark.parametrize("case", MENDED)
def test_nothing_is_found_once_it_is_mended(case: str) -> None:
    name, old, new = MENDED[case]
    text = STUCK[name].text
    assert old in text
    assert not check_text(text.replace(old, new), "a.yaml", DEFAULT).findings
