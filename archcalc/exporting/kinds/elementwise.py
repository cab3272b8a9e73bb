"""Functions of single numbers, of several tensors at one place, and truths, as expressions."""

from typing import TYPE_CHECKING

from archcalc.exporting.kinds.functions import function_form, infix_form
from archcalc.exporting.kinds.parts import MemberForm
from archcalc.exporting.nodes import CallArgument, CallNode, Hole, Infix, Text, call

if TYPE_CHECKING:
    from archcalc.exporting.kinds.functions import Written
    from archcalc.exporting.kinds.parts import LayerReading


def _torch_function(name: str) -> "Written":
    """A function of torch of all inputs."""
    return lambda reading: function_form(call(f"torch.{name}", *reading.holes), wraps=True)


def _power_of(reading: "LayerReading") -> MemberForm:
    """``torch.pow``."""
    return function_form(call("torch.pow", Hole(0), reading.literal("exponent")), wraps=True)


def _clamp(reading: "LayerReading") -> MemberForm:
    """``torch.clamp``."""
    limits = reading.named("min", "max")
    return function_form(CallNode(Text("torch.clamp"), (CallArgument(Hole(0)), *limits)), wraps=True)


def _compare(reading: "LayerReading") -> MemberForm:
    """``torch.eq`` and its kin."""
    other = Hole(1) if reading.values["other"] is None else reading.literal("other")
    return function_form(call(f"torch.{reading.values['op']}", Hole(0), other), wraps=True)


def _masked_fill(reading: "LayerReading") -> MemberForm:
    """``torch.masked_fill``."""
    return function_form(call("torch.masked_fill", *reading.holes, reading.literal("value")), wraps=True)


NAMED = (
    "Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal Sin Cos Erf Abs Floor Ceil Round Sign Neg Detach "
    "Where Maximum Minimum"
)
"""Kinds that torch has under the same name without capitals."""
UNDERLINED = {"LogicalAnd": "logical_and", "LogicalOr": "logical_or", "LogicalNot": "logical_not"}
ELEMENTWISE_KINDS: "dict[str, Written]" = {
    **{kind: _torch_function(kind.lower()) for kind in NAMED.split()},
    **{kind: _torch_function(name) for kind, name in (*UNDERLINED.items(), ("Power", "pow"))},
    "Offset": lambda reading: function_form(Infix("+", (Hole(0), reading.literal("value"))), wraps=True),
    "Pow": _power_of,
    "Clamp": _clamp,
    "Subtract": infix_form("-"),
    "Divide": infix_form("/"),
    "Compare": _compare,
    "MaskedFill": _masked_fill,
}
