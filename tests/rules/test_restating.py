"""A layer that refuses what it reads, said by a rule: one finding, not two."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from archcalc import effort
from archcalc.errors import Place, Problem, SpecError
from archcalc.loading import loads
from archcalc.rules.engine import restating
from archcalc.rules.engine.checking import check_text
from archcalc.rules.registry import rule
from archcalc.rules.selection import Selection
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.rules.base import Finding, Rule

DEFAULT = Selection().active()
ODD = """\
inputs: {image: [3, 100, 100]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, kernel_size: 8}
  - {type: Upsample, name: up, scale_factor: 8}
  - {type: Concat, name: joined, from: [skip, up]}
"""


def _found(text: str, active: frozenset[str] = DEFAULT) -> list[tuple[str, int]]:
    return [(found.code, found.place.line) for found in check_text(text, "spec.yaml", active).findings]


def test_a_restated_problem_is_one_finding() -> None:
    assert _found(ODD) == [("AC108", 6)]


def test_without_the_rule_the_problem_stays_as_the_layer_told_it() -> None:
    (found,) = check_text(ODD, "spec.yaml", DEFAULT - {"AC108"}).findings
    assert (found.code, found.place.line) == ("AC001", 6)
    assert "inputs differ in axis 1" in found.message


def test_other_problems_of_the_spec_stay_beside_it_in_the_order_of_the_file() -> None:
    wrong = "  - {type: Conv2d, name: wrong, from: skip, out_channels: 7, kernel_size: 1, groups: 2}\n"
    assert _found(ODD + wrong) == [("AC108", 6), ("AC001", 7)]
    above = ODD.replace("  - {type: MaxPool2d", wrong + "  - {type: MaxPool2d, from: skip")
    assert _found(above) == [("AC001", 4), ("AC108", 7)]


def test_the_rule_alone_tells_it_too() -> None:
    assert _found(ODD, frozenset({"AC108"})) == [("AC108", 6)]
    assert _found(ODD, frozenset({"AC301"})) == []


def test_a_block_used_twice_refuses_once() -> None:
    text = """\
inputs: {image: [3, 100, 100]}
blocks:
  around:
    layers:
      - type: Residual
        body: [{type: MaxPool2d, kernel_size: 8}, {type: Upsample, scale_factor: 8}]
layers:
  - {type: around, from: image}
  - {type: around, from: image}
"""
    assert _found(text) == [("AC108", 5)]


def test_an_error_carries_what_was_refused_and_all_that_was_traced() -> None:
    later = "  - {type: ReLU, name: later, from: skip}\n"
    with pytest.raises(SpecError) as raised:
        trace(loads(ODD + later))
    (refused,) = raised.value.refused
    assert (refused.name, refused.type, refused.subject) == ("joined", "Concat", "joined (Concat)")
    assert [port.tensor.shape for port in refused.inputs] == [(8, 100, 100), (8, 96, 96)]
    assert raised.value.problems == (refused.problem,)
    assert raised.value.traced is not None
    assert [layer.name for layer in raised.value.traced.layers] == ["skip", "maxpool2d_0", "up", "later"]


def test_behind_more_turns_than_are_taken_one_by_one_the_layer_says_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = ODD.replace("layers:\n", "layers:\n  - {type: ReLU, repeat: 60}\n")
    assert _found(turns) == [("AC108", 7)]
    monkeypatch.setattr(effort, "LAYERS", 20)
    assert _found(turns) == [("AC001", 7)]


def test_where_an_analysis_refuses_the_network_the_layer_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refusing(_context: object, _refused: object) -> "Iterator[Finding]":
        asked.append("restate")
        raise SpecError([Problem(Place("spec.yaml"), "", "too much")])

    def refuses(code: str) -> "Rule":
        return replace(rule(code), restate=refusing)

    monkeypatch.setattr(restating, "rule", refuses)
    (found,) = check_text(ODD, "spec.yaml", DEFAULT).findings
    assert (found.code, "inputs differ in axis 1" in found.message, bool(asked)) == ("AC001", True, True)
