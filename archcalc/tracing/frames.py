"""Where the walk is: the lists of layers that it is in, and the entry at hand."""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.errors import Fault, Place, nearest
from archcalc.expressions import SHAPES, Unknown, Value
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.source import Document, Path
    from archcalc.spec import LayerSpec
    from archcalc.tracing.records import Origin, Port
    from archcalc.tracing.scopes import Scope

    Arrivals = tuple[Port | None, ...]
    """What a layer reads; None behind a layer that failed."""


@dataclass(slots=True)
class TurnAt:
    """A turn of a repeat in which a walk is.

    Args:
        index: its number.
        asked: something in it has asked for its number, or looked for a name outside of it.
        read: an expression that is being evaluated has asked for its number.
        answers: expressions that have asked for its number, where they stand, and their values.
        differs: the first turn behind it in which one of them has another value, where that is known.
    """

    index: int
    asked: bool = False
    read: bool = False
    answers: "list[tuple[str, Site, Value]]" = field(default_factory=list["tuple[str, Site, Value]"])
    differs: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """A list of layers: the scope for names, what ``input`` means, and what expressions see."""

    parent: "Frame | None"
    scope: "Scope"
    document: "Document"
    entries: "tuple[LayerSpec, ...]"
    inputs: "Mapping[str, Port | None]"
    variables: "Mapping[str, Value]"
    turn: TurnAt | None = None
    numbered: bool = False
    """Whether layers without a name are numbered."""
    mapped: int = 0
    """Leading axes along which the layers here are applied, each position by itself."""
    block: "Port | None" = None
    """What arrives at the enclosing block."""
    block_mapped: int = 0
    """Leading axes along which the enclosing block is applied."""
    blocks: tuple[str, ...] = ()
    frozen: bool = False
    tie: tuple[str, str] | None = None
    """Prefix of this scope and of the one whose weights it shares."""
    init: str = ""
    """How weights are first drawn here; empty: as torch does."""
    copied: bool = False
    """Whether torch's module of the block around begins with copies of one layer."""
    call: Place | None = None
    """Where the spec uses the shipped block that this frame is in."""
    use: "Origin | None" = None
    """The entry that uses the block that this frame is in."""

    def outwards(self) -> "Iterator[Frame]":
        """This frame and those around it, innermost first."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent

    def looked_at(self) -> None:
        """Note that a name is looked for here: from within a turn that begins here this is outside."""
        turn = self.turn
        if turn is not None and (self.parent is None or self.parent.turn is not turn):
            turn.asked = True

    def spot(self, path: "Path", *, at_key: bool = False) -> tuple[Place, str]:
        """Where a fault shows: inside a shipped block at the place that uses it, and where in the block."""
        place = self.document.place(path, key=at_key)
        return (place, "") if self.call is None else (self.call, f" (in {place})")

    def in_spec(self, path: "Path") -> "Path":
        """The path of an entry; inside a shipped block that of the entry of the spec that uses it."""
        use = self.use
        if self.call is None or use is None:
            return path
        return use.in_spec.path


class Site(NamedTuple):
    """An entry of a list where the walk meets it, and what the names in its expressions mean."""

    entry: "LayerSpec"
    path: "Path"
    frame: Frame
    sources: "Arrivals"
    """What it reads."""
    name: str | None = None
    """Its name in the frame's scope; None where it makes no scope: an unnamed container."""
    references: tuple[str, ...] = ()
    """Names of what it reads, as its ``from`` says them."""
    absent: "tuple[Fault, ...]" = ()
    """Faults of what it names and does not read: layers whose ``when`` is false."""

    @property
    def full(self) -> str:
        """Its full dotted name."""
        return self.frame.scope.prefix + (self.name or "")

    @property
    def place(self) -> Place:
        """Where it shows."""
        return self.frame.spot(self.path)[0]

    def subject(self, kind: str | None = None) -> str:
        """What errors call it: its full name, and its kind where that is known, else the type as written."""
        kind = kind or self.entry.type
        return f"{self.full} ({kind})" if self.name else kind

    def lookup(self, name: str) -> Value:
        """The value of a name.

        Raises:
            Fault: there is no such name.
            Unknown: it is the shape behind a layer that failed.
        """
        frame = self.frame
        if name == "i" and frame.turn is not None:
            frame.turn.read = True
            return frame.turn.index
        if name in SHAPES:
            return self._arriving(name)
        before, _, after = name.rpartition(".")
        if before == "block" and after in SHAPES and frame.blocks:
            return _shape(frame.block, after, frame.block_mapped)
        if after in SHAPES and before:
            return self._named(before, after)
        if name in frame.variables:
            return frame.variables[name]
        if name == "i":
            raise Fault("'i' is known only inside a `repeat`")
        if before == "block" and not frame.blocks:
            raise Fault(f"{name!r} is known only inside a block")
        raise Fault(f"unknown name {name!r}", hint=nearest(name, self.known()))

    def _arriving(self, name: str) -> Value:
        """A size of what it reads first."""
        if not self.sources:
            if self.absent:
                raise Unknown
            raise Fault(f"{name} is not known in `from`, which says what arrives")
        return _shape(self.sources[0], name, self.frame.mapped)

    def _named(self, name: str, wanted: str) -> Value:
        """A size of an input by its name: one that `from` names, or one of a block or the network around."""
        if name in self.references:
            from archcalc.tracing.references import port_of

            return _shape(port_of(self.frame, name), wanted, self.frame.mapped)
        for level in self.frame.outwards():
            if name in level.inputs:
                return _shape(level.inputs[name], wanted, level.mapped)
        known = [f"{each}.{wanted}" for each in self._inputs()]
        hint = nearest(f"{name}.{wanted}", known, "name it in `from`, or among the `inputs` of the block")
        raise Fault(f"{name!r} is no input here", hint=hint)

    def _inputs(self) -> "Iterable[str]":
        """Names of what arrives here, and at the blocks and the network around."""
        return (*self.references, *(name for level in self.frame.outwards() for name in level.inputs))

    def known(self) -> "Iterable[str]":
        """Names that may be used here."""
        inside = [f"{name}.{size}" for name in self._inputs() for size in SHAPES]
        inside += [f"block.{name}" for name in SHAPES] if self.frame.blocks else []
        return (*self.frame.variables, *SHAPES, *inside, *(["i"] if self.frame.turn is not None else []))


def _shape(port: "Port | None", name: str, mapped: int) -> Value:
    """A size of what arrives, as the layer sees it: without the axes along which it is mapped."""
    if port is None:
        raise Unknown
    tensor = port.tensor
    shape = tensor.shape[mapped:] if mapped and tensor.batched else tensor.shape
    if name == "in_shape":
        return list(shape)
    if not shape:
        raise Fault(f"{name}: what arrives has no axis", hint="its shape is []")
    return shape[0] if name == "in_channels" else shape[-1]
