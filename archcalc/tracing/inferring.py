"""Layers that are alike are built once and asked for their facts once, however often a network has them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Phased
from archcalc.records import dataclass
from archcalc.tracing.arguments import PLAIN, as_read, build, evaluate_all
from archcalc.tracing.extents import check_each, check_extents

if TYPE_CHECKING:
    from archcalc.facts import Facts, Reads, Tensor
    from archcalc.layers.base import Layer
    from archcalc.spec import LayerSpec
    from archcalc.tracing.arguments import Misplaced
    from archcalc.tracing.frames import Site

MAX_WINDOWS = 200_000
"""Windows that differ, of all layers of a network: each takes a hundred bytes."""


@dataclass(slots=True)
class BuiltLayer:
    """A layer that was built, and what it has stated.

    Args:
        layer: the layer.
        tensors: those that it has read.
        facts: what it states on them; None: it has not been asked yet.
        others: where it has read several, what it states on each; most read the same ones always.
    """

    layer: "Layer"
    tensors: "tuple[Tensor, ...]" = ()
    facts: "Facts | None" = None
    others: "dict[tuple[Tensor, ...], Facts] | None" = None


class Inferred:
    """What kinds have made of arguments and stated on tensors, in one walk.

    Sizes that remember how they came about tell more than their values: a walk with them asks every
    layer of a turn that is written.
    """

    __slots__ = ("_built", "_counted", "_written", "asked", "shares", "windows")

    def __init__(self) -> None:
        self.shares = True
        self.windows = 0
        """Windows that differ from position to position, of all layers."""
        self.asked = 0
        """Times that a layer was asked for its facts."""
        self._written: dict[int, tuple[LayerSpec, type[Layer], BuiltLayer]] = {}
        self._built: dict[tuple[type[Layer], str], BuiltLayer] = {}
        self._counted: dict[int, tuple[Reads, int]] = {}
        """Windows that differ in reads, by the identity of these: layers share them, and there are few."""

    def made(self, kind: "type[Layer]", site: "Site") -> "tuple[BuiltLayer | None, list[Misplaced]]":
        """The layer of a kind from its written arguments; None when some are wrong or not known yet."""
        entry = site.entry
        known = self._written.get(id(entry))
        if known is not None and known[1] is kind:
            return known[2], []
        arguments = entry.arguments
        written = repr(arguments)  # unlike equality it tells 1, 1.0 and true apart
        if "=" in written or not self.shares:
            return self._evaluated(kind, site)
        alike = kind, written
        found = self._built.get(alike)
        if found is not None:
            self._written[id(entry)] = entry, kind, found  # the entry lives on: its id is its own
            return found, []
        if PLAIN.issuperset(map(type, arguments.values())):
            layer, faults = build(kind, site, arguments, set(), remembers=False)
            found = None if layer is None else BuiltLayer(layer)
        else:
            found, faults = self._evaluated(kind, site)
        if found is not None:
            self._built[alike] = found
        return found, faults

    def _evaluated(self, kind: "type[Layer]", site: "Site") -> "tuple[BuiltLayer | None, list[Misplaced]]":
        exact, unknown, faults = evaluate_all(site)
        values = {key: as_read(value) for key, value in exact.items()}
        if unknown or not self.shares:
            layer, wrong = build(kind, site, values, unknown, remembers=not self.shares)
            return None if layer is None else BuiltLayer(layer), faults + wrong
        alike = kind, repr(values)
        found = self._built.get(alike)
        if found is None:
            layer, faults = build(kind, site, values, unknown, remembers=False)
            if layer is not None:
                found = self._built[alike] = BuiltLayer(layer)
        return found, faults

    def facts(self, made: BuiltLayer, tensors: "tuple[Tensor, ...]") -> "Facts":
        """What a layer states on these tensors.

        Raises:
            Fault: it refuses them, or makes a tensor that is too large.
        """
        if made.facts is None:
            made.facts, made.tensors = self._stated(made.layer, tensors), tensors
            return made.facts
        if made.others is None:
            if made.tensors == tensors:
                return made.facts
            made.others = {made.tensors: made.facts}
        found = made.others.get(tensors)
        if found is None:
            found = made.others[tensors] = self._stated(made.layer, tensors)
        return found

    def _stated(self, layer: "Layer", tensors: "tuple[Tensor, ...]") -> "Facts":
        self.asked += 1
        found = facts_of(layer, tensors)
        if self.shares:
            check_extents(found)
        else:
            check_each(found)
        self._count_windows(found)
        return found

    def _count_windows(self, facts: "Facts") -> None:
        """Refuse networks whose layers have windows of their own for so many positions: each is held."""
        for reads in facts.reads:
            known = self._counted.get(id(reads))
            if known is None:
                each = (len(read.reach.phases) for read in reads if isinstance(read.reach, Phased))
                known = self._counted[id(reads)] = reads, sum(each)
            self.windows += known[1]
        if self.windows > MAX_WINDOWS:
            fact = f"layers up to here have {self.windows:,} windows that differ, at most {MAX_WINDOWS:,}"
            raise Fault(fact, hint="take sizes that divide one another, or fewer layers that resize")


def facts_of(layer: "Layer", tensors: "tuple[Tensor, ...]") -> "Facts":
    """The facts of a layer, whose outputs are one for all samples where all that it reads is.

    Raises:
        Fault: it refuses what it reads.
    """
    batched = False
    for index, tensor in enumerate(tensors):
        batched |= tensor.batched
        if not tensor.shape and not layer.takes_numbers:
            which = "" if len(tensors) == 1 else f" as input {index}"
            raise Fault(f"needs a tensor with axes{which}, got a number: []", hint="Reshape gives it an axis")
    facts = layer.infer(tensors)
    for tensor in facts.outputs.values():
        if tensor.batched is not batched:
            break
    else:
        return facts
    outputs = {name: replace(tensor, batched=batched) for name, tensor in facts.outputs.items()}
    return replace(facts, outputs=outputs)
