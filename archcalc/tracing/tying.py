"""Tied layers: which weights and buffers a layer shares with an earlier one."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Facts
    from archcalc.tracing.records import TracedLayer


def share(facts: "Facts", kind: str, owner: "TracedLayer") -> "Mapping[str, str]":
    """Own tensor -> full name of the owner's tensor, for every weight of the same name.

    A layer of another kind shares what fits (an output Linear has its own bias beside the embedding's
    ``weight``); a layer of the same kind is a second use of the same layer and shares its buffers too.
    """
    both = [name for name in facts.weights if name in owner.facts.weights]
    if not both:
        raise Fault(f"shares no weight with {owner.name!r} ({owner.type})", key="tie")
    for name in both:
        mine, theirs = facts.weights[name], owner.facts.weights[name]
        if mine != theirs:
            raise Fault(f"{name} is {list(mine)} here, but {list(theirs)} in {owner.name!r}", key="tie")
    if kind == owner.type:
        both += [name for name in facts.buffers if facts.buffers[name] == owner.facts.buffers.get(name)]
    return {name: owner.tied.get(name, f"{owner.name}.{name}") for name in both}
