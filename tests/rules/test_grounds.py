"""What a rule needs before it can find anything: no rule finds something in a network that lacks it."""

from functools import cache

import pytest

from archcalc.cures.trying import Trials
from archcalc.loading import load
from archcalc.rules.engine import checking
from archcalc.rules.grounds import NEEDS, OF_LAYERS, can_find
from archcalc.rules.registry import RULES, rules
from archcalc.rules.residual import deep_plain_stack, vanishing_gradient
from archcalc.source import parse
from tests.fuzzing.mutants import mutant
from tests.samples import samples, seed

EVERY = frozenset(RULES)


@cache
def examples() -> tuple[object, ...]:
    """The data of the examples of all rules, good and bad."""
    texts = (text for each in rules() for text in (*each.good, *(bad.text for bad in each.bad)))
    return tuple(parse(text, "example.yaml").data for text in texts)


def every_ground(*_: object) -> bool:
    """As if every network had all that a rule needs."""
    return True


def groundless(text: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Codes of the rules that find something in a spec which has not what they need."""
    with monkeypatch.context() as patch:
        patch.setattr(checking, "can_find", every_ground)
        checked = checking.check_text(text, "a.yaml", EVERY)
    found = {each.code for each in (*checked.findings, *checked.suppressed)} - {"AC001", "AC002", "AC003"}
    context = checked.context
    return [] if context is None else sorted(code for code in found if not can_find(context, code))


@pytest.mark.parametrize("number", range(samples(60)))
def test_no_rule_finds_anything_without_its_grounds(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in range(number * 20, (number + 1) * 20):
        text = mutant(seed(0) + each, examples()).text
        assert groundless(text, monkeypatch) == [], text


def test_a_ground_that_a_rule_does_not_need_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEEDS, "AC301", ("norms of channels", "dropout"))
    text = "inputs: {x: [3, 8, 8]}\nlayers: [{type: Conv2d, out_channels: 4, kernel_size: 1}, BatchNorm2d]\n"
    assert groundless(text, monkeypatch) == ["AC301"]


def test_grounds_are_those_of_layers_or_hold_in_some_spec() -> None:
    """A ground that is misspelled would hold nowhere, and switch its rule off."""
    held = set(OF_LAYERS)
    for text in (text for each in rules() for text in (*each.good, *(bad.text for bad in each.bad))):
        context = checking.check_text(text, "a.yaml", frozenset()).context
        held |= context.grounds if context else frozenset()
    never = {ground for code in ("AC001", "AC002") for ground in NEEDS[code]}
    assert {ground for needed in NEEDS.values() for ground in needed} <= held | never


def test_a_plain_network_asks_few_rules() -> None:
    model = load("lenet5")
    context = checking.check_model(model, Trials(model.document, EVERY)).context
    assert context is not None
    asked = {code for code in EVERY if can_find(context, code)}
    assert not {code for code in asked if code.startswith("AC6")}
    assert len(asked) < len(EVERY) / 2


def test_depths_are_those_of_the_rules_that_ask_for_them() -> None:
    """A ground states them again, as the files of the rules are not imported for it."""
    assert NEEDS["AC501"] == (f"{deep_plain_stack.DEEP} weighted layers",)
    assert NEEDS["AC505"] == (f"{vanishing_gradient.FEWEST} weighted layers",)
