"""Expressions: a text that starts with ``=``, evaluated over Python's syntax tree with limits, never run."""

from archcalc.expressions.evaluation import SHAPES, evaluate, exactly
from archcalc.expressions.parsing import is_expression
from archcalc.expressions.values import MAX_ENTRIES, Unknown, Value, bounded, plain_value

__all__ = [
    "MAX_ENTRIES",
    "SHAPES",
    "Unknown",
    "Value",
    "bounded",
    "evaluate",
    "exactly",
    "is_expression",
    "plain_value",
]
