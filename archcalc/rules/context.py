"""What a rule sees of a network: the trace, who reads what, and analyses that are done once."""

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast

from archcalc.rules.base import Finding
from archcalc.rules.entries import around, place_of
from archcalc.source import comments
from archcalc.tracing import library
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.analyses.attention import AttentionReport
    from archcalc.analyses.dilation import DilationGroup
    from archcalc.analyses.parameters import ParamsReport
    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.errors import Place
    from archcalc.loading import Model
    from archcalc.rules.base import Edit
    from archcalc.rules.questions.demand import Demand
    from archcalc.rules.questions.ranges import Range
    from archcalc.rules.questions.references import References
    from archcalc.source import Path
    from archcalc.spec import Spec
    from archcalc.tracing import Port, Trace, TracedLayer
    from archcalc.tracing.records import Built, Origin


class Reader(NamedTuple):
    """A layer that reads an output: as which of its inputs (from 0), and which output."""

    layer: "TracedLayer"
    position: int
    output: str


class Context:
    """A traced spec with everything that rules ask of it; analyses are done when a rule first asks.

    Args:
        model: the spec and its document.
        trace: its trace.
    """

    def __init__(self, model: "Model", trace: "Trace") -> None:
        self.model = model
        self.trace = trace

    @property
    def spec(self) -> "Spec":
        """What the file says: task, loss, budgets, training."""
        return self.model.spec

    @property
    def layers(self) -> "tuple[TracedLayer, ...]":
        """The primitive layers in execution order."""
        return self.trace.layers

    # who reads what

    @cached_property
    def by_name(self) -> "Mapping[str, TracedLayer]":
        """Every layer under its full name."""
        return {layer.name: layer for layer in self.trace.layers}

    @cached_property
    def _readers(self) -> "Mapping[str, tuple[Reader, ...]]":
        found: dict[str, list[Reader]] = {}
        for layer in self.trace.layers:
            for index, port in enumerate(layer.inputs):
                found.setdefault(port.layer, []).append(Reader(layer, index, port.output))
        return {name: tuple(readers) for name, readers in found.items()}

    @cached_property
    def leaving(self) -> frozenset[str]:
        """Names of the layers whose outputs leave the network."""
        return frozenset(port.layer for port in self.trace.outputs)

    def readers(self, name: str) -> tuple[Reader, ...]:
        """Everything that reads the layer or input of this name, in execution order."""
        return self._readers.get(name, ())

    def only_reader(self, layer: "TracedLayer") -> "TracedLayer | None":
        """The layer that alone reads this one, once; None when there are others or its output leaves."""
        readers = self.readers(layer.name)
        return readers[0].layer if len(readers) == 1 and layer.name not in self.leaving else None

    def source(self, port: "Port") -> "TracedLayer | None":
        """The layer that an input comes from; None for an input of the network."""
        return self.by_name.get(port.layer)

    @cached_property
    def built(self) -> "Mapping[Place, int]":
        """Where layers are written -> how many are built from there, by repeats, blocks and aliases."""
        return Counter(place_of(layer.origin) for layer in self.trace.layers)

    @cached_property
    def sharing(self) -> frozenset[str]:
        """Full names of the tensors that several layers share, as ``layer.weight``."""
        return frozenset(
            name
            for layer in self.trace.layers
            for own, owner in layer.tied.items()
            for name in (tensor_name(layer.name, own), owner)
        )

    # analyses

    @cached_property
    def params(self) -> "ParamsReport":
        """Parameters and buffers, layer by layer."""
        from archcalc.analyses.parameters import params

        return params(self.trace)

    @cached_property
    def fields(self) -> "ReceptiveFieldReport":
        """Receptive fields of every layer."""
        from archcalc.analyses.receptive_field import receptive_fields

        return receptive_fields(self.trace)

    @cached_property
    def demand(self) -> "Demand":
        """Which positions of every output are read."""
        from archcalc.rules.questions.demand import Demand

        return Demand(self)

    @cached_property
    def attention(self) -> "AttentionReport":
        """What attention layers read, and where positions come in."""
        from archcalc.analyses.attention import attention

        return attention(self.trace)

    @cached_property
    def dilation_groups(self) -> "tuple[DilationGroup, ...]":
        """Groups of dilated layers with their coverage.

        Raises:
            SpecError: a group is too wide to be counted; the engine says that the rule has not judged.
        """
        from archcalc.analyses.dilation import dilation_groups

        return dilation_groups(self.trace)

    @cached_property
    def ranges(self) -> "Mapping[str, Range]":
        """Between which numbers the outputs of a layer lie, by its name, where that is known."""
        from archcalc.rules.questions.ranges import ranges

        return ranges(self.trace)

    # what is written

    def in_spec(self, origin: "Origin") -> "Origin":
        """The entry of the spec that a layer comes from: itself, or the use of the shipped block it is in."""
        while origin.use is not None and origin.document is not self.model.document:
            origin = origin.use
        return origin

    def accepts(self, layer: "Built", key: str) -> bool:
        """Whether a key can be written at the layer's entry of the spec: always, but at a shipped block."""
        use = self.in_spec(layer.origin)
        if use.document is layer.origin.document:
            return True
        entry = use.entry()
        kind = cast("Mapping[str, object]", entry).get("type") if isinstance(entry, dict) else entry
        return isinstance(kind, str) and kind in library.block_names() and key in library.block(kind)[0].args

    def written(self, layer: "Built", key: str) -> object:
        """The value that the layer's own entry has for a key, expressions as texts; None when it has none."""
        entry = layer.origin.entry()
        return cast("Mapping[str, object]", entry).get(key) if isinstance(entry, dict) else None

    def conditional(self, layer: "TracedLayer", beside: "TracedLayer") -> bool:
        """Whether ``layer`` can be left out or be another kind where ``beside`` stays.

        Its entry, or a container or block use around it that is not around both, has an expression for
        ``when``, ``repeat`` or ``type``. A fix of one that rests on the other is then not safe.
        """
        shared = {place_of(origin) for origin in around(beside.origin)}
        return any(
            _varies(origin.entry()) for origin in around(layer.origin) if place_of(origin) not in shared
        )

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

    # findings

    def at(
        self,
        layer: "Built",
        message: str,
        *,
        consequence: str,
        hint: str,
        key: str | None = None,
        edits: "tuple[Edit, ...]" = (),
    ) -> Finding:
        """A finding about a layer, at the value of ``key`` where its entry has it, else at the entry.

        In a shipped block it shows where the spec uses the block, and has no edits.
        """
        origin = self.in_spec(layer.origin)
        path = (*layer.origin.path, key) if key is not None else layer.origin.path
        place = layer.origin.document.place(path)
        if origin.document is not layer.origin.document:
            message, edits = f"{message} (in {place})", ()
            place = origin.document.place(origin.path)
        return Finding(place, layer.subject, message, consequence, hint, origin=layer.origin, edits=edits)

    def at_spec(
        self, path: "Path", message: str, *, consequence: str, hint: str, at_key: bool = False
    ) -> Finding:
        """A finding about a value of the spec that belongs to no layer, e.g. ``("budgets", "params")``."""
        place: Place = self.model.document.place(path, key=at_key)
        subject = ".".join(map(str, path))
        return Finding(place, subject, message, consequence, hint, path=path)


def _varies(entry: object) -> bool:
    if not isinstance(entry, dict):
        return False
    written = cast("Mapping[str, object]", entry)
    kind = written.get("type")
    given = isinstance(written.get("when"), str) or isinstance(written.get("repeat"), str)
    return given or (isinstance(kind, str) and kind.lstrip().startswith("="))
