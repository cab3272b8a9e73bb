"""Findings that are only counted, as those of a changed network: the same ones, without what would help."""

import pytest

from archcalc.errors import SpecError
from archcalc.loading import loads
from archcalc.rules.context import Context
from archcalc.rules.registry import rules
from archcalc.tracing import trace

CHECKS = {(each.code, index): bad.text for each in rules() for index, bad in enumerate(each.bad)}


@pytest.mark.parametrize("example", CHECKS, ids=str)
def test_a_rule_finds_as_much_in_the_same_places(example: tuple[str, int]) -> None:
    try:
        network = trace(loads(CHECKS[example], "bad.yaml"))
    except SpecError:
        return  # it is told from the error
    model = loads(CHECKS[example], "bad.yaml")
    told, counted = (Context(model, network, told=told) for told in (True, False))
    for check in filter(None, (each.check for each in rules())):
        alone = [(found.place, found.subject, found.message) for found in check(counted)]
        assert alone == [(found.place, found.subject, found.message) for found in check(told)]


def test_what_would_mend_it_is_not_looked_for() -> None:
    text = next(text for (code, _), text in CHECKS.items() if code == "AC103")
    model = loads(text, "bad.yaml")
    network = trace(model)
    (check,) = (each.check for each in rules() if each.code == "AC103")
    assert check is not None
    told, counted = (Context(model, network, told=told) for told in (True, False))
    assert [*check(told)]
    assert told.resizing.effort.asked > 0
    assert [*check(counted)]
    assert counted.resizing.effort.asked == 0
