"""What a rule sees of a network: the spec, its trace, and what follows from them, worked out once."""

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.effort import note
from archcalc.quantities.measuring import Measuring
from archcalc.rules.entries import place_of
from archcalc.source.comments import comments
from archcalc.tracing.shortening import Shortened, layers_left, with_short_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.analyses.attention import AttentionReport
    from archcalc.analyses.demand import Demand
    from archcalc.analyses.dilation import DilationGroup
    from archcalc.analyses.ranges import Range
    from archcalc.analyses.resizing import Resizing
    from archcalc.errors import Place
    from archcalc.loading import Model
    from archcalc.propagating.records import SignalReport
    from archcalc.propagating.weights import FirstWeights
    from archcalc.rules.base import Finding
    from archcalc.rules.questions.features import Features
    from archcalc.rules.questions.references import References
    from archcalc.rules.questions.removal import Settled
    from archcalc.rules.questions.shortcuts import Shortcut
    from archcalc.spec import Spec
    from archcalc.tracing import Trace, TracedLayer

KEPT = 50
"""Layers at each end of long runs that rules see: with one turn more, beyond any branch that they follow."""
KEPT_SIGNAL = 500
"""The same for the first numbers and gradients, each of which is made of the one before."""
FURTHER = 120
"""Steps for each layer of these that rules do not see."""


def layers_seen(model: "Model", trace: "Trace") -> int:
    """How many layers rules would see, before any of them is made."""
    return len(trace.layers) if model.document.python is not None else layers_left(trace, KEPT)


class Context(Measuring):
    """A traced spec with everything that rules ask of it; analyses are done when a rule first asks.

    Of long runs of the same turns rules see the first and the last ones, and one for all between. What adds
    up over a network (parameters, fields, bytes) is that of the whole.

    Args:
        model: the spec and its document.
        trace: its trace.
        told: whether findings are told, with what helps; of a changed network they are only counted, and no
            rule need look for what would mend them.
    """

    def __init__(self, model: "Model", trace: "Trace", *, told: bool = True) -> None:
        super().__init__(trace)
        self.model, self.told = model, told
        # What is written in Python is told layer by layer, in its own names.
        short = Shortened(trace) if model.document.python is not None else with_short_runs(trace, KEPT)
        self.trace, self._times = short.trace, short.times

    def times(self, layer: str) -> int:
        """How many layers one stands for: those at its place in the turns that rules do not see, too."""
        return self._times.get(layer, 1)

    def found(self, findings: "Iterable[Finding]") -> int:
        """How many findings these are in the whole network."""
        return sum(self.times(finding.subject.rpartition(" (")[0]) for finding in findings)

    def count(self, layers: "Iterable[TracedLayer]") -> int:
        """How many layers these are in the whole network."""
        return sum(self.times(layer.name) for layer in layers)

    def crosses(self, way: "Sequence[TracedLayer]") -> bool:
        """Whether a way through the network passes the turns that it has a part in, and does not end there.

        A way that ends in a turn that stands for others is one of many, each in its own turn.
        """
        return bool(way) and self.times(way[0].name) == self.times(way[-1].name) == 1

    def along(self, way: "Sequence[TracedLayer]") -> int:
        """How many layers of the whole network are on a way, of which these are all that rules see."""
        return self.count(way) if self.crosses(way) else len(way)

    @property
    def spec(self) -> "Spec":
        """What the file says: task, loss, budgets, training."""
        return self.model.spec

    @property
    def layers(self) -> "Sequence[TracedLayer]":
        """The primitive layers in execution order."""
        return self.trace.layers

    @cached_property
    def built(self) -> "Mapping[Place, int]":
        """Where layers are written -> how many are built from there, by repeats, blocks and aliases."""
        found: Counter[Place] = Counter()
        for layer in self.layers:
            found[place_of(layer.origin)] += self.times(layer.name)
        return found

    @cached_property
    def grounds(self) -> frozenset[str]:
        """What the network has of all that some rules need before they can find anything."""
        from archcalc.rules.grounds import grounds

        return frozenset(grounds(self))

    @cached_property
    def features(self) -> "Mapping[tuple[str, str], Features]":
        """Layer and output -> where its features lie; what the layers do not tell is left out."""
        from archcalc.rules.questions.features import features

        return features(self)

    @cached_property
    def plain_runs(self) -> "tuple[tuple[TracedLayer, ...], ...]":
        """Runs of layers with no way around any of them."""
        from archcalc.rules.questions.depth import plain_runs

        return tuple(plain_runs(self))

    @cached_property
    def shortcuts(self) -> "tuple[Shortcut, ...]":
        """Additions of what branches make of a tensor and of that tensor itself, or of its projection."""
        from archcalc.rules.questions.shortcuts import shortcuts_of

        return tuple(shortcuts_of(self.trace))

    @cached_property
    def behind_turned(self) -> frozenset[str]:
        """Names of all that depends on an image whose rows and colours lie where others are looked for."""
        from archcalc.rules.questions.images import behind_turned

        return behind_turned(self)

    @cached_property
    def demand(self) -> "Demand":
        """Which positions of every output are read."""
        from archcalc.analyses.demand import Demand

        return Demand(self.trace)

    @cached_property
    def settled(self) -> "Settled":
        """Which entries are there for sure."""
        from archcalc.rules.questions.removal import Settled

        return Settled()

    @cached_property
    def resizing(self) -> "Resizing":
        """The same network with inputs of other sizes, of which all rules together ask so much."""
        from archcalc.analyses.resizing import Resizing

        return Resizing(self.trace, self.fields)

    @cached_property
    def attention(self) -> "AttentionReport":
        """What attention layers read, and where positions come in."""
        from archcalc.analyses.attention import attention

        return attention(self.trace)

    @cached_property
    def dilation_groups(self) -> "tuple[DilationGroup, ...]":
        """Groups of dilated layers with the positions that they read, each of which counts once.

        Raises:
            SpecError: a group is too wide to be counted; the engine says that the rule has not judged.
        """
        from archcalc.analyses.dilation import dilation_groups

        return dilation_groups(self.trace, self.fields, counted=False)

    @cached_property
    def ranges(self) -> "Mapping[str, Range]":
        """Between which numbers the outputs of a layer lie, by its name, where that is known."""
        from archcalc.analyses.ranges import ranges

        return ranges(self.trace)

    @cached_property
    def first_weights(self) -> "FirstWeights":
        """How the weights are first drawn: as torch does, or as the spec says."""
        from archcalc.propagating.weights import FirstWeights

        return FirstWeights(self.trace, ())

    @cached_property
    def signal(self) -> "SignalReport":
        """Second moments of every layer and its gradient before training."""
        from archcalc.propagating.walking import signal

        # What a thousand layers leave of a gradient tells what more of them do.
        short = with_short_runs(self.whole, KEPT_SIGNAL).trace
        note(FURTHER * (len(short.layers) - len(self.layers)))
        return signal(short)

    @cached_property
    def references(self) -> "References":
        """The names by which the spec refers to layers."""
        from archcalc.rules.questions.references import References

        return References(self.spec)

    @cached_property
    def remarked(self) -> frozenset[int]:
        """Lines about which a comment on a line above says something to archcalc."""
        remarks = comments(self.model.document, "archcalc")
        return frozenset(remark.line for remark in remarks if remark.place.line < remark.line)
