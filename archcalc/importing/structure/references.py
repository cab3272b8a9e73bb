"""References: the text in a ``from`` that means an output, where it stands."""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.importing.program import Read
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.importing.structure.items import FullName
    from archcalc.importing.structure.naming import Naming

    Arrivals = tuple[Read | None, ...]
    """What arrives, for each member; None where a member has nothing here."""


@dataclass(frozen=True, slots=True)
class Level:
    """A list of layers, and what the names in it mean.

    Args:
        paths: full name of the scope, of each member.
        inputs: what enters by name: ``input``, or the inputs of the network.
        around: the list that this one stands in.
        mapped: it is applied along an axis.
        absent: members that lack the whole list.
    """

    paths: "tuple[FullName, ...]"
    inputs: "Mapping[str, Arrivals]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    around: "Level | None" = None
    mapped: bool = False
    absent: frozenset[int] = frozenset()

    def outwards(self) -> "Iterator[Level]":
        """This one and those around it, innermost first."""
        level: Level | None = self
        while level is not None:
            yield level
            level = level.around


class Apart(Exception):  # noqa: N818  it ends an attempt and is no error
    """Members that are written as one would need different texts."""


@dataclass(frozen=True, slots=True)
class ReferenceTexts:
    """Texts of references.

    Args:
        names: what everything is called.
        used: names of inputs that texts have referred to, so far.
    """

    names: "Naming"
    used: set[str] = field(default_factory=set[str])

    def text(self, reads: "Arrivals", level: Level) -> str:
        """What means these outputs, one for each member, in a list of layers.

        Raises:
            Apart: the members need different texts.
        """
        texts = {self._text(read, level, member) for member, read in enumerate(reads) if read is not None}
        if len(texts) != 1:
            raise Apart
        return texts.pop()

    def layer(self, number: int, level: Level, member: int) -> str:
        """What means the layer of a step itself, for a ``tie`` of a member."""
        ends = self._ends(number)
        return self._dotted(ends[0], level, member) if ends else "?"

    def _text(self, read: Read, level: Level, member: int) -> str:
        entering = self._entering(read, level, member)
        if entering:
            return entering
        if read.step is None:
            return f"/{self.names.inputs[read.output]}"
        ends = self._ends(read.step)
        if read.output:
            return f"{self._dotted(ends[0], level, member)}.{read.output}" if ends else "?"
        inside = level.paths[member]
        finished = [end for end in ends if end != inside[: len(end)]]
        if not finished:
            return "?"
        behind = ".0" if len(finished) == 1 and read.step in self.names.numbered else ""
        return self._dotted(finished[-1], level, member) + behind

    def _ends(self, number: int) -> "Sequence[FullName]":
        """The names of a step's first output; an operator without one is going to have it."""
        names, leaf = self.names, self.names.leaf_of[number]
        if not leaf.name and leaf not in names.given:
            names.wanted[leaf] = None
        return names.ends.get(number, ())

    def _entering(self, read: Read, level: Level, member: int) -> str:
        """The name by which an output enters this list or one around it; empty: it does not."""
        nearer: list[Level] = []
        for each in level.outwards():
            for name, arrivals in each.inputs.items():
                hidden = any(name in inner.inputs for inner in nearer) or any(
                    name in self.names.below.get(inner.paths[member], ()) for inner in (each, *nearer)
                )
                if arrivals[member] == read and not hidden:
                    self.used.add(name)
                    return name
            nearer.append(each)
        return ""

    def _dotted(self, end: "FullName", level: Level, member: int) -> str:
        """A full name as it is found from a list of layers."""
        inside = level.paths[member]
        shared = 0
        while shared < min(len(inside), len(end) - 1) and inside[shared] == end[shared]:
            shared += 1
        first, alone = end[shared], len(end) == shared + 1
        if all(len(each.paths[member]) != shared for each in level.outwards()):
            # A dotted name led through the scope that both are in, so that no list of layers is its own.
            return "/" + ".".join(end)
        for each in level.outwards():
            path = each.paths[member]
            hidden = len(path) > shared and first in self.names.below.get(path, ())
            if hidden or (alone and first in each.inputs):
                return "/" + ".".join(end)
        return ".".join(end[shared:])
