"""A layer's arguments: expressions evaluated, then checked by the kind; every fault with its key."""

from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from archcalc.errors import Fault, Meant
from archcalc.expressions import MAX_ENTRIES, Unknown, Value, exactly, is_expression, plain_value
from archcalc.spec import COMMON_KEYS
from archcalc.spec.values import PLACEHOLDER
from archcalc.tuples import NamedTuple
from archcalc.wording import shown

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping

    from archcalc.layers.base import Layer
    from archcalc.source import Path
    from archcalc.tracing.frames import Site


PLAIN = frozenset({int, str, bool})
"""Values that a layer takes as they are."""


class Misplaced(NamedTuple):
    """A fault and the path of its value below the layer."""

    path: "Path"
    fault: Fault
    at_key: bool = False


def evaluated(value: object, site: "Site") -> object:
    """``value`` with every expression in it replaced by its exact result, and lists as tuples.

    Raises:
        Fault: an expression is wrong.
        Unknown: an expression asks for the shape behind a layer that failed.
    """
    if is_expression(value):
        return _tuples(_answered(value, site))
    if isinstance(value, list):
        items = cast("list[object]", value)
        if len(items) > MAX_ENTRIES:
            raise Fault(f"a list has more than {MAX_ENTRIES} entries", hint="make it shorter")
        return tuple(evaluated(item, site) for item in items)
    if isinstance(value, dict):
        return {key: evaluated(item, site) for key, item in cast("dict[str, object]", value).items()}
    return value


def _answered(expression: str, site: "Site") -> "Value":
    """The value of an expression, which the turn of a repeat remembers where it asks for its number."""
    turn = site.frame.turn
    if turn is None:
        return exactly(expression, site)
    turn.asked |= turn.read  # by what is no value, or has none
    turn.read = False
    value = exactly(expression, site)
    if turn.read:
        turn.answers.append((expression, site, value))
        turn.read = False
    return value


def filled(name: str, site: "Site") -> str:
    """A name with the values of the expressions in its braces.

    Raises:
        Fault: one has no value that can stand in a name.
        Unknown: one waits for a layer that failed.
    """

    def value(found: "re.Match[str]") -> str:
        part = plain_value(exactly("=" + found[1], site))
        if isinstance(part, bool) or not isinstance(part, int | str):
            raise Fault(f"a name is made of whole numbers and words, got {shown(part)}")
        return str(part)

    return PLACEHOLDER.sub(value, name) if "{" in name else name


def _tuples(value: object) -> object:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in cast("list[object]", value))
    return value


def as_read(value: object) -> object:
    """An evaluated value as a layer takes it: a float for a fraction, an int for a whole number."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, tuple):
        return tuple(as_read(item) for item in cast("tuple[object, ...]", value))
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in cast("dict[str, object]", value).items()}
    return plain_value(cast("Value", value))


def evaluate_all(site: "Site") -> "tuple[dict[str, object], set[str], list[Misplaced]]":
    """Every argument evaluated; those that wait for a failed layer apart, and the faults."""
    values: dict[str, object] = {}
    unknown: set[str] = set()
    faults: list[Misplaced] = []
    for key, value in site.entry.arguments.items():
        try:
            values[key] = value if type(value) is int else evaluated(value, site)
        except Unknown:
            unknown.add(key)
        except Fault as fault:
            unknown.add(key)
            faults.append(Misplaced((key,), fault))
    return values, unknown, faults


def remembers(values: "Iterable[object]") -> bool:
    """Whether some of these numbers are sizes that remember, and no plain ints."""
    return any(isinstance(value, int) and type(value) not in (int, bool) for value in values)


def build(
    kind: "type[Layer]", site: "Site", values: "Mapping[str, object]", unknown: set[str], *, remembers: bool
) -> "tuple[Layer | None, list[Misplaced]]":
    """The layer of a kind from the values of its arguments; None when some are wrong or not known yet.

    Args:
        kind: the kind.
        site: where the arguments are written.
        values: as a layer takes them.
        unknown: arguments without a value.
        remembers: whether some values may be sizes that remember.
    """
    try:
        layer = cast("Layer", kind.__pydantic_validator__.validate_python(values))  # without detours
    except ValidationError as error:
        from archcalc.elsewhere import key_hint
        from archcalc.validation.retelling import retell

        if remembers:
            from archcalc.sizes.arguments import taken_at_values

            taken_at_values(values)
        keys = (*kind.model_fields, *COMMON_KEYS)
        waiting = {(key,) for key in unknown}
        missing = {f"`{key}` is missing" for key in unknown}
        return None, [
            Misplaced(path, _fault(kind, site, values, path, (what, hint)), at_key)
            for path, what, hint, at_key in retell(
                error,
                values,
                lambda _: keys,
                lambda path: key_hint(str(path[-1]), keys, values.get(str(path[-1]))),
            )
            if path not in waiting and what not in missing
        ]
    if remembers:
        from archcalc.sizes.arguments import with_sizes

        layer = with_sizes(layer, values)
    return (None if unknown else layer), []


def _fault(
    kind: "type[Layer]", site: "Site", values: "Mapping[str, object]", path: "Path", told: tuple[str, str]
) -> Fault:
    """What is wrong with an argument, as it has been told and with its hint, and what is meant by it."""
    what, hint = told
    fact = _named(path, what)
    if path == ("padding",) and isinstance(values["padding"], str):
        from archcalc.tracing.sameness import padding_fault

        return padding_fault(Fault(fact, hint=hint), kind, values, site)
    return Fault(fact, hint=hint, meant=_renamed(path, what, (*kind.model_fields, *COMMON_KEYS)))


def _renamed(path: "Path", what: str, known: "Iterable[str]") -> Meant | None:
    """The key that is meant by an unknown one."""
    from archcalc.elsewhere import meant

    key = str(path[-1]) if len(path) == 1 and what.startswith("unknown key") else ""
    new = meant(key, known) if key else None
    return Meant(key=key, new=new) if new else None


def _named(path: "Path", what: str) -> str:
    """A need with the argument that has it: ``stride needs at least 1, got 0``."""
    return f"{path[0]} {what}" if path and what.startswith("needs") else what


def check_keys(defaults: "Mapping[str, object]", written: "Mapping[str, object]") -> list[Misplaced]:
    """Faults of the keys of a block's use: unknown ones and required ones that are missing."""
    known = (*defaults, *COMMON_KEYS)
    given = set(written)
    faults: list[Misplaced] = []
    for key in [key for key in written if key not in defaults]:
        from archcalc.elsewhere import key_hint, meant

        given.add(meant(key, known) or key)
        what = f"unknown key {shown(key)}"
        fault = Fault(what, hint=key_hint(key, known, written[key]), meant=_renamed((key,), what, known))
        faults.append(Misplaced((key,), fault, at_key=True))
    missing = [key for key, default in defaults.items() if default == REQUIRED and key not in given]
    return faults + [Misplaced((), Fault(f"`{key}` is missing")) for key in missing]


REQUIRED = "required"
