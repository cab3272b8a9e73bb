"""The scopes of a program as they can be written: in one piece, or under dotted names where they cannot."""

from typing import TYPE_CHECKING

from archcalc.importing.program import Read
from archcalc.importing.structure.items import Leaf, Mapped, NamedScope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.importing.program import Program
    from archcalc.importing.structure.items import FullName, Item


def scoped(program: "Program") -> "tuple[Item, ...]":
    """The layers of a program in their scopes, in execution order.

    A scope that runs in one piece holds its layers. The layers of another one, or of one that is called as a
    layer is, stand in the scope around it, under dotted names, which reopen it.
    """
    return _Scopes(program).items(range(len(program.steps)), ())


class _Scopes:
    """The scopes of a program, and which of them run in one piece."""

    def __init__(self, program: "Program") -> None:
        self.program = program
        self.names = _names(program)
        self.taken = {
            (*step.scope, name) for step, name in zip(program.steps, self.names, strict=True) if name
        }
        self.whole = _whole([step.scope for step in program.steps])
        """Full name of a scope in one piece -> number of the step behind its last one."""

    def items(self, numbers: range, scope: "FullName") -> "tuple[Item, ...]":
        """The items of the steps of a scope."""
        found: list[Item] = []
        index = numbers.start
        while index < numbers.stop:
            inner = self._inner(index, scope)
            if inner is None:
                found.append(self._leaf(index, scope))
                index += 1
                continue
            behind = self.whole[inner]
            below = inner[len(scope) :]
            found.append(self._scope(below, self.items(range(index, behind), inner), inner))
            index = behind
        return tuple(_mapped(found, self.program))

    def _inner(self, index: int, scope: "FullName") -> "FullName | None":
        """The widest scope in one piece that begins at a step, within another one."""
        around = self.program.steps[index].scope
        candidates = (around[:depth] for depth in range(len(scope) + 1, len(around) + 1))
        whole = (each for each in candidates if each in self.whole and each not in self.taken)
        return next(whole, None)

    def _leaf(self, index: int, scope: "FullName") -> Leaf:
        name = self.names[index]
        return Leaf((index,), (*self.program.steps[index].scope[len(scope) :], name) if name else ())

    def _scope(self, name: "FullName", items: "tuple[Item, ...]", path: "FullName") -> "Item":
        """A scope as an item; the only operator of one takes its name."""
        only = items[0] if len(items) == 1 else None
        if isinstance(only, Leaf) and not only.name:
            return Leaf(only.steps, name)
        return NamedScope(name, items, (path,))


def _names(program: "Program") -> list[str]:
    """Own name of each layer; empty where it has none, or where another layer has taken it."""
    taken: set[FullName] = set()
    names: list[str] = []
    for step in program.steps:
        name = step.name or ""
        if name and (*step.scope, name) in taken:
            name = _free(name, step.scope, taken) if step.tie else ""
        if name:
            taken.add((*step.scope, name))
        names.append(name)
    return names


def _free(name: str, scope: "FullName", taken: "set[FullName]") -> str:
    """A name for one more use of a layer with weights."""
    number = 1
    while (*scope, f"{name}_{number}") in taken:
        number += 1
    return f"{name}_{number}"


def _whole(scopes: "Sequence[FullName]") -> "Mapping[FullName, int]":
    """The scopes whose steps follow one another -> number of the step behind."""
    first: dict[FullName, int] = {}
    counts: dict[FullName, int] = {}
    last: dict[FullName, int] = {}
    for index, scope in enumerate(scopes):
        for depth in range(1, len(scope) + 1):
            part = scope[:depth]
            first.setdefault(part, index)
            last[part] = index
            counts[part] = counts.get(part, 0) + 1
    return {part: last[part] + 1 for part, count in counts.items() if last[part] - first[part] + 1 == count}


def _mapped(items: "Sequence[Item]", program: "Program") -> "Iterator[Item]":
    """The items with layers along leading axes gathered, those that follow one another in one."""
    run: list[Leaf] = []
    for item in items:
        axes = _axes(item, program)
        if run and not (axes == _axes(run[0], program) and _follows(item, run[-1], program)):
            yield _along(run, program)
            run = []
        if axes and isinstance(item, Leaf):
            run.append(item)
        else:
            yield item
    if run:
        yield _along(run, program)


def _along(run: "Sequence[Leaf]", program: "Program") -> Mapped:
    """Layers within as many containers as there are leading axes."""
    found = Mapped(tuple(run))
    for _ in range(_axes(run[0], program) - 1):
        found = Mapped((found,))
    return found


def _axes(item: "Item", program: "Program") -> int:
    number = item.steps[0] if isinstance(item, Leaf) else None
    return program.steps[number].mapped if number is not None else 0


def _follows(item: "Item", before: Leaf, program: "Program") -> bool:
    """Whether a layer reads the one before and nothing else."""
    number = item.steps[0] if isinstance(item, Leaf) else None
    return number is not None and program.steps[number].reads == (Read(before.steps[0]),)
