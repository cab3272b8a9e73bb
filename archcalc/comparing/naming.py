"""Names of layers and inputs: whether they mean something, or stand where nobody has given one."""

import re
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.comparing.sides import Side
    from archcalc.tracing import Trace, TracedLayer

JOINT = re.compile(r"(?<=[^\d._])[._](?=\d+(?:\.|$))")
"""Between a word and the number that counts it."""


def is_automatic(first: "Side", second: "Side", one: "TracedLayer", other: "TracedLayer") -> bool:
    """Whether a name means nothing: a file does not ask for it, and nobody has given it.

    A repeat of a spec makes ``layer.0`` of what a module calls ``layer_0`` or ``layer1``.
    """
    imported = first.imported or second.imported
    if one.facts.weights or other.facts.weights:
        counts = product(_counted_next(first.trace, one.name), _counted_next(second.trace, other.name))
        return imported and any(mine == its for mine, its in counts)
    return imported or any(layer.origin.written("name") is None for layer in (one, other))


def _counted_next(trace: "Trace", name: str) -> "Iterator[str]":
    """A name with its numbers next to what they count, and again with turns of repeats counted from 1."""
    yield JOINT.sub("", name)
    steps = name.split(".")
    counts = [
        str(int(step) + 1) if ".".join(steps[:at]) in trace.repeats and step.isdecimal() else step
        for at, step in enumerate(steps)
    ]
    if counts != steps:
        yield JOINT.sub("", ".".join(counts))


def paired_inputs(first: "Trace", second: "Trace") -> dict[str, str]:
    """Inputs of the first network and those of the second that they are: by names, then by their order."""
    found = {name: name for name in first.inputs if name in second.inputs}
    left = [[name for name in trace.inputs if name not in found] for trace in (first, second)]
    return {**found, **dict(zip(*left, strict=False))}
