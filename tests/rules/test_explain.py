"""``archcalc explain``: the page of every rule."""

import json
import re

import pytest

from archcalc.rules.registry import RULES, rule
from tests.cli.running import run


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("code", RULES)
def test_a_page_holds_everything(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = rule(code)
    for form in ((), ("--format", "markdown")):
        ran = run(capsys, "explain", code, *form)
        assert ran.code == 0
        for text in (code, page.name, page.severity, page.what, page.why, page.instead, page.source):
            assert flat(text) in flat(ran.out)
        for text in (*page.good, *(bad.text for bad in page.bad)):
            assert flat(text) in flat(ran.out)
    record = json.loads(run(capsys, "explain", code, "--format", "json").out)
    assert (record["code"], record["fixable"]) == (code, page.fixable)


def test_a_name_and_small_letters_do_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    page = run(capsys, "explain", "AC301").out
    assert run(capsys, "explain", "ac301").out == page
    assert run(capsys, "explain", "bias-before-norm").out == page


@pytest.mark.parametrize(
    ("code", "hint"), [("AC3O1", "AC301"), ("bias-before-nrm", "bias-before-norm"), ("x", "lists")]
)
def test_an_unknown_rule_is_wrong_usage(code: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "explain", code)
    assert ran.code == 2
    assert f"no rule '{code}'" in ran.err
    assert hint in ran.err


def test_without_a_code_all_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "explain").out
    assert [line.split()[0] for line in out.splitlines() if line.startswith("AC")] == list(RULES)
