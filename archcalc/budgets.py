"""Budgets of a spec: a metric's limit such as ``12M``, ``64KiB`` or ``">= 224"``."""

import re
from fractions import Fraction
from typing import Annotated, Literal, cast, get_args

from pydantic import BeforeValidator, WithJsonSchema

from archcalc.quantities.numbers import NUMBER, number_of
from archcalc.tuples import NamedTuple

Comparison = Literal["<=", ">=", "<", ">", "=="]
Metric = Literal["params", "trainable_params", "macs", "flops", "receptive_field", "memory"]
METRICS: tuple[Metric, ...] = get_args(Metric)
LIMIT = re.compile(r"(<=|>=|==|<|>)?\s*" + NUMBER)


class Limit(NamedTuple):
    """A comparison with a number, e.g. at most 12,000,000."""

    comparison: Comparison
    value: Fraction


def parse_limit(value: object) -> Limit:
    """Read ``12M``, ``1.9G``, ``64KiB``, ``224`` or ``">= 224"``; without a sign it is an upper limit."""
    readable = isinstance(value, str | int | float) and not isinstance(value, bool)
    match = LIMIT.fullmatch(str(value).strip()) if readable else None
    number = number_of(f"{match[2]}{match[3]}") if match else None
    if match is None or number is None:
        raise ValueError(f"needs a number such as 12M, 1.9G, 64KiB or '>= 224', got {value!r}")
    return Limit(cast("Comparison", match[1] or "<="), number)


Budget = Annotated[
    Limit,
    BeforeValidator(parse_limit),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": LIMIT.pattern}]}
    ),
]
