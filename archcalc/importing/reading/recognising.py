"""Several steps that are one layer: heads put apart and together again, tables of positions, class tokens."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.importing.program import Program, Read
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Shape
    from archcalc.importing.program import Step

SWAPPED = {"dim0": 0, "dim1": 1}
"""Arguments of a Transpose that puts heads before positions, or back."""
SEQUENCE = 2
"""Axes of a sample: positions and features."""
PARTS = 3
"""Queries, keys and values that one layer gives."""


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """Steps that are one layer.

    Args:
        layer: the step in their place.
        at: number of the step whose place it takes, and whose output it gives.
        gone: numbers of the others.
        others: steps that take another one's place besides.
    """

    layer: "Step"
    at: int
    gone: frozenset[int]
    others: "Mapping[int, Step]"


@dataclass(frozen=True, slots=True)
class StepGraph:
    """Who reads what.

    Args:
        program: the steps.
        readers: number of a step -> numbers of those that read it, once for each time.
    """

    program: Program
    readers: "Mapping[int, tuple[int, ...]]"

    def step(self, read: Read) -> "Step | None":
        """What gives an output; None: it is an input."""
        return None if read.step is None else self.program.steps[read.step]

    def shape(self, read: Read) -> "Shape":
        """Of an input, or of the first output of a step."""
        if read.step is None:
            return self.program.inputs[read.output].shape
        return self.program.shapes[read.step]

    def only_reader(self, number: int) -> int | None:
        """The step that alone reads another one, once; None: there are several, or it leaves the network."""
        found = self.readers.get(number, ())
        leaves = any(read.step == number for read in self.program.outputs)
        return found[0] if len(found) == 1 and not leaves else None

    def lone(self, read: Read, kind: str) -> "Step | None":
        """A step of a kind without a name that is read once."""
        step = self.step(read)
        if step is None or read.step is None or step.kind != kind or step.name is not None:
            return None
        return step if self.only_reader(read.step) is not None else None


def recognised_in(program: Program) -> Program:
    """The program with one step where several are one layer."""
    for pattern in PATTERNS:
        graph = StepGraph(program, dict(_read_by(program)))
        found: list[FoundLayer] = []
        for number in range(len(program.steps)):
            match = pattern(graph, number)
            if match is not None:
                found.append(match)
        program = _rewritten(program, found) if found else program
    return program


def _read_by(program: Program) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Every step that is read, with those that read it."""
    found: dict[int, list[int]] = {}
    for number, step in enumerate(program.steps):
        for read in step.reads:
            if read.step is not None:
                found.setdefault(read.step, []).append(number)
    yield from ((number, tuple(readers)) for number, readers in found.items())


def _rewritten(program: Program, found: "list[FoundLayer]") -> Program:
    """The program without the steps that are gone, numbered anew."""
    gone = frozenset[int]().union(*(each.gone for each in found))
    instead = {each.at: each.layer for each in found} | {
        number: step for each in found for number, step in each.others.items()
    }
    kept = [number for number in range(len(program.steps)) if number not in gone]
    places = {number: place for place, number in enumerate(kept)}

    def moved(read: Read) -> Read:
        return read if read.step is None else Read(places[read.step], read.output)

    steps = (instead.get(number, program.steps[number]) for number in kept)
    return replace(
        program,
        steps=tuple(replace(step, reads=tuple(map(moved, step.reads))) for step in steps),
        outputs=tuple(map(moved, program.outputs)),
        shapes=tuple(program.shapes[number] for number in kept),
    )


def _heads(graph: StepGraph, number: int) -> FoundLayer | None:
    """Attention whose heads are put apart before it, each by itself, and together behind it."""
    step = graph.program.steps[number]
    behind = _together(graph, number)
    if step.kind != "ScaledDotProductAttention" or "num_heads" in step.arguments or behind is None:
        return None
    apart = [_apart(graph, read) for read in step.reads[:PARTS]]
    known = [each for each in apart if each is not None]
    if len(known) < PARTS:
        return _from_one(graph, number, behind)
    counts = [count for _, count, _ in known]
    if counts[1] != counts[2] or not _fitting(graph, step, counts[0]):
        return None
    arguments = {"num_heads": counts[0]} | ({"num_kv_heads": counts[1]} if counts[1] != counts[0] else {})
    reads = (*(read for read, _, _ in known), *step.reads[PARTS:])
    layer = replace(step, arguments={**arguments, **step.arguments}, reads=reads)
    before = frozenset(each for _, _, steps in known for each in steps)
    return FoundLayer(layer, behind[-1], before | {number, behind[0]}, {})


def _fitting(graph: StepGraph, step: "Step", count: int) -> bool:
    """Whether terms on the scores are those of each head, or the same for all."""
    shapes = [graph.shape(read) for read in step.reads[PARTS:]]
    return all(len(shape) == SEQUENCE + 1 and shape[0] in (1, count) for shape in shapes)


def _together(graph: StepGraph, number: int) -> tuple[int, int] | None:
    """The Transpose and the Flatten behind attention that put its heads side by side."""
    transpose = graph.only_reader(number)
    if transpose is None:
        return None
    flatten = graph.only_reader(transpose)
    steps = graph.program.steps
    swapped = steps[transpose].kind == "Transpose" and steps[transpose].arguments == SWAPPED
    if flatten is None or not swapped or steps[flatten].kind != "Flatten":
        return None
    fits = len(graph.program.shapes[flatten]) == SEQUENCE and steps[flatten].name is None
    return (transpose, flatten) if fits else None


def _apart(graph: StepGraph, read: Read) -> tuple[Read, int, tuple[int, int]] | None:
    """What a Transpose and an Unflatten put heads of apart, how many these are, and the two steps."""
    transpose = graph.lone(read, "Transpose")
    if transpose is None or transpose.arguments != SWAPPED:
        return None
    inner = transpose.reads[0]
    unflatten = graph.lone(inner, "Unflatten")
    if unflatten is None or read.step is None or inner.step is None:
        return None
    sizes = unflatten.arguments["unflattened_size"]
    if len(graph.program.shapes[inner.step]) != SEQUENCE + 1 or not isinstance(sizes, tuple):
        return None
    count = graph.program.shapes[inner.step][1]
    return unflatten.reads[0], count, (read.step, inner.step)


def _from_one(graph: StepGraph, number: int, behind: tuple[int, int]) -> FoundLayer | None:
    """Attention whose queries, keys and values one layer gives, as an axis of three."""
    step = graph.program.steps[number]
    unbinds = {read.step for read in step.reads[:PARTS]}
    names = [read.output for read in step.reads[:PARTS]]
    place = unbinds.pop()
    if unbinds or place is None or names != ["", "1", "2"]:
        return None
    unbind = graph.program.steps[place]
    if unbind.kind != "Unbind" or unbind.name is not None or graph.readers[place] != (number,) * PARTS:
        return None
    permute = graph.lone(unbind.reads[0], "Permute")
    if (
        permute is None
        or permute.arguments.get("dims") != (1, 2, 0, 3)
        or unbind.arguments.get("dim", 0) != 0
    ):
        return None
    unflatten = graph.lone(permute.reads[0], "Unflatten")
    if unflatten is None:
        return None
    _, parts, count, _ = graph.shape(permute.reads[0])
    if parts != PARTS or not _fitting(graph, step, count):
        return None
    gone = {unbind.reads[0].step, permute.reads[0].step, number, behind[0]}
    chunk = replace(unbind, kind="Chunk", arguments={"chunks": PARTS, "dim": -1}, reads=unflatten.reads)
    layer = replace(step, arguments={"num_heads": count, **step.arguments})
    return FoundLayer(layer, behind[1], frozenset(each for each in gone if each is not None), {place: chunk})


def _positions(graph: StepGraph, number: int) -> FoundLayer | None:
    """A table of positions that is added: an Embedding of 0, 1, 2 ..., or a bare Parameter."""
    step = graph.program.steps[number]
    if step.kind != "Add" or len(step.reads) != 2 or len(graph.program.shapes[number]) != SEQUENCE:  # noqa: PLR2004
        return None
    for place in (0, 1):
        x, table = step.reads[1 - place], _table(graph, step.reads[place])
        if table is None or graph.shape(x) != graph.program.shapes[number]:
            continue
        owner, arguments, gone = table
        layer = replace(owner, kind="LearnedPositionalEncoding", arguments=arguments, reads=(x,))
        return FoundLayer(layer, number, gone, {})
    return None


def _table(graph: StepGraph, read: Read) -> "tuple[Step, dict[str, object], frozenset[int]] | None":
    """The step that holds a table of positions, the layer's arguments, and the steps that it stands for."""
    gone: set[int] = set()
    squeeze = graph.lone(read, "Squeeze")
    if squeeze is not None and read.step is not None:
        gone.add(read.step)
        read = squeeze.reads[0]
    owner = graph.step(read)
    if owner is None or read.step is None or owner.name is None or graph.only_reader(read.step) is None:
        return None
    shape = graph.program.shapes[read.step]
    if len(shape) != SEQUENCE + 1 or shape[0] != 1:
        return None
    gone.add(read.step)
    if owner.kind == "Parameter" and "dtype" not in owner.arguments and owner.tie is None:
        return owner, {"bare": True}, frozenset(gone)
    if owner.kind != "Embedding" or set(owner.arguments) != {"num_embeddings", "embedding_dim"}:
        return None
    numbers = graph.lone(owner.reads[0], "Constant")
    if numbers is None or numbers.arguments.get("form") != "range" or owner.reads[0].step is None:
        return None
    rows = owner.arguments["num_embeddings"]
    arguments: dict[str, object] = {} if rows == shape[1] else {"max_len": rows}
    return owner, arguments, frozenset((*gone, owner.reads[0].step))


def class_token(graph: StepGraph, number: int) -> FoundLayer | None:
    """A Parameter put before the positions."""
    step = graph.program.steps[number]
    if step.kind != "Concat" or step.arguments.get("dim", 0) not in (0, -2) or len(step.reads) != 2:  # noqa: PLR2004
        return None
    first, x = step.reads
    squeeze = graph.lone(first, "Squeeze")
    if squeeze is None or len(graph.shape(x)) != SEQUENCE or first.step is None:
        return None
    owner, read = graph.step(squeeze.reads[0]), squeeze.reads[0]
    if owner is None or read.step is None or owner.kind != "Parameter" or "dtype" in owner.arguments:
        return None
    shape = graph.program.shapes[read.step]
    if len(shape) != SEQUENCE + 1 or shape[0] != 1 or graph.only_reader(read.step) is None:
        return None
    arguments = {} if shape[1] == 1 else {"num_tokens": shape[1]}
    layer = replace(owner, kind="ClassToken", arguments=arguments, reads=(x,))
    return FoundLayer(layer, number, frozenset((first.step, read.step)), {})


PATTERNS: "tuple[Callable[[StepGraph, int], FoundLayer | None], ...]" = (_heads, _positions, class_token)
