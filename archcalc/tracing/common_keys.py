"""The keys that every layer may have, evaluated."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.expressions import Unknown
from archcalc.tracing.arguments import evaluated
from archcalc.tracing.scopes import Named, find
from archcalc.wording import shown

if TYPE_CHECKING:
    from archcalc.spec import LayerSpec
    from archcalc.tracing.scopes import Bindings, Frame

MAX_REPEAT = 10_000


def flag(entry: "LayerSpec", key: str, names: "Bindings") -> bool:
    """Whether ``when`` or ``frozen`` holds."""
    value = _value(cast("object", getattr(entry, key)), key, names)
    if not isinstance(value, bool):
        raise Fault(f"{key} needs true or false, got {shown(value)}", key=key)
    return value


def times(entry: "LayerSpec", names: "Bindings") -> int:
    """How often ``repeat`` puts the layer in a row."""
    value = _value(entry.repeat, "repeat", names)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_REPEAT:
        fact = f"repeat needs a whole number from 0 to {MAX_REPEAT:,}, got {shown(value)}"
        raise Fault(fact, key="repeat")
    return value


def type_name(entry: "LayerSpec", names: "Bindings") -> str:
    """The name of a kind, a container or a block."""
    value = _value(entry.type, "type", names)
    if not isinstance(value, str):
        raise Fault(f"type needs the name of a kind or block, got {shown(value)}", key="type")
    return value


def tie_target(entry: "LayerSpec", frame: "Frame", name: str, names: "Bindings") -> "tuple[str, str] | None":
    """Own full name and that of the layer whose weights are shared, here or for the enclosing scope.

    An expression that gives None ties nothing here.

    Raises:
        Unknown: the layer of that name failed.
    """
    tie = _value(entry.tie, "tie", names)
    if tie is None:
        return frame.tie
    if not isinstance(tie, str):
        raise Fault(f"tie needs the name of a layer, got {shown(tie)}", key="tie")
    try:
        found = find(frame, tie)
    except Fault as fault:
        raise fault.at("tie") from None
    if found is None:
        raise Unknown
    if not isinstance(found, Named):
        raise Fault(f"{tie!r} is an input or output, not a layer", key="tie")
    return name, found.name


def _value(written: object, key: str, names: "Bindings") -> object:
    try:
        return evaluated(written, names)
    except Fault as fault:
        raise fault.at(key) from None
