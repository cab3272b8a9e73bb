"""Conditions of ``--fail-on``."""

from fractions import Fraction

import pytest

import archcalc
from archcalc.comparing.limits import parsed_condition
from archcalc.errors import Fault


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("params > +86%", True),
        ("params > +87%", False),
        ("params>+10M", True),
        ("params > +11M", False),
        ("params > 21797671", True),
        ("params > 21797672", False),
        ("params >= 21797672", True),
        ("params == 21797672", True),
        ("macs > +1.8G", True),
        ("macs < 1G", False),
        ("memory > 24MiB", True),
        ("memory > 1GiB", False),
        ("receptive_field < -5%", False),
        ("depth > 33", True),
        ("layers > +56", False),
        ("layers > +55", True),
    ],
)
def test_a_condition_comes_true(text: str, *, failed: bool) -> None:
    assert bool(archcalc.diff("resnet18", "resnet34", fail_on=text).failed) == failed


def test_growth_has_a_sign() -> None:
    (broken,) = archcalc.diff("resnet34", "resnet18", fail_on=["params < -40%", "params > +0%"]).failed
    assert broken[0].limit == Fraction(-40, 100)
    assert broken[1].delta == 11_689_512 - 21_797_672


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("paramz > 5", "no quantity 'paramz'; did you mean 'params'"),
        ("params", "is no condition"),
        ("params > 5%", "is a share of nothing"),
        ("params > 5 parsecs", "'5parsecs' is no number"),
        ("params > ", "is no condition"),
    ],
)
def test_what_is_no_condition_is_told(text: str, fact: str) -> None:
    with pytest.raises(Fault) as told:
        parsed_condition(text)
    assert fact in str(told.value)


def test_what_is_not_known_cannot_be_judged() -> None:
    with pytest.raises(Fault, match="receptive_field is not known"):
        archcalc.diff("gcn_cora", "gin_cora", fail_on="receptive_field > 5")
