"""Arithmetic on tensors and numbers: what meets a number is a function, what meets a tensor is a merge."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import merged_by
from archcalc.importing.reading.calls import given
from archcalc.importing.reading.casting import cast_to, result_dtype
from archcalc.importing.reading.comparing import number_node
from archcalc.importing.reading.layouts import Untranslated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedArgument, RecordedCall

    WithNumber = Callable[["Draft", SampleNode, float], SampleNode]

NUMBERS = ("float16", "bfloat16", "float32", "float64")


def _add(draft: "Draft", node: "SampleNode", number: float) -> "SampleNode":
    return draft.add("Offset", node, arguments={"value": number}) if number else node


def _scale(draft: "Draft", node: "SampleNode", number: float) -> "SampleNode":
    return draft.add("Scale", node, arguments={"factor": float(number)}) if number != 1 else node


def _power(draft: "Draft", node: "SampleNode", number: float) -> "SampleNode":
    return draft.add("Pow", node, arguments={"exponent": number}) if number != 1 else node


def _from(draft: "Draft", node: "SampleNode", number: float) -> "SampleNode":
    return _add(draft, draft.add("Neg", node), number)


def _over(draft: "Draft", node: "SampleNode", number: float) -> "SampleNode":
    return _scale(draft, draft.add("Reciprocal", node), number)


def _raised(draft: "Draft", node: "SampleNode", number: float) -> "SampleNode":
    from math import log

    if number <= 0:
        raise Untranslated(f"{number} to the power of a tensor")
    return draft.add("Exp", _scale(draft, node, log(number)))


def _divided(draft: "Draft", node: "SampleNode", number: float) -> "SampleNode":
    if not number:
        raise Untranslated("a division by 0")
    return _scale(draft, node, 1 / number)


def _binary(
    kind: str, with_number: "WithNumber", of_number: "WithNumber", *, reflected: bool = False
) -> "Translator":
    """Of two operands.

    Args:
        kind: the merge of two tensors.
        with_number: tensor, number.
        of_number: number, tensor.
        reflected: the call has the right operand first.
    """

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input other")
        left, right = got.get("input", got.get("self")), got.get("other", got.get("exponent"))
        if got.get("rounding_mode") is not None:
            raise Untranslated("a division that rounds")
        if reflected:
            left, right = right, left
        return operated(draft, call, kind, (left, right), (with_number, of_number), got.get("alpha"))

    return translate


def operated(
    draft: "Draft",
    call: "RecordedCall",
    kind: str,
    operands: "tuple[RecordedArgument, RecordedArgument]",
    numbers: "tuple[WithNumber, WithNumber]",
    alpha: "RecordedArgument" = None,
) -> "SampleNode":
    """The steps of an operation on two operands, of which one may be a number."""
    left, right = operands
    dtype = result_dtype(draft, call)
    numbers_of = draft.scalar(left), draft.scalar(right)
    if numbers_of[1] is not None and not is_number(left):
        factor = float(alpha) if isinstance(alpha, int | float) else 1
        return numbers[0](draft, numeric(draft, draft.node(left), dtype), numbers_of[1] * factor)
    if numbers_of[0] is not None and not is_number(right):
        return numbers[1](draft, numeric(draft, draft.node(right), dtype), numbers_of[0])
    if alpha not in (None, 1):
        raise Untranslated(f"alpha {alpha} beside a tensor")
    nodes = tuple(numeric(draft, draft.node(each), dtype) for each in operands)
    return merged_by(draft, call, kind, *nodes)


def is_number(argument: object) -> bool:
    """Whether it is no tensor."""
    return isinstance(argument, int | float)


def numeric(draft: "Draft", node: "SampleNode", dtype: str) -> "SampleNode":
    """An operand in the dtype of the result, where torch turns whole numbers into real ones."""
    return cast_to(draft, node, dtype) if dtype in NUMBERS and not node.tensor.is_float else node


def _clamped(low: bool) -> "WithNumber":  # noqa: FBT001  which end
    def translate(draft: "Draft", node: "SampleNode", number: float) -> "SampleNode":
        return draft.add("Clamp", node, arguments={"min" if low else "max": number})

    return translate


def square(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.square."""
    return draft.add("Pow", draft.node(given(call, "input").get("input")), arguments={"exponent": 2})


def _clamp(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.clamp between two numbers."""
    got = given(call, "input min max")
    node = draft.node(got.get("input"))
    ends = {key: draft.scalar(got.get(key)) for key in ("min", "max") if key in got}
    if all(end is not None for end in ends.values()):
        return draft.add("Clamp", node, arguments=ends)
    for key, kind in (("min", "Maximum"), ("max", "Minimum")):
        if key in got:
            node = merged_by(draft, call, kind, node, number_node(draft, got.get(key), node.dtype))
    return node


def clamp_end(end: str) -> "Translator":
    """torch.clamp_min, torch.clamp_max."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, f"input {end}")
        return draft.add("Clamp", draft.node(got.get("input")), arguments={end: draft.scalar(got.get(end))})

    return translate


def addcmul(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """Input + value tensor1 tensor2 (torch.addcmul)."""
    got = given(call, "input tensor1 tensor2")
    product = merged_by(
        draft, call, "Multiply", *(draft.node(got.get(name)) for name in ("tensor1", "tensor2")), full=False
    )
    product = _scale(draft, product, got.number("value", 1))
    return merged_by(draft, call, "Add", draft.node(got.get("input")), product)


def lerp(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """Input + weight (end - input) (torch.lerp)."""
    got = given(call, "input end weight")
    start, end = draft.node(got.get("input")), draft.node(got.get("end"))
    away = merged_by(draft, call, "Subtract", end, start)
    number = draft.scalar(got.get("weight"))
    moved = (
        _scale(draft, away, number)
        if number is not None
        else merged_by(draft, call, "Multiply", away, draft.node(got.get("weight")))
    )
    return merged_by(draft, call, "Add", start, moved)


def mod_number(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """X mod c = x - c floor(x / c), of real numbers."""
    got = given(call, "input other")
    number = draft.scalar(got.get("other"))
    node = draft.node(got.get("input"))
    if not number or not node.tensor.is_float:
        raise Untranslated("a remainder of whole numbers")
    whole = _scale(draft, draft.add("Floor", _divided(draft, node, number)), number)
    return merged_by(draft, call, "Subtract", node, whole)


def floor_divide(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """floor(x / c), of real numbers."""
    got = given(call, "input other")
    number, node = draft.scalar(got.get("other")), draft.node(got.get("input"))
    if not number or not node.tensor.is_float:
        raise Untranslated("a division of whole numbers")
    return draft.add("Floor", _divided(draft, node, number))


TABLE: "Mapping[str, Translator]" = {
    "add": _binary("Add", _add, _add),
    "r_add": _binary("Add", _add, _add),
    "sub": _binary("Subtract", lambda d, n, c: _add(d, n, -c), _from),
    "subtract": _binary("Subtract", lambda d, n, c: _add(d, n, -c), _from),
    "r_sub": _binary("Subtract", lambda d, n, c: _add(d, n, -c), _from, reflected=True),
    "rsub": _binary("Subtract", lambda d, n, c: _add(d, n, -c), _from, reflected=True),
    "mul": _binary("Multiply", _scale, _scale),
    "multiply": _binary("Multiply", _scale, _scale),
    "r_mul": _binary("Multiply", _scale, _scale),
    "div": _binary("Divide", _divided, _over),
    "divide": _binary("Divide", _divided, _over),
    "truediv": _binary("Divide", _divided, _over),
    "true_divide": _binary("Divide", _divided, _over),
    "r_truediv": _binary("Divide", _divided, _over, reflected=True),
    "r_div": _binary("Divide", _divided, _over, reflected=True),
    "pow": _binary("Power", _power, _raised),
    "float_power": _binary("Power", _power, _raised),
    "r_pow": _binary("Power", _power, _raised, reflected=True),
    "maximum": _binary("Maximum", _clamped(low=True), _clamped(low=True)),
    "minimum": _binary("Minimum", _clamped(low=False), _clamped(low=False)),
    "square": square,
    "clamp": _clamp,
    "clip": _clamp,
    "clamp_min": clamp_end("min"),
    "clamp_max": clamp_end("max"),
    "addcmul": addcmul,
    "lerp": lerp,
    "remainder": mod_number,
    "mod": mod_number,
    "floor_divide": floor_divide,
    "floordiv": floor_divide,
}
