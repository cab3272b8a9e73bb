"""Scopes that are uses of one class: alike but for values, and for layers that are not in all of them."""

from dataclasses import field
from itertools import product
from typing import TYPE_CHECKING, cast

from archcalc.exporting.programs import program_structure
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.exporting.programs import ClassBody, MemberRef
    from archcalc.exporting.scopes import ScopeNode

MOST_CHOICES = 4
"""Steps with several inputs that may be left out."""


@dataclass(slots=True)
class Cluster:
    """Uses of one class; the first one has every layer that any of them has.

    Args:
        uses: scopes with their programs.
        bypass: step that is not in all uses -> which of its inputs goes on where it is missing.
    """

    uses: "list[tuple[ScopeNode, ClassBody]]"
    bypass: "dict[str, int]" = field(default_factory=dict[str, int])

    @property
    def program(self) -> "ClassBody":
        """The one with every layer."""
        return self.uses[0][1]

    def present(self, name: str) -> tuple[bool, ...]:
        """In which uses a step or member is."""
        return tuple(any(step.name == name for step in program.steps) for _, program in self.uses)


def clusters(uses: "Iterable[tuple[ScopeNode, ClassBody]]") -> list[Cluster]:
    """Uses of the same block in as few classes as their structures allow."""
    alike: dict[str, Cluster] = {}
    for scope, program in uses:
        alike.setdefault(repr(program_structure(program)), Cluster([])).uses.append((scope, program))
    found: list[Cluster] = []
    for cluster in sorted(alike.values(), key=lambda each: -len(each.program.steps)):
        for known in found:
            bypass = _missing(known, cluster.program)
            if bypass is not None:
                known.bypass |= bypass
                known.uses += cluster.uses
                break
        else:
            found.append(cluster)
    return found


def _missing(known: Cluster, other: "ClassBody") -> dict[str, int] | None:
    """How the class with every layer does what another program does; None: it does not."""
    whole = known.program
    names = {step.name for step in other.steps}
    left_out = [step for step in whole.steps if step.name not in names]
    order = [step.name for step in whole.steps if step.name in names]
    if order != [step.name for step in other.steps] or any(
        step.outputs != 1 or step.loop for step in left_out
    ):
        return None
    if whole.inputs != other.inputs or whole.closing != other.closing or not _same_members(whole, other):
        return None
    wide = [step for step in left_out if len(step.reads) > 1]
    if len(wide) > MOST_CHOICES or any(step.part.init is not None for step in wide):
        return None
    for picks in product(*(range(len(step.reads)) for step in wide)):
        bypass = {step.name: 0 for step in left_out} | {
            step.name: pick for step, pick in zip(wide, picks, strict=True)
        }
        agrees = all(known.bypass.get(name, pick) == pick for name, pick in bypass.items())
        if agrees and _does(whole, other, bypass):
            return bypass
    return None


def _same_members(whole: "ClassBody", other: "ClassBody") -> bool:
    """Whether the members of the smaller one are those of the whole."""
    mine = cast("Mapping[str, object]", program_structure(whole)["members"])
    theirs = cast("Mapping[str, object]", program_structure(other)["members"])
    steps = {step.own for step in other.steps}
    lacking = set(mine) - set(theirs)
    return all(mine.get(name) == value for name, value in theirs.items()) and not lacking & steps


def _does(whole: "ClassBody", other: "ClassBody", bypass: "Mapping[str, int]") -> bool:
    by_name = {step.name: step for step in whole.steps}

    def settled(ref: "MemberRef") -> "MemberRef":
        while ref[0] in bypass:
            ref = by_name[ref[0]].reads[bypass[ref[0]]]
        return ref

    mine = cast("Mapping[str, tuple[object, ...]]", program_structure(whole)["steps"])
    theirs = cast("Mapping[str, tuple[object, ...]]", program_structure(other)["steps"])
    for step in other.steps:
        one, two = mine[step.name], theirs[step.name]
        if (*one[:3], *one[4:]) != (*two[:3], *two[4:]):
            return False
        if tuple(map(settled, by_name[step.name].reads)) != step.reads:
            return False
    return tuple(map(settled, whole.outputs)) == other.outputs
