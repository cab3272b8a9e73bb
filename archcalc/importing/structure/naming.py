"""What everything is called: full names of layers and scopes, and names for operators that need one."""

import re
from typing import TYPE_CHECKING

from archcalc.importing.structure.items import Leaf, NamedScope, end_of, leaves_of, lists_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.importing.program import Program
    from archcalc.importing.structure.items import FullName, Item

WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
"""Between the words of a kind's name."""
AUTOMATIC = re.compile(r"(.*)_\d+")
MOST_WORDS = 2
"""Words of a kind that its operators have in their names; of more they have the last."""


class Naming:
    """The names of a network's layers and scopes, by the steps of the program.

    Args:
        items: the whole network.
        program: what its steps are.
    """

    def __init__(self, items: "Iterable[Item]", program: "Program") -> None:
        self.program = program
        self.below: dict[FullName, set[str]] = {}
        """Full name of a scope -> names in it."""
        self.ends: dict[int, list[FullName]] = {}
        """Number of a step -> full names under which its first output is known, the layer's own first."""
        self.scope_of: dict[int, FullName] = {}
        """Number of a step -> full name of the scope in which an operator without a name stands."""
        self.leaf_of: dict[int, Leaf] = {}
        self.wanted: dict[Leaf, None] = {}
        """Operators that are referred to and have no name yet."""
        self.given: dict[Leaf, str] = {}
        """Names of operators that had none."""
        self.numbered = frozenset(
            read.step for step in program.steps for read in step.reads if read.output.isdecimal()
        )
        """Steps whose outputs are called 0, 1 ..."""
        self.counts: dict[tuple[FullName, str], int] = {}
        self._enter(tuple(items), ((),))
        layers = self.below.get((), set())
        self.inputs = {name: f"{name}_input" if name in layers else name for name in program.inputs}
        """Name of an input -> what it is called, where layers have all other names."""
        self._avoid_automatic()

    def adopt(self, items: "Iterable[Item]") -> None:
        """Take the layers of a block for those of all its members."""
        for leaf in leaves_of(items):
            for number in leaf.steps:
                if number is not None:
                    self.leaf_of[number] = leaf

    def _enter(self, items: "Iterable[Item]", paths: "tuple[FullName, ...]") -> None:
        for item in items:
            if isinstance(item, Leaf):
                self._enter_leaf(item, paths)
            elif isinstance(item, NamedScope):
                self._enter_scope(item, paths)
            else:
                for inner in lists_in(item):
                    self._enter(inner, paths)

    def _enter_leaf(self, leaf: Leaf, paths: "tuple[FullName, ...]") -> None:
        for number, path in zip(leaf.steps, paths, strict=True):
            if number is None:
                continue
            self.leaf_of[number] = leaf
            self.scope_of[number] = path
            if leaf.name:
                self._claim(path, leaf.name)
                self.ends[number] = [(*path, *leaf.name)]

    def _enter_scope(self, scope: NamedScope, paths: "tuple[FullName, ...]") -> None:
        for path in paths:
            self._claim(path, scope.name)
        self._enter(scope.items, scope.paths)
        for member, path in enumerate(scope.paths):
            number = end_of(scope.items, member)
            if number is not None:
                self.ends.setdefault(number, []).append(path)

    def _claim(self, path: "FullName", name: "FullName") -> None:
        for depth, step in enumerate(name):
            self.below.setdefault((*path, *name[:depth]), set()).add(step)

    def _avoid_automatic(self) -> None:
        """Name the operators whose automatic name (``relu_0``) a module has."""
        taken = {
            (scope, found[1])
            for scope, names in self.below.items()
            for name in names
            if (found := AUTOMATIC.fullmatch(name))
        }
        for number, leaf in self.leaf_of.items() if taken else ():
            if not leaf.name and (self.scope_of[number], self.program.steps[number].kind.lower()) in taken:
                self.wanted[leaf] = None

    def give(self) -> None:
        """Give the operators that are referred to names of their own, after their kinds."""
        for leaf in self.wanted:
            numbers = [number for number in leaf.steps if number is not None]
            scopes = [self.scope_of[number] for number in numbers]
            name = self._free(base_name(self.program.steps[numbers[0]].kind), scopes)
            self.given[leaf] = name
            for number, scope in zip(numbers, scopes, strict=True):
                self.below.setdefault(scope, set()).add(name)
                self.ends.setdefault(number, []).insert(0, (*scope, name))
        self.wanted.clear()

    def _free(self, base: str, scopes: "Sequence[FullName]") -> str:
        """A name that none of the scopes has: ``add``, ``add2`` ...; automatic ones are ``add_0`` ..."""
        number = self.counts.get((scopes[0], base), 1)
        name = base if number == 1 else f"{base}{number}"
        while any(name in self.below.get(scope, ()) for scope in scopes):
            number += 1
            name = f"{base}{number}"
        self.counts[scopes[0], base] = number
        return name

    def name(self, leaf: Leaf) -> str:
        """The name of a layer as its entry has it; empty: none."""
        return ".".join(leaf.name) or self.given.get(leaf, "")


def base_name(kind: str) -> str:
    """What an operator of a kind is called: ``add``, ``layer_norm``; of a long name the last word."""
    words = WORDS.sub("_", kind).lower().split("_")
    return "_".join(words) if len(words) <= MOST_WORDS else words[-1]
