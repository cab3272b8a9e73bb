"""Budgets of a spec: a metric's limit such as ``12M``, ``64KiB`` or ``">= 224"``."""

import re
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple, cast, get_args

from pydantic import BeforeValidator, WithJsonSchema

Comparison = Literal["<=", ">=", "<", ">", "=="]
Metric = Literal["params", "trainable_params", "macs", "flops", "receptive_field", "memory"]
METRICS: tuple[Metric, ...] = get_args(Metric)
FACTORS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
BYTES = {
    f"{letter}{unit}": base**power
    for unit, base in (("iB", 2**10), ("B", 10**3))
    for power, letter in enumerate("KMGT", 1)
}
LIMIT = re.compile(r"(<=|>=|==|<|>)?\s*(\d{1,18}(?:\.\d{1,18})?)\s*([A-Za-z]*)")


class Limit(NamedTuple):
    """A comparison with a number, e.g. at most 12,000,000."""

    comparison: Comparison
    value: Fraction


def parse_limit(value: object) -> Limit:
    """Read ``12M``, ``1.9G``, ``64KiB``, ``224`` or ``">= 224"``; without a sign it is an upper limit."""
    readable = isinstance(value, str | int | float) and not isinstance(value, bool)
    match = LIMIT.fullmatch(str(value).strip()) if readable else None
    factor = (FACTORS | BYTES).get(match[3]) if match else None
    if match is None or factor is None:
        raise ValueError(f"needs a number such as 12M, 1.9G, 64KiB or '>= 224', got {value!r}")
    return Limit(cast("Comparison", match[1] or "<="), Fraction(match[2]) * factor)


Budget = Annotated[
    Limit,
    BeforeValidator(parse_limit),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": LIMIT.pattern}]}
    ),
]
