"""Limits as people write them."""

from fractions import Fraction

import pytest

from archcalc.budgets import parse_limit


@pytest.mark.parametrize(
    ("written", "comparison", "value"),
    [
        ("12M", "<=", 12_000_000),
        ("1.9G", "<=", 1_900_000_000),
        ("7B", "<=", 7_000_000_000),
        ("2k", "<=", 2_000),
        ("1T", "<=", 10**12),
        ("64KiB", "<=", 65_536),
        ("1.5 MiB", "<=", 1_572_864),
        ("2GB", "<=", 2_000_000_000),
        (">= 224", ">=", 224),
        ("== 3", "==", 3),
        (0.1, "<=", Fraction(1, 10)),
        (300, "<=", 300),
    ],
)
def test_a_limit_is_a_comparison_with_an_exact_number(
    written: object, comparison: str, value: object
) -> None:
    assert parse_limit(written) == (comparison, value)


@pytest.mark.parametrize("written", ["12 Q", "M", "< <3", "-1", "1e6", True, None, [3], "9" * 19])
def test_what_is_no_limit_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="needs a number such as 12M"):
        parse_limit(written)
