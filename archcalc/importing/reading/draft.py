"""The program while it is written: steps so far, and which of them gives each tensor of the run."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Tensor
from archcalc.importing.program import Read, Step
from archcalc.importing.reading.detaching import detached_values
from archcalc.importing.reading.kinds import NO_ARGUMENTS, stated_by
from archcalc.importing.reading.layouts import UNBATCHED, Layout, Untranslated, layout_of_value, sample_shape
from archcalc.importing.reading.nodes import SampleNode
from archcalc.importing.recording import RecordedCall, Ref
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.errors import Place
    from archcalc.facts import Facts
    from archcalc.importing.recording import RecordedArgument, RecordedValue, Recording

Nodes = SampleNode | tuple["Nodes", ...] | None
"""What a translator gives back, in the form of the call's result."""
Translator = Callable[["Draft", RecordedCall], Nodes]


class Draft:
    """Steps in the making.

    Every step is asked for its facts as soon as it is added: a kind that refuses what it reads makes the
    translation fail, and the call becomes an Opaque layer.
    """

    def __init__(self, recording: "Recording", bare: frozenset[str] = frozenset()) -> None:
        """Begin with the inputs.

        Args:
            recording: of the run.
            bare: first names of the parameters that several layers use under different names: Parameters.
        """
        self.recording = recording
        self.bare = bare
        self.clashes: set[str] = set()
        """First names of those that turned out to be such."""
        self.steps: list[Step] = []
        self.shapes: list[tuple[int, ...]] = []
        self.nodes: dict[int, SampleNode] = {}
        self.holders: dict[str, tuple[str, str]] = {}
        """First name of a parameter or buffer -> full name of the layer that has it, and its name there."""
        self.scope: tuple[str, ...] = ()
        self.place: Place | None = None
        self.parameters: dict[str, SampleNode] = {}
        """First name of a parameter or buffer that is a layer itself -> what it gives."""
        self.called: set[str] = set()
        """Full names of the modules that were called."""
        self.facts_of: list[Facts | None] = []
        """What the kind of each step states; None: an Opaque."""
        self.own: dict[str, list[str]] = _inside(recording.tensors)
        """Full name of a module -> names of its tensors, within it."""
        self.read_values: frozenset[int] = used_values(recording)
        self.detached: set[int] = {*detached_values(recording)}
        """Numbers of the tensors behind which a Detach belongs, as soon as the gradient is followed again."""
        for name, number in recording.inputs.items():
            value = recording.values[number]
            layout = layout_of_value(value)
            tensor = Tensor(sample_shape(value.sizes, layout), value.dtype)
            self.nodes[number] = SampleNode(Read(None, name), tensor, layout)

    # what a call reads

    def value(self, argument: "RecordedArgument") -> "RecordedValue":
        """The tensor of the run that an argument is.

        Raises:
            Untranslated: it is none.
        """
        if not isinstance(argument, Ref):
            raise Untranslated(f"{argument} is no tensor")
        return self.recording.values[argument.value]

    def node(self, argument: "RecordedArgument") -> SampleNode:
        """The tensor that an argument is; a parameter or constant that is first read becomes a step.

        Raises:
            Untranslated: it is none.
        """
        value = self.value(argument)
        number = argument.value if isinstance(argument, Ref) else -1
        if number not in self.nodes:
            from archcalc.importing.reading.sources import source

            self.nodes[number] = source(self, value)
        return self.nodes[number]

    def name_of(self, argument: "RecordedArgument") -> str:
        """The full name of the parameter or buffer that an argument is; empty: it is none."""
        return self.recording.values[argument.value].name if isinstance(argument, Ref) else ""

    def scalar(self, argument: "RecordedArgument") -> float | None:
        """The number that an argument is, or that fills it; None: it is none, or it differs by place."""
        if isinstance(argument, int | float):
            return argument
        if not isinstance(argument, Ref):
            return None
        value = self.recording.values[argument.value]
        if not value.constant or value.name or value.content is None or value.content.form != "fill":
            return None
        if any(size != 1 for size in value.sizes):
            return None
        content = value.content
        return content.numbers[0] if content.numbers else content.detail

    # what it makes

    def add(
        self,
        kind: str,
        *reads: SampleNode,
        layout: Layout | None = None,
        output: str = "",
        mapped: int = 0,
        under: Step | None = None,
        arguments: Mapping[str, object] = NO_ARGUMENTS,
    ) -> SampleNode:
        """Add a step; its first output, or another.

        Args:
            kind: of the layer.
            reads: what it reads.
            layout: of its output; None: that of the first input.
            output: name of the output that is wanted.
            mapped: leading axes that it is applied along.
            under: name, scope and so on, where these are not those of an operator here.
            arguments: of the kind; those that are its defaults are left out.

        Raises:
            Untranslated: the kind does not exist, or refuses.
        """
        facts, kept = self.facts(kind, arguments, reads, mapped)
        base = under or Step(kind, {}, (), self.scope, None, self.place)
        whole = replace(
            base, kind=kind, arguments=kept, reads=tuple(read.read for read in reads), mapped=mapped
        )
        self.append(whole, facts.outputs, facts)
        found = layout or (reads[0].layout if reads else UNBATCHED)
        return self.output(facts, output, found)

    def append(self, step: Step, outputs: Mapping[str, Tensor], facts: "Facts | None" = None) -> None:
        """Put a finished step behind the others."""
        self.steps.append(step)
        self.shapes.append(next(iter(outputs.values())).shape)
        self.facts_of.append(facts)

    def other_output(self, node: SampleNode, output: str, layout: Layout) -> SampleNode:
        """Another output of the last layer with several that a tensor comes from."""
        number = len(self.steps) - 1
        while True:
            facts = self.facts_of[number]
            if facts is not None and output in facts.outputs:
                return SampleNode(Read(number, output), facts.outputs[output], layout)
            number -= 1
            if number < 0:
                raise Untranslated(f"no output {output} of {node.read}")

    def output(self, facts: "Facts", output: str, layout: Layout) -> SampleNode:
        """An output of the step that was added last."""
        first = next(iter(facts.outputs))
        name = output or first
        return SampleNode(
            Read(len(self.steps) - 1, "" if name == first else name), facts.outputs[name], layout
        )

    def facts(
        self, kind: str, arguments: Mapping[str, object], reads: tuple[SampleNode, ...], mapped: int
    ) -> "tuple[Facts, Mapping[str, object]]":
        """What a layer states of these inputs, and those of its arguments that are no defaults.

        Raises:
            Untranslated: the kind does not exist, or refuses.
        """
        if any(0 in read.shape for read in reads):
            raise Untranslated(f"{kind} of nothing")
        try:
            return stated_by(kind, arguments, tuple(read.tensor for read in reads), mapped)
        except Fault as fault:
            raise Untranslated(f"{kind}: {fault}") from fault

    def mark(self) -> "DraftMark":
        """A place to go back to."""
        return DraftMark(len(self.steps), len(self.holders), frozenset(self.called))

    def undo(self, mark: "DraftMark") -> None:
        """Forget the steps since a place, what they gave and what they hold."""
        del self.steps[mark.steps :], self.shapes[mark.steps :], self.facts_of[mark.steps :]
        for key in [key for key, node in self.nodes.items() if late(node, mark.steps)]:
            del self.nodes[key]
        for name in [name for name, node in self.parameters.items() if late(node, mark.steps)]:
            del self.parameters[name]
        for name in list(self.holders)[mark.holders :]:
            del self.holders[name]
        self.called = set(mark.called)


@dataclass(frozen=True, slots=True)
class DraftMark:
    """How far a draft was."""

    steps: int
    holders: int
    called: frozenset[str]


def late(node: SampleNode, mark: int) -> bool:
    """Whether a step at or behind a place gives a tensor."""
    return node.read.step is not None and node.read.step >= mark


def used_values(recording: "Recording") -> frozenset[int]:
    """Numbers of all tensors that some call reads, or that the module returns."""
    from archcalc.importing.reading.calls import refs, tensors_read

    reads = {ref.value for call in recording.calls for ref in tensors_read(call)}
    return frozenset(reads | {ref.value for ref in refs(recording.result)})


def _inside(tensors: "Iterable[str]") -> dict[str, list[str]]:
    """Every module around a tensor -> the tensor's name within it."""
    found: dict[str, list[str]] = {}
    for name in tensors:
        for end, sign in enumerate(name):
            if sign == ".":
                found.setdefault(name[:end], []).append(name[end + 1 :])
    return found
