"""Warnings beside a table: of many of a kind the first ones."""

import json

import pytest

from archcalc.errors import MAX_PROBLEMS
from tests.cli.running import run_fresh


@pytest.mark.parametrize("words", [("shapes", "-"), ("diff", "-", "lenet5")], ids=" ".join)
def test_of_many_layers_that_nothing_reads_the_first_are_told(words: tuple[str, ...]) -> None:
    spec = {
        "inputs": {"x": [4, 8, 8]},
        "layers": [
            {
                "type": "Sequential",
                "name": "body",
                "repeat": 300,
                "layers": [
                    {"type": "ReLU", "name": "act"},
                    {"type": "ReLU", "from": "act"},
                    {"type": "Tanh", "from": "act"},
                ],
            }
        ],
    }
    ran = run_fresh(*words, stdin=json.dumps(spec))
    told = [line for line in ran.err.splitlines() if line.startswith("warning: ")]
    assert ran.code in (0, 1)
    assert len(told) == MAX_PROBLEMS + 1
    assert told[-1] == "warning: there are more of these: `archcalc check` tells each entry once"
