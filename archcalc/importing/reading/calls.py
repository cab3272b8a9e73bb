"""The arguments of a call by name, and which operation it is, whatever module of torch it is from."""

from typing import TYPE_CHECKING, cast

from archcalc.importing.reading.layouts import Untranslated
from archcalc.importing.recording import GrowingSize, Ref
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.importing.recording import RecordedArgument, RecordedCall

APART = ("linalg", "fft", "special")
"""Modules of torch whose functions share names with others."""


def operation_name(op: str) -> str:
    """What a function of torch does, by one name: ``torch.Tensor.add_`` and ``torch.add`` are ``add``."""
    *modules, name = op.removesuffix(".__get__").split(".")
    if name.startswith("__"):
        name = name.strip("_")
        return f"r_{name[1:]}" if name in REFLECTED else DUNDERS.get(name, name)
    bare = name.rstrip("_") if name.endswith("_") else name
    inside = next((module for module in modules if module in APART), None)
    return f"{inside}.{bare}" if inside else bare


REFLECTED = ("radd", "rsub", "rmul", "rtruediv", "rdiv", "rpow", "rmatmul", "rfloordiv", "rmod")
DUNDERS = {
    "iadd": "add",
    "isub": "sub",
    "imul": "mul",
    "itruediv": "truediv",
    "idiv": "truediv",
    "ipow": "pow",
    "imatmul": "matmul",
    "invert": "bitwise_not",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "iand": "bitwise_and",
    "ior": "bitwise_or",
    "ifloordiv": "floordiv",
}


@dataclass(frozen=True, slots=True)
class GivenArguments:
    """Arguments under the names of a signature."""

    values: "Mapping[str, RecordedArgument]"

    def __contains__(self, name: str) -> bool:
        """Whether the call says it, and says more than None."""
        return self.values.get(name) is not None

    def get(self, name: str, default: "RecordedArgument" = None) -> "RecordedArgument":
        """What the call says, or what torch takes otherwise; None counts as not said."""
        found = self.values.get(name)
        return default if found is None else found

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number.

        Raises:
            Untranslated: it is none, or depends on the batch.
        """
        found = self.get(name, default)
        if isinstance(found, GrowingSize) or not isinstance(found, int):
            raise Untranslated(f"{name} is no whole number that stays: {found}")
        return found

    def number(self, name: str, default: float | None = None) -> float:
        """A number.

        Raises:
            Untranslated: it is none.
        """
        found = self.get(name, default)
        if not isinstance(found, int | float):
            raise Untranslated(f"{name} is no number: {found}")
        return found


def given(call: "RecordedCall", signature: str) -> GivenArguments:
    """The arguments of a call.

    Args:
        call: of a function.
        signature: its names in order; the last one with a star takes all that are left.
    """
    names = signature.split()
    values: dict[str, RecordedArgument] = dict(call.kwargs)
    for position, name in enumerate(names):
        if name.startswith("*"):
            rest = call.args[position:]
            if rest:
                values[name[1:]] = as_list(rest)
            break
        if position < len(call.args):
            values[name] = call.args[position]
    return GivenArguments(values)


def as_list(rest: "tuple[RecordedArgument, ...]") -> "tuple[RecordedArgument, ...]":
    """Arguments that torch takes one by one or as one list."""
    return rest[0] if len(rest) == 1 and isinstance(rest[0], tuple) else rest


def several(value: object) -> tuple[object, ...]:
    """What torch takes as one or as a tuple of them, as a tuple."""
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


def refs(argument: "RecordedArgument") -> "Iterator[Ref]":
    """Every tensor in an argument, in order."""
    if isinstance(argument, Ref):
        yield argument
    elif isinstance(argument, tuple):
        for each in argument:
            yield from refs(each)
    elif isinstance(argument, slice):
        return
    elif argument is not None and not isinstance(argument, str | int | float | GrowingSize):
        for each in argument.values():
            yield from refs(each)


def tensors_read(call: "RecordedCall") -> tuple[Ref, ...]:
    """Every tensor that a call gets, in order."""
    return (*refs(call.args), *refs(tuple(call.kwargs.values())))
