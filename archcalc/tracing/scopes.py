"""Names of a walk: who is called what in which scope."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcalc.errors import Fault, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.tracing.records import Port


@dataclass(slots=True)
class Named:
    """A finished layer, container or repeat under its full name."""

    name: str
    ports: "Mapping[str, Port] | None" = None
    """Its outputs; None when it failed."""
    scope: "Scope | None" = None
    """The names inside it."""
    left_out: bool = False
    outwards: tuple[str, ...] = ()
    """Names of the outputs of a block, which mean these also where a layer inside has one of them."""
    missing: "Mapping[str, Fault]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    """Outputs that a block names and that are left out."""

    @property
    def port(self) -> "Port | None":
        """The output that the next layer reads."""
        return next(iter(self.ports.values())) if self.ports else None

    @classmethod
    def around(cls, scope: "Scope", end: "Port | None") -> "Named":
        """The container, block or branch with this scope, from where ``end`` leaves."""
        return cls(scope.prefix[:-1], {"output": end} if end else None, scope)


@dataclass(slots=True)
class Scope:
    """The names of one named container, block or repeat; unnamed containers share that of their parent."""

    prefix: str
    names: dict[str, Named] = field(default_factory=dict[str, Named])
    claimed: dict[str, Place] = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # Place only exists for checkers
    counts: Counter[str] = field(default_factory=Counter[str])
    numbered: int = 0
    """Layers that have a number for a name."""

    def claim(self, name: str | None, kind: str, place: Place) -> str:
        """Take ``name`` in this scope, or the next free ``kind_index``."""
        index = self.counts[kind]
        while name is None and f"{kind.lower()}_{index}" in self.claimed:
            index += 1
        self.counts[kind] = index + 1
        if name is None:
            name = f"{kind.lower()}_{index}"
        elif name in self.claimed:
            raise Fault(
                f"duplicate name {name!r}, taken on line {self.claimed[name].line}",
                key="name",
                hint="names are unique within a scope; a named Sequential makes a scope",
            )
        self.claimed.setdefault(name, place)
        return name

    def add(self, name: str, done: Named, *, numbered: bool) -> None:
        """Make a finished layer known; a numbered one that was left out gives its number to the next one."""
        if not numbered:
            self.names[name] = done
        elif done.left_out:
            self.claimed.pop(name, None)
        else:
            self.names[name] = done
            self.numbered += 1

    def settle(self, names: "Iterable[str]", *, left_out: bool) -> None:
        """Make the names in an unnamed container known that was not walked: it is left out, or failed."""
        for name in names:
            self.names.setdefault(name, Named(self.prefix + name, left_out=left_out))
