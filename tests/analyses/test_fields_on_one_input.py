"""Receptive fields on one of several inputs, in long repeats too."""

from typing import TYPE_CHECKING

import pytest

from archcalc import Fault, load, receptive_fields, trace
from archcalc.render.fields import rf_table
from tests.test_speed import called

if TYPE_CHECKING:
    from collections import Counter


def two_inputs(repeat: int) -> dict[str, object]:
    """A long repeat behind one of two inputs, both of which are read behind it."""
    return {
        "inputs": {"one": [4, 64], "other": [4, 64]},
        "layers": [
            {
                "type": "Conv1d",
                "name": "first",
                "from": "one",
                "out_channels": 4,
                "kernel_size": 3,
                "padding": 1,
            },
            {"type": "BasicBlock1", "name": "body", "repeat": repeat},
            {"type": "Add", "name": "both", "from": ["body", "other"]},
            {"type": "Conv1d", "name": "last", "out_channels": 4, "kernel_size": 3},
        ],
        "blocks": {
            "BasicBlock1": {
                "layers": [
                    {"type": "Conv1d", "name": "conv", "out_channels": 4, "kernel_size": 5, "padding": 2},
                    {"type": "Add", "from": ["conv", "input"]},
                ]
            }
        },
    }


@pytest.mark.parametrize("name", ["one", "other"])
def test_fields_on_one_input_are_those_of_all_on_it(name: str) -> None:
    network = trace(load(two_inputs(30)))
    report = receptive_fields(network)
    own = report.on(name)
    expected = {
        layer: tuple(each for each in found if each.input == name) for layer, found in report.layers.items()
    }
    assert dict(own.layers) == {layer: found for layer, found in expected.items() if found}
    assert len(own.layers) == len(dict(own.layers)) > 0
    assert ("first" in own.layers, "last" in own.layers) == (name == "one", True)
    assert {each.input for fields in own.each() for each in fields} == {name}
    with pytest.raises(Fault, match="an input 'nothing'"):
        report.on("nothing")


def test_fields_on_one_input_of_many_turns_are_made_when_they_are_asked_for() -> None:
    def ask(repeat: int) -> "Counter[str]":
        network = trace(load(two_inputs(repeat)))
        report = receptive_fields(network)
        return called(lambda: rf_table(network, report.on("one"), 1, "one"))

    ask(10)  # what is made once for a process
    assert 0 < ask(100_000).total() < 1.2 * ask(1_000).total()
