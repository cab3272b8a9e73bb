"""Every rule against its own examples, and against the shipped specs; all derived from the registry."""

import re
from typing import TYPE_CHECKING

import pytest

from archcalc import zoo
from archcalc.cures.changes import RemoveEntry
from archcalc.rules.engine.checking import check_text
from archcalc.rules.engine.fixing import fixed
from archcalc.rules.registry import GROUPS, ON_REQUEST, RULES, rule, rules
from archcalc.rules.selection import Selection

if TYPE_CHECKING:
    from archcalc.rules.base import Bad, Rule

DEFAULT = Selection().active()
GOOD = [pytest.param(r, text, id=f"{r.code}-{index}") for r in rules() for index, text in enumerate(r.good)]
BAD = [pytest.param(r, bad, id=f"{r.code}-{index}") for r in rules() for index, bad in enumerate(r.bad)]


@pytest.mark.parametrize(("tested", "text"), GOOD)
def test_good_examples_are_silent(tested: "Rule", text: str) -> None:
    checked = check_text(text, "good.yaml", DEFAULT | {tested.code})
    assert not checked.findings
    assert checked.context is not None


@pytest.mark.parametrize(("tested", "bad"), BAD)
def test_bad_examples_are_found_where_they_say_and_nothing_else(tested: "Rule", bad: "Bad") -> None:
    (found,) = check_text(bad.text, "bad.yaml", DEFAULT | {tested.code}).findings
    assert (found.code, found.place.line) == (tested.code, bad.line)
    assert bad.message in found.message
    assert bad.column in (None, found.place.column)
    assert (found.name, found.severity) == (tested.name, tested.severity)
    assert found.hint


@pytest.mark.parametrize("tested", rules(), ids=lambda tested: tested.code)
def test_every_rule_has_a_page(tested: "Rule") -> None:
    assert re.fullmatch(r"AC\d{3}", tested.code)
    assert tested.code[:3] in GROUPS
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){0,4}", tested.name)
    assert RULES[tested.code].split(".")[1] == tested.name.replace("-", "_")
    for text in (tested.what, tested.why, tested.instead):
        assert text == text.strip()
        assert text.endswith(".")
    assert tested.source
    assert tested.good
    assert tested.bad


def test_codes_and_names_are_distinct_and_in_order() -> None:
    assert list(RULES) == sorted(RULES)
    assert len({tested.name for tested in rules()}) == len(RULES)
    assert all(rule(code).code == code for code in RULES)


def test_rules_on_request_are_known_before_they_are_imported() -> None:
    assert {each.code for each in rules() if each.severity == "info"} == ON_REQUEST


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_is_clean(name: str) -> None:
    path = zoo.path_of(name)
    assert path is not None
    checked = check_text(path.read_text(encoding="utf-8"), str(path), DEFAULT)
    assert not [f"{found.place} {found.code} {found.message}" for found in checked.findings]


@pytest.mark.parametrize(("tested", "bad"), BAD)
def test_fixes_mend_the_bad_examples_and_keep_their_shapes(tested: "Rule", bad: "Bad") -> None:
    active = DEFAULT | {tested.code}
    checked = check_text(bad.text, "bad.yaml", active)
    fixable = tested.fixable and bad.fixable
    assert [found.fixable for found in checked.findings] == [fixable]
    if not fixable or checked.context is None:
        return
    (fix,) = checked.fixes
    removed = {edit.origin.path for edit in fix.finding.edits if isinstance(edit, RemoveEntry)}
    result = fixed(checked.context.model.document, checked, active)
    assert not result.checked.findings
    assert not result.notes
    assert dict(result.fixed) == {tested.code: 1}
    after = result.checked.context
    assert after is not None
    assert [layer.facts.outputs for layer in after.layers] == [
        layer.facts.outputs for layer in checked.context.layers if layer.origin.path not in removed
    ]
    for new, old in zip(after.trace.outputs, checked.context.trace.outputs, strict=True):
        assert new.tensor == old.tensor


@pytest.mark.parametrize("tested", rules(), ids=lambda tested: tested.code)
def test_a_rule_that_mends_shows_it(tested: "Rule") -> None:
    assert tested.fixable == any(tested.fixable and bad.fixable for bad in tested.bad)
    assert tested.fixable or all(bad.fixable for bad in tested.bad)  # nothing to deny
