"""Names of a walk: who is called what in which scope, and what an expression or a ``from`` finds there."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.expressions import Unknown
from archcalc.spec import within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.errors import Place
    from archcalc.expressions import Value
    from archcalc.source import Document
    from archcalc.spec import LayerSpec
    from archcalc.tracing.records import Origin, Port

Arrival = "Port | None"
"""What a layer reads; None behind a layer that failed."""


@dataclass(slots=True)
class Named:
    """A finished layer, container or repeat under its full name."""

    name: str
    ports: "Mapping[str, Port] | None"
    """Its outputs; None when it failed."""
    scope: "Scope | None" = None
    """The names inside it."""
    left_out: bool = False

    @property
    def port(self) -> "Port | None":
        """The output that the next layer reads."""
        return next(iter(self.ports.values())) if self.ports else None


@dataclass(slots=True)
class Scope:
    """The names of one named container, block or repeat; unnamed containers share that of their parent."""

    prefix: str
    names: dict[str, Named] = field(default_factory=dict[str, Named])
    claimed: "dict[str, Place]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # Place only exists for checkers
    counts: Counter[str] = field(default_factory=Counter[str])
    numbered: int = 0
    """Layers that have a number for a name."""

    def claim(self, name: str | None, kind: str, place: "Place") -> str:
        """Take ``name`` in this scope, or the next free ``kind_index``."""
        index = self.counts[kind]
        while name is None and f"{kind.lower()}_{index}" in self.claimed:
            index += 1
        self.counts[kind] = index + 1
        if name is None:
            name = f"{kind.lower()}_{index}"
        elif name in self.claimed:
            raise Fault(
                f"duplicate name {name!r}, taken on line {self.claimed[name].line}",
                key="name",
                hint="names are unique within a scope; a named Sequential makes a scope",
            )
        self.claimed.setdefault(name, place)
        return name

    def number(self, place: "Place") -> str:
        """Take the next number, as torch's Sequential names its modules."""
        return self.claim(str(self.numbered), "number", place)

    def add(self, name: str, done: Named, *, numbered: bool) -> None:
        """Make a finished layer known; a numbered one that was left out gives its number to the next one."""
        if not numbered:
            self.names[name] = done
        elif done.left_out:
            self.claimed.pop(name, None)
        else:
            self.names[name] = done
            self.numbered += 1

    def settle(self, names: "Iterable[str]", *, left_out: bool) -> None:
        """Make the names in an unnamed container known that was not walked: it is left out, or failed."""
        for name in names:
            self.names.setdefault(name, Named(self.prefix + name, None, left_out=left_out))


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the walk is: the scope for names, what ``input`` means, and what expressions see."""

    parent: "Frame | None"
    scope: Scope
    document: "Document"
    entries: "tuple[LayerSpec, ...]"
    inputs: "Mapping[str, Port | None]"
    variables: "Mapping[str, Value]"
    index: int | None = None
    numbered: bool = False
    """Whether layers without a name are numbered."""
    block: "Port | None" = None
    blocks: tuple[str, ...] = ()
    frozen: bool = False
    tie: tuple[str, str] | None = None
    """Prefix of this scope and of the one whose weights it shares."""
    call: "Place | None" = None
    """Where the spec uses the shipped block that this frame is in."""
    use: "Origin | None" = None
    """The entry that uses the block that this frame is in."""


def frames(frame: "Frame | None") -> "Iterator[Frame]":
    """``frame`` and the frames around it, innermost first."""
    while frame is not None:
        yield frame
        frame = frame.parent


class LeftOut(Fault):
    """A name whose layer has a ``when`` that is false."""


def resolve(frame: Frame, reference: str) -> "Iterator[Port | None]":
    """The output that ``reference`` means; None when its layer failed.

    A ``*`` in it stands for every layer of a scope in turn, those left out excepted: ``stage.*.skip``.

    Raises:
        Fault: there is no such name above this layer.
    """
    steps = reference.split(".")
    if "*" not in steps[1:]:
        found = find(frame, reference)
        yield found.port if isinstance(found, Named) else found
        return
    star = steps.index("*", 1)
    before = ".".join(steps[:star])
    around = find(frame, before)
    inside = around.scope.names if isinstance(around, Named) and around.scope else {}
    present = [name for name, named in inside.items() if not named.left_out]
    if not present and around is not None:
        raise Fault(f"{before!r} has no layers inside for {reference!r}", key="from")
    for name in present:
        yield from resolve(frame, ".".join((before, name, *steps[star + 1 :])))


def find(frame: Frame, reference: str) -> "Named | Port | None":
    """What ``reference`` means: a finished layer, one output or input, or None when its layer failed."""
    first, *rest = reference.split(".")
    for level in frames(frame):
        if first in level.inputs and not rest:
            return level.inputs[first]
        if first in level.scope.names:
            return _descend(level.scope.names[first], rest)
    raise _unknown(frame, reference)


def _descend(named: Named, steps: list[str]) -> "Named | Port | None":
    for position, step in enumerate(steps):
        if named.left_out:
            break
        inside = named.scope.names if named.scope else {}
        if step in inside:
            named = inside[step]
        elif named.ports is None:
            return None
        elif named.ports and step in named.ports and position == len(steps) - 1:
            return named.ports[step]
        else:
            hint = nearest(step, (*inside, *(named.ports or ())))
            raise Fault(f"{named.name!r} has no layer or output {step!r}", key="from", hint=hint)
    if named.left_out:
        raise LeftOut(f"layer {named.name!r} is left out here (its `when` is false)", key="from")
    return named


def _unknown(frame: Frame, reference: str) -> Fault:
    first = reference.split(".", maxsplit=1)[0]
    levels = list(frames(frame))
    if any(first in declared(level.entries) for level in levels):
        return Fault(
            f"reads {reference!r}, which is not above it: this would be a cycle",
            key="from",
            hint="layers run in the order they are written; a layer reads only what comes before it",
        )
    known = [name for level in levels for name in (*level.inputs, *level.scope.names)]
    if first == "input":
        fact = "'input' is not unique: the network has several inputs"
        return Fault(fact, key="from", hint=nearest("", known))
    return Fault(f"unknown name {reference!r}", key="from", hint=nearest(first, known))


def declared(entries: "Iterable[LayerSpec]") -> set[str]:
    """Names written in a list of layers and in the unnamed containers among them."""
    names: set[str] = set()
    for entry in entries:
        if entry.name is not None:
            names.add(entry.name)
        else:
            names |= declared(inner for _, inner in within(entry))
    return names


@dataclass(frozen=True, slots=True)
class Bindings:
    """What the names of an expression mean at one layer."""

    frame: Frame
    sources: "tuple[Port | None, ...]"

    def lookup(self, name: str) -> "Value":
        """The value of a name.

        Raises:
            Fault: there is no such name.
            Unknown: it is the shape behind a layer that failed.
        """
        if name == "i" and self.frame.index is not None:
            return self.frame.index
        if name in SHAPES:
            return _shape(self.sources[0], name)
        before, _, after = name.partition(".")
        if before == "block" and after in SHAPES and self.frame.blocks:
            return _shape(self.frame.block, after)
        if name in self.frame.variables:
            return self.frame.variables[name]
        if name == "i":
            raise Fault("'i' is known only inside a `repeat`")
        if before == "block" and not self.frame.blocks:
            raise Fault(f"{name!r} is known only inside a block")
        raise Fault(f"unknown name {name!r}", hint=nearest(name, self.known()))

    def known(self) -> "Iterable[str]":
        """Names that may be used here."""
        inside = (f"block.{name}" for name in SHAPES) if self.frame.blocks else ()
        return (*self.frame.variables, *SHAPES, *inside, *(["i"] if self.frame.index is not None else []))


SHAPES = ("in_channels", "in_features", "in_shape")


def _shape(port: "Port | None", name: str) -> "Value":
    if port is None:
        raise Unknown
    shape = port.tensor.shape
    return list(shape) if name == "in_shape" else shape[0] if name == "in_channels" else shape[-1]
