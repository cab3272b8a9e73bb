"""What a trace is made of: frozen records of layers and of what they read."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, Place, Problem
from archcalc.facts import Facts, Tensor
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.expressions import Value
    from archcalc.layers.base import Layer
    from archcalc.source import Document, Path


@dataclass(frozen=True, slots=True, repr=False)
class Origin:
    """Where a layer is written: the entry at ``path`` of a document, and the block's use around it.

    Args:
        document: the spec, or the file of a shipped block.
        path: the steps to the layer's entry.
        use: the entry that uses the block in whose definition the layer stands; None outside of blocks.
    """

    document: "Document"
    path: "Path"
    use: "Origin | None" = None

    def __repr__(self) -> str:
        return f"<Origin {self.document.place(self.path)}>"

    def entry(self) -> object:
        """What is written there: a word or a mapping."""
        return self.document.at(self.path)

    def written(self, key: str) -> object:
        """The value that the entry has for a key, expressions as texts; None when it has none."""
        entry = self.entry()
        return cast("Mapping[str, object]", entry).get(key) if isinstance(entry, dict) else None

    @property
    def in_spec(self) -> "Origin":
        """The entry of the spec that it comes from: itself, or the use of the shipped block that it is in."""
        uses: list[Origin] = [self]
        while uses[-1].use is not None:
            uses.append(uses[-1].use)
        return next(use for use in uses if use.document is uses[-1].document)


@dataclass(frozen=True, slots=True)
class Use:
    """An entry that has made a scope.

    Args:
        origin: where the entry is written.
        arguments: of a block: each of its arguments with its value, those left out with their defaults. None:
            the scope is that of a container, or of the turns of a repeat.
    """

    origin: Origin
    arguments: "Mapping[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Port:
    """An output of a layer (or an input of the network, whose output is called ``output`` too)."""

    layer: str
    output: str
    tensor: Tensor

    def __str__(self) -> str:
        return self.layer if self.output == "output" else f"{self.layer}.{self.output}"


class Built:
    """What a primitive layer is called and asked, whether it accepts what it reads or not."""

    __slots__ = ()

    name: str
    type: str
    arguments: "Layer"
    origin: Origin

    @property
    def subject(self) -> str:
        """Name and kind, as errors and findings show them."""
        return f"{self.name} ({self.type})"


@dataclass(frozen=True, slots=True, repr=False)
class TracedLayer(Built):
    """A primitive layer under its full dotted name, with what it reads and what it states."""

    name: str
    type: str
    inputs: tuple[Port, ...]
    facts: Facts
    call: Place | None
    """Where the spec uses the shipped block that it stands in; None outside of these."""
    frozen: bool
    tied: Mapping[str, str]
    """Own weight or buffer -> full name of the tensor that it shares, e.g. weight -> tok_emb.weight."""
    arguments: "Layer"
    """The kind's record: every argument with its value, those left out with their defaults."""
    origin: Origin
    """Where it is written."""
    init: str = ""
    """How its weights are first drawn; empty: as torch does."""
    copied: bool = False
    """Whether torch's module of the block that it stands in begins with copies of one layer."""
    frozen_weights: tuple[str, ...] = ()
    """Of a layer that is not frozen, those of its weights that are."""

    def again(self, name: str, inputs: tuple[Port, ...]) -> "TracedLayer":
        """The same layer under another name, which reads other outputs that are alike."""
        own = self.facts, self.call, self.frozen, self.tied, self.arguments, self.origin, self.init
        return TracedLayer(name, self.type, inputs, *own, self.copied, self.frozen_weights)

    @property
    def place(self) -> Place:
        """Where it shows, in the spec."""
        return self.call or self.origin.document.place(self.origin.path)

    @property
    def untrained(self) -> tuple[str, ...]:
        """Those of its weights that it has frozen."""
        return tuple(self.facts.weights) if self.frozen else self.frozen_weights

    @property
    def precision(self) -> str:
        """The dtype of the real numbers that arrive, or that it holds: its weights have it too."""
        for port in self.inputs:
            if port.tensor.is_float:
                return port.tensor.dtype
        return self.output.dtype if not self.inputs and self.output.is_float else "float32"

    def samples(self, batch: int) -> int:
        """How many of a batch it works on: what depends on no input is done once for all."""
        return batch if batch == 1 or self.output.batched else 1

    @property
    def mapped(self) -> int:
        """Leading axes of its samples along which it is applied, each position by itself (``Vmap``)."""
        mapped = self.arguments.mapped
        return mapped if mapped and any(port.tensor.batched for port in self.inputs) else 0

    def __repr__(self) -> str:
        """What it reads and makes, in a line."""
        reads = ", ".join(str(list(port.tensor.shape)) for port in self.inputs)
        return f"<{self.subject}: {reads} -> {list(self.output.shape)}>"

    @property
    def output(self) -> Tensor:
        """The first output, which the next layer reads."""
        return next(iter(self.facts.outputs.values()))

    @property
    def resolved(self) -> Mapping[str, object]:
        """Every argument of the kind with its value, those left out as they follow from the inputs."""
        return {**dict(self.arguments), **self.facts.inferred}


@dataclass(frozen=True, slots=True)
class Refused(Built):
    """A layer that refuses what it reads, so that it has no facts.

    Args:
        name: its full dotted name.
        type: its kind.
        inputs: what it reads.
        arguments: the kind's record.
        origin: where it is written.
        problem: what is told of it.
        fault: what the layer itself says.
    """

    name: str
    type: str
    inputs: tuple[Port, ...]
    arguments: "Layer"
    origin: Origin
    problem: Problem
    fault: Fault


@dataclass(frozen=True, slots=True)
class Unused(Problem):
    """An input or a layer that nothing reads."""

    source: str = ""
    """Name of the input or the layer."""
    is_input: bool = False


def tensor_name(layer: str, tensor: str) -> str:
    """A weight or buffer as torch calls it; one without a name of its own (a Parameter) is its layer."""
    return f"{layer}.{tensor}" if tensor else layer
