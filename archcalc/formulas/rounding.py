"""Quotients that are rounded up: arithmetic of the language of formulas, as a quotient itself is.

They are no formulas: an explanation writes what they calculate in the names of who asks.

Source: Graham, Knuth & Patashnik 1994 (Concrete Mathematics, section 3.1).
"""


def ceil_divided(n: int, parts: int) -> int:
    """Parts of a size that n makes, a last one that is not full too: ceil(n / p)."""
    return -(-n // parts)


def middle(low: int, high: int) -> int:
    """The whole number half way between two, the upper one of two."""
    return (low + high + 1) // 2


def rounded_up(n: int, multiple: int) -> int:
    """The smallest multiple of m that is not below n: ceil(n / m) m."""
    return ceil_divided(n, multiple) * multiple
