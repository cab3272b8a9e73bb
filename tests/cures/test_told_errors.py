"""Help of errors: which cures are told, in their order, and that each mends when the tests make it.

Every cure is applied as its JSON Patch to the data that PyYAML reads of the spec, written out as YAML again
and checked anew: nothing of what has tried it takes part.
"""

from typing import TYPE_CHECKING

import pytest

from archcalc.rules.engine.checking import check_text
from tests.cures.test_rule_cures import DEFAULT, mended, told
from tests.cures.told import cases

if TYPE_CHECKING:
    from tests.cures.told import Told

CASES = [pytest.param(case, id=case.name) for case in cases()]
ERRORS = ("AC001", "AC108", "AC110")


@pytest.mark.parametrize("case", CASES)
def test_the_cures_of_an_error(case: "Told") -> None:
    (error,) = [found for found in told(case.text, DEFAULT) if found["code"] in ERRORS]
    assert tuple(cure["words"] for cure in error["cures"]) == case.words
    for cure in error["cures"]:
        assert cure["words"] in error["hint"]
        new = mended(case.text, cure)
        left = [found for found in check_text(new, "a.yaml", DEFAULT).findings if found.code in ERRORS]
        assert not left, f"{cure['words']} leaves {left}\n{new}"
