"""Inputs and outputs that nothing reads: harmless to the numbers, but seldom meant."""

from typing import TYPE_CHECKING

from archcalc.facts import Tensor, unread
from archcalc.tracing.records import Port, TracedLayer, Unused
from archcalc.tracing.runs import Run, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.facts import Facts, Reads
    from archcalc.source import Document


def unused(
    inputs: "Mapping[str, Tensor]",
    layers: "Sequence[TracedLayer]",
    outputs: tuple[Port, ...],
    document: "Document",
) -> "Iterator[Unused]":
    """A finding for every input that no layer reads and every layer whose output goes nowhere."""
    parts = parts_of(layers)
    if any(isinstance(part, Run) and not _is_read(part) for part in parts):
        parts = layers
    leaving = {port.layer for port in outputs}
    read = leaving.union([port.layer for part in parts for port in _inputs(part)])
    shaping = set[str]() if _all_valued(parts) else read - _valued(parts) - leaving
    for name in inputs:
        if name not in read:
            place = document.place(("inputs", name), key=True)
            hint = "remove it, or name it in a `from`"
            yield Unused(
                place, f"inputs.{name}", "no layer reads this input", hint, source=name, is_input=True
            )
    for part in parts:
        layer = part if isinstance(part, TracedLayer) else part.last
        if layer.name not in read and not layer.arguments.serves_unread:
            what, hint = _told(layer)
            yield Unused(layer.place, layer.subject, what, hint, source=layer.name)
        elif layer.name in shaping:
            hint = "only a size is taken from it: write that size, or read the output too"
            what = "nothing reads its output but for the shape"
            yield Unused(layer.place, layer.subject, what, hint, source=layer.name)


def _told(layer: TracedLayer) -> tuple[str, str]:
    """What is wrong with a layer that nothing reads, and how to mend it."""
    if not layer.arguments.is_source:
        return "nothing reads its output", "remove the layer, read it with `from`, or list it under `outputs`"
    hint = "remove it, or name it in the `from` of the layer that is to read it"
    if layer.facts.weights:
        return "nothing reads this parameter: it is never trained", hint
    return "nothing reads it", hint


def _inputs(part: "TracedLayer | Run") -> "Iterable[Port]":
    """What a layer reads, or a run from outside of it."""
    return part.inputs if isinstance(part, TracedLayer) else part.reads


def _is_read(run: Run) -> bool:
    """Whether of every turn all values are read, in it or in the next one, as of what leaves the last one."""
    layers = zip(run.written.layers, run.links, strict=True)
    valued = {
        (link.below, link.before)
        for layer, links in layers
        for link, read in zip(links, _valued_inputs(layer.facts), strict=True)
        if read
    }
    leaving = run.below(run.leaving.layer)
    names = (name for name in run.places if name != leaving)
    return (leaving, True) in valued and all((name, False) in valued for name in names)


def _all_valued(parts: "Sequence[TracedLayer | Run]") -> bool:
    """Whether of all that layers read their first outputs read values, as mostly; of runs it is not said.

    Layers share records of reads, of which there are few.
    """
    every: dict[int, Reads] = {}
    for part in parts:
        if isinstance(part, Run):
            return False
        for reads in part.facts.reads:
            every[id(reads)] = reads
    return not any(map(unread, every.values()))


def _valued(parts: "Sequence[TracedLayer | Run]") -> set[str]:
    """Names of the layers and inputs whose values some layer reads, not only their shapes."""
    found: set[str] = set()
    known: dict[int, tuple[bool, ...]] = {}
    """Facts -> whether some output reads the values of each input; layers that are alike share facts."""
    for part in parts:
        if isinstance(part, Run):
            found.update(_valued_outside(part))
            continue
        layer, facts = part, part.facts
        valued = known.get(id(facts))
        if valued is None:
            valued = known[id(facts)] = _valued_inputs(facts)
        if all(valued):
            found.update([port.layer for port in layer.inputs])
        else:
            found.update(port.layer for port, read in zip(layer.inputs, valued, strict=True) if read)
    return found


def _valued_outside(run: Run) -> "Iterator[str]":
    """Names of what is outside of a run and whose values its first turn reads."""
    for layer, links in zip(run.written.layers, run.links, strict=True):
        for link, read in zip(links, _valued_inputs(layer.facts), strict=True):
            if read and (link.before or link.below is None):
                yield link.port.layer


def _valued_inputs(facts: "Facts") -> tuple[bool, ...]:
    """For every input, whether the units of some output read its values."""
    if not facts.other_reads:
        return tuple([not unread(reads) for reads in facts.reads])
    ways = zip(*map(facts.reads_of, facts.outputs), strict=True)
    return tuple(not all(map(unread, reads)) for reads in ways)
