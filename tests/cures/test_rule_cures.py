"""Help of the rules, made by hand of the tests: what is told mends the finding and brings no other one.

Every cure is applied as its JSON Patch to the data that PyYAML reads of the spec, written out as YAML again
and checked anew: nothing of what has tried it takes part.
"""

import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from archcalc.render.finding_formats import findings_json
from archcalc.rules.engine.checking import check_text
from archcalc.rules.engine.report import FileReport
from archcalc.rules.registry import rules
from archcalc.rules.selection import Selection
from tests.cures.patching import dumped, patched

if TYPE_CHECKING:
    from archcalc.rules.base import Bad, Rule

DEFAULT = Selection().active()
OTHERS = ("AC001", "AC002", "AC003", "AC108")
"""Rules of the engine, and one whose help is that of its errors: they are tested elsewhere."""
RULES = [each for each in rules() if each.code not in OTHERS]
BAD = [pytest.param(r, bad, id=f"{r.code}-{index}") for r in RULES for index, bad in enumerate(r.bad)]
NONE_TOLD = {
    "AC504": "what weights begin with is no part of a spec",
    "AC702": "which layers are pretrained, or could be smaller, is not to be seen",
}
"""Rules that can name no concrete change, and why."""


@cache
def told(text: str, active: frozenset[str]) -> list[dict[str, Any]]:
    """The findings of a text as the command prints them in JSON."""
    checked = check_text(text, "a.yaml", active, helping=True)
    report = FileReport("a.yaml", findings=tuple(checked.findings))
    found: list[dict[str, Any]] = json.loads("".join(findings_json([report])))["findings"]
    return found


def mended(text: str, cure: dict[str, Any]) -> str:
    """The spec with a cure made, by no code of the package."""
    data: object = patched(yaml.safe_load(text), cure["patch"])
    return dumped(data)


@cache
def counts(text: str, active: frozenset[str]) -> Counter[str]:
    """How often each rule finds something; a layer that is built several times counts every time."""
    found = Counter[str]()
    for each in check_text(text, "a.yaml", active).findings:
        found[each.code] += each.also + 1
    return found


def assert_mends(text: str, finding: dict[str, Any], cure: dict[str, Any], active: frozenset[str]) -> None:
    """The finding is gone with the cure, and no rule finds more."""
    as_it_is = dumped(yaml.safe_load(text))  # without comments, which may suppress
    before, new = counts(as_it_is, active), mended(text, cure)
    after = counts(new, active)
    gone = before[finding["code"]] - after[finding["code"]]
    assert gone >= finding["also"] + 1, f"{finding['code']}: {cure['words']} mends nothing\n{new}"
    assert not after - before, f"{cure['words']} brings {after - before}\n{new}"


@pytest.mark.parametrize(("tested", "bad"), BAD)
def test_what_is_told_mends_the_bad_example(tested: "Rule", bad: "Bad") -> None:
    active = DEFAULT | {tested.code}
    (finding,) = told(bad.text, active)
    for cure in finding["cures"]:
        assert cure["words"] in finding["hint"]
        assert_mends(bad.text, finding, cure, active)


@pytest.mark.parametrize("tested", RULES, ids=lambda tested: tested.code)
def test_every_rule_tells_a_cure(tested: "Rule") -> None:
    active = DEFAULT | {tested.code}
    cured = any(told(bad.text, active)[0]["cures"] for bad in tested.bad)
    assert cured != (tested.code in NONE_TOLD)
