"""The parameters of a class: what differs between its uses, under the names that the spec has for it."""

from dataclasses import field
from keyword import iskeyword
from typing import TYPE_CHECKING, cast

from archcalc.exporting.layout import python_code
from archcalc.exporting.naming import attribute
from archcalc.exporting.nodes import Literal, Slot, Text
from archcalc.exporting.surroundings import renamed, summed_names
from archcalc.exporting.unifying import same
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.exporting.surroundings import Surroundings

    Vector = tuple[object, ...]

FACTORS = (2, 3, 4, 6, 8)
SIZES = {"in_channels": "block.in_channels", "in_features": "block.in_features"}
UNNAMED = frozenset({"size", "index"})
MISSING = ...
"""A value of a use that has no such layer."""


@dataclass(slots=True)
class Parameters:
    """Grows while the values of a class are looked at.

    Args:
        around: of every use.
        defaults: of the block's arguments, those that are plain values.
    """

    around: "Sequence[Surroundings]"
    defaults: "Mapping[str, object]"
    found: "dict[str, Vector]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    written: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    told: "dict[str, tuple[Vector, object]]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    """Values of parameters, and what uses leave out of them: every use asks."""

    def expression(self, slot: Slot, place: str) -> Text:
        """What stands in a class for a value that differs; ``place`` is the layer that it belongs to."""
        values = slot.values
        written = next((text for text in slot.written if text), "")
        for known, vector in self.found.items():
            if _fits(vector, values) and (known == slot.key or written in ("", known)):
                return Text(known)
        name = self._known_name(slot, written)
        if name:
            return Text(self._named(name, written=slot.written))
        found = self._as_written(values, slot.written)
        if found:
            return Text(found)
        for known, vector in self.found.items():
            if _fits(vector, values):
                return Text(known)
        return Text(self._multiple(values) or self._new(slot, place))

    def if_named(self, values: "Vector", literal: Literal) -> Text | None:
        """The parameter that the spec means by a value that is the same wherever it is used."""
        if literal.written not in self.found or not _fits(self.found[literal.written], values):
            return None
        return Text(literal.written)

    def condition(self, present: "tuple[bool, ...]", written: str, place: str) -> str:
        """What says in a class whether a layer is there."""
        found = self._as_written(present, (written,) * len(present))
        if found:
            return found
        return self._new(Slot(present, f"with_{place}"), place)

    def _known_name(self, slot: Slot, written: str) -> str:
        """A name of the spec that has these values in all uses."""
        names = [written, slot.key, SIZES.get(slot.key, "")]
        if slot.key.startswith(
            ("in_", "num_", "normalized", "embed_dim", "input_size", "features", "channels", "dim")
        ):
            names += ["block.in_channels", "block.in_features"]
        names += self.around[0].known() if self.around else []
        for name in names:
            if name and _fits(self._vector(name), slot.values):
                return name
        return ""

    def _vector(self, name: str) -> "Vector":
        return tuple(each.values.get(name, "no value") for each in self.around)

    def _named(self, name: str, written: tuple[str, ...] = ()) -> str:
        """The parameter for a name of the spec, or its value where it never differs."""
        vector = self._vector(name)
        if all(same(value, vector[0]) for value in vector):
            return python_code(vector[0])
        own = name.rpartition(".")[2]
        own = f"{own}_" if iskeyword(own) or own == "self" else own
        if own in self.found and not _fits(self.found[own], vector):
            own = self._free(own)
        if own not in self.found:
            self.found[own] = vector
            self.written[own] = written if "block" in name else ()
        return own

    def _as_written(self, values: "Vector", written: tuple[str, ...]) -> str:
        """The spec's own expression, where it gives these values in all uses; empty: it does not."""
        text = next((each for each in written if each), "")
        names = summed_names(text) if text else None
        if not names or any(each not in ("", text) for each in written):
            return ""
        if any(not self._whole(name) for name in names):
            return ""
        if not _fits(tuple(each.value(text) for each in self.around), values):
            return ""
        return renamed(text, {name: self._named(name) for name in names})

    def _whole(self, name: str) -> bool:
        """Whether a name means a whole number or a truth in every use."""
        return all(isinstance(value, int) for value in self._vector(name))

    def _multiple(self, values: "Vector") -> str:
        """A multiple or a part of a parameter that is there; empty: there is none."""
        whole = [(at, value) for at, value in enumerate(values) if type(value) is int]
        given = [value for value in values if value is not MISSING]
        if len(whole) < len(given) or len(set(given)) == 1:  # one number is a multiple of anything
            return ""
        for name, vector in self.found.items():
            pairs = [(vector[at], value) for at, value in whole]
            if not all(type(one) is int and one > 0 and value > 0 for one, value in pairs):
                continue
            numbers = cast("list[tuple[int, int]]", pairs)
            for factor in FACTORS:
                if all(value == one * factor for one, value in numbers):
                    return f"{name} * {factor}" if factor else name
                if all(value * factor == one for one, value in numbers):
                    return f"{name} // {factor}"
        return ""

    def _new(self, slot: Slot, place: str) -> str:
        key = f"{place}_{slot.key}" if slot.key in UNNAMED else slot.key
        name = attribute(key if key not in self.found else f"{place}_{slot.key}")
        name = self._free(name)
        first = next(value for value in slot.values if value is not MISSING)
        self.found[name] = tuple(first if value is MISSING else value for value in slot.values)
        self.written[name] = slot.written
        return name

    def _free(self, name: str) -> str:
        count, found = 1, name
        while found in self.found:
            count += 1
            found = f"{name}_{count}"
        return found

    def default(self, name: str) -> object:
        """What a use leaf_nodes out; ``...``: nothing."""
        vector = self.found[name]
        if name not in self.told or self.told[name][0] is not vector:
            value = self.defaults.get(name, ...)
            self.told[name] = vector, value if any(same(value, each) for each in vector) else ...
        return self.told[name][1]

    def argument(self, name: str, use: int) -> Literal:
        """The value of a parameter in one use."""
        written = self.written.get(name, ())
        return Literal(self.found[name][use], name, written[use] if use < len(written) else "")


def _fits(vector: "Vector", values: "Vector") -> bool:
    """Whether these are the values of all uses that have the layer."""
    return len(vector) == len(values) and all(
        value is MISSING or same(one, value) for one, value in zip(vector, values, strict=True)
    )


def type_of(values: "Sequence[object]") -> str:
    """The type of a parameter with these values."""
    texts = sorted({value for value in values if isinstance(value, str)})
    names = [f"Literal[{', '.join(map(python_code, texts))}]"] if texts else []
    kinds = {
        bool if type(value) is bool else int if isinstance(value, int) else type(value) for value in values
    }
    names += [kind.__name__ for kind in (bool, int, float) if kind in kinds]
    for value in values:
        if isinstance(value, tuple):
            inner = ", ".join(type_of([each]) for each in cast("tuple[object, ...]", value))
            names.append(f"tuple[{inner}]" if inner else "tuple[()]")
    if None in values:
        names.append("None")
    return " | ".join(dict.fromkeys(names))
