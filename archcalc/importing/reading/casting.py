"""The same numbers in another dtype."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedCall


def cast_to(draft: "Draft", node: "SampleNode", dtype: str) -> "SampleNode":
    """The same numbers in another dtype; nothing where it is theirs already."""
    return node if node.dtype == dtype else draft.add("Cast", node, arguments={"dtype": dtype})


def real_numbers(draft: "Draft", node: "SampleNode", dtype: str = "float32") -> "SampleNode":
    """Real numbers of whole ones, as torch makes of them."""
    return node if node.tensor.is_float else cast_to(draft, node, dtype)


def result_dtype(draft: "Draft", call: "RecordedCall") -> str:
    """The dtype of what came back."""
    return draft.value(call.result).dtype


def cast(dtype: str) -> "Translator":
    """x.float() and the like."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        return cast_to(draft, draft.node(call.args[0]), dtype)

    return translate


def same_or_cast(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.to(...), x.type(...): another dtype, or nothing."""
    return cast_to(draft, draft.node(call.args[0]), result_dtype(draft, call))


TABLE: "Mapping[str, Translator]" = {
    "float": cast("float32"),
    "double": cast("float64"),
    "half": cast("float16"),
    "bfloat16": cast("bfloat16"),
    "long": cast("int64"),
    "int": cast("int32"),
    "bool": cast("bool"),
    "to": same_or_cast,
    "type": same_or_cast,
    "type_as": same_or_cast,
}
