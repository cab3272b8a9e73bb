"""The entry of a layer: its kind, its name, and its arguments, for all members of the block around."""

from typing import TYPE_CHECKING, cast

from archcalc.importing.structure.arguments import ABSENT, Arguments, Arrival
from archcalc.importing.structure.references import Apart
from archcalc.layers.registry import KINDS, kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from archcalc.importing.program import Program, Step
    from archcalc.importing.structure.items import FullName, Leaf
    from archcalc.importing.structure.naming import Naming
    from archcalc.importing.structure.references import Level, ReferenceTexts


class LayerEntries:
    """Writes the entries of layers.

    Args:
        program: what their steps are.
        names: what they are called.
        arguments: of the block that they are in.
        references: texts for ``tie``.
    """

    def __init__(
        self, program: "Program", names: "Naming", arguments: Arguments, references: "ReferenceTexts"
    ) -> None:
        self.program = program
        self.names = names
        self.arguments = arguments
        self.references = references
        self.numbers: dict[FullName, int] = {}
        """Full name of a layer -> number of its step; the first one of several uses."""
        for number, step in enumerate(program.steps):
            if step.name:
                self.numbers.setdefault((*step.scope, step.name), number)

    def entry(
        self, leaf: "Leaf", level: "Level", came: dict[str, object], arrival: Arrival
    ) -> dict[str, object]:
        """The entry of a layer; ``came`` is what it has for what it reads."""
        steps = [None if number is None else self.program.steps[number] for number in leaf.steps]
        there = [step for step in steps if step is not None]
        name = self.names.name(leaf)
        kinds = tuple(ABSENT if step is None else step.kind for step in steps)
        found: dict[str, object] = {"type": self.arguments.express("activation", kinds, arrival)}
        found |= {**({"name": name} if name else {}), **came}
        for key in _in_order({key for step in there for key in step.arguments}, there[0]):
            default = default_of(there[0].kind, key)
            values = tuple(ABSENT if step is None else _value(step, key, default) for step in steps)
            beside = name.rpartition(".")[2]
            found[key] = self.arguments.express(key, values, arrival, default, beside)
        return found | self._common(leaf, level, there)

    def _common(self, leaf: "Leaf", level: "Level", there: "list[Step]") -> dict[str, object]:
        """The keys that every layer may have."""
        found: dict[str, object] = {}
        if len({(step.frozen, step.note) for step in there}) != 1:
            raise Apart
        frozen = there[0].frozen
        if frozen:
            found["frozen"] = list(frozen) if isinstance(frozen, tuple) else True
        ties = {
            None if step.tie is None else self._tie(step.tie, number, level, member)
            for member, number in enumerate(leaf.steps)
            if number is not None
            for step in (self.program.steps[number],)
        }
        if len(ties) != 1:
            raise Apart
        tie = ties.pop()
        return found | ({"tie": tie} if tie else {}) | ({"note": there[0].note} if there[0].note else {})

    def _tie(self, owner: str, number: int, level: "Level", member: int) -> str | None:
        """What means the layer whose weights are shared."""
        found = self.numbers.get(tuple(owner.split(".")))
        return None if found is None or found == number else self.references.layer(found, level, member)


def _value(step: "Step", key: str, default: object) -> object:
    """An argument as data."""
    if key not in step.arguments and default is ABSENT:
        raise Apart
    return plain_data(step.arguments.get(key, default))


def _in_order(keys: "AbstractSet[str]", step: "Step") -> "Sequence[str]":
    """Arguments in the order of the kind's fields; of a kind that is not known in their own."""
    order = kind(step.kind).model_fields if step.kind in KINDS else step.arguments
    return [*(key for key in order if key in keys), *sorted(keys - set(order))]


def plain_data(value: object) -> object:
    """An argument as data: lists for tuples."""
    if isinstance(value, list | tuple):
        return [plain_data(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, dict):
        return {key: plain_data(each) for key, each in cast("dict[str, object]", value).items()}
    return value


def default_of(name: str, key: str) -> object:
    """The default of a kind's argument; ABSENT: it has none."""
    field = kind(name).model_fields.get(key) if name in KINDS else None
    if field is None or field.is_required():
        return ABSENT
    return plain_data(field.get_default())
