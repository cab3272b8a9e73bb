"""Names of a walk: who is called what in which scope."""

from collections import Counter
from dataclasses import field
from itertools import islice
from typing import TYPE_CHECKING

from archcalc.errors import Fault, Place
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from archcalc.tracing.frames import Site
    from archcalc.tracing.records import Port

    Taken = dict[str, Place | Site]
    """Names that are taken, and where: what has them is asked for its place when that is to be told."""


@dataclass(slots=True)
class Named:
    """A finished layer, container or repeat under its full name."""

    name: str
    given: "Mapping[str, Port] | None" = None
    """Its outputs by their names; None when it failed, or ``single`` is its only one."""
    scope: "Scope | None" = None
    """The names inside it."""
    left_out: bool = False
    implied: bool = False
    """Dotted names alone have made it: what leaves it is what leaves the last layer in it."""
    outwards: tuple[str, ...] = ()
    """Names of the outputs of a block, which mean these also where a layer inside has one of them."""
    missing: "Mapping[str, Fault] | None" = None
    """Outputs that a block names and that are left out; None: it leaves out none."""
    single: "Port | None" = None
    """The output of a layer that has no other one, under the name that it has there."""

    @property
    def ports(self) -> "Mapping[str, Port] | None":
        """Its outputs; None when it failed."""
        return self.given if self.single is None else {self.single.output: self.single}

    @property
    def port(self) -> "Port | None":
        """The output that the next layer reads."""
        if self.single is not None:
            return self.single
        return next(iter(self.given.values())) if self.given else None

    @classmethod
    def around(cls, scope: "Scope", end: "Port | None") -> "Named":
        """The container, block or branch with this scope, from where ``end`` leaves."""
        return cls(scope.prefix[:-1], {"output": end} if end else None, scope)


@dataclass(slots=True)
class Scope:
    """The names of one named container, block or repeat; unnamed containers share that of their parent."""

    prefix: str
    names: "MutableMapping[str, Named]" = field(default_factory=dict[str, Named])
    claimed: "Taken" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    counts: Counter[str] = field(default_factory=Counter[str])
    numbered: int = 0
    """Layers that have a number for a name."""
    _fits: dict[str, tuple[int, list[str]]] = field(default_factory=dict[str, tuple[int, list[str]]])
    """Pattern -> how many names were looked at, and those of them that fit."""

    def fitting(self, pattern: str) -> list[str]:
        """The names that fit a pattern with ``*``, in their order; each is tried once."""
        from fnmatch import fnmatchcase

        if not isinstance(self.names, dict):  # names of turns that are not walked through come and go
            return [name for name in self.names if fnmatchcase(name, pattern)]
        seen, found = self._fits.get(pattern, (0, []))
        found += [name for name in islice(self.names, seen, None) if fnmatchcase(name, pattern)]
        self._fits[pattern] = len(self.names), found
        return found

    def claim(self, name: str | None, kind: str, place: "Place | Site") -> str:
        """Take ``name`` in this scope, or the next free ``kind_index``."""
        if name is None:
            name = self.free(kind)
            self.claimed[name] = place
            return name
        self.counts[kind] += 1
        if name in self.claimed:
            taken = self.claimed[name]
            line = (taken if isinstance(taken, Place) else taken.place).line
            raise Fault(
                f"duplicate name {name!r}, taken on line {line}",
                key="name",
                hint="names are unique within a scope; a named Sequential makes a scope",
            )
        self.claimed[name] = place
        return name

    def free(self, kind: str) -> str:
        """The next free ``kind_index``, which is to be taken."""
        index, begins = self.counts[kind], f"{kind.lower()}_"
        name = f"{begins}{index}"
        while name in self.claimed:
            index += 1
            name = f"{begins}{index}"
        self.counts[kind] = index + 1
        return name

    def add(self, name: str, done: Named, *, numbered: bool = False) -> None:
        """Make a finished layer known; one that is left out leaves its name or number to another one."""
        before = self.names.get(name)
        if done.left_out and before is not None and not before.left_out and not before.implied:
            return  # it is the other one of the two
        if done.left_out:
            self.claimed.pop(name, None)
            if numbered:
                return
        elif numbered:
            self.numbered += 1
        if before is not None:
            done.scope = done.scope or before.scope
        self.names[name] = done
