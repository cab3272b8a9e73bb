"""A program as the data of a spec, layer by layer or for people."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Place
from archcalc.importing.structure.blocking import Blocking
from archcalc.importing.structure.comparing import first_difference
from archcalc.importing.structure.joining import hoisted, with_ways
from archcalc.importing.structure.naming import Naming
from archcalc.importing.structure.recognizing import Recognizing
from archcalc.importing.structure.references import Apart
from archcalc.importing.structure.repeating import Repeating, collapsed
from archcalc.importing.structure.scoping import scoped
from archcalc.importing.structure.texts import Unwritten, whole_text
from archcalc.matching.forms import DIGITS
from archcalc.records import dataclass
from archcalc.source import Path
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable
    from collections.abc import Set as AbstractSet

    from archcalc.importing.program import Program
    from archcalc.importing.structure.items import Item
    from archcalc.importing.structure.listing import Written
    from archcalc.tracing import Trace

    Text = tuple[dict[str, object], Mapping[Path, int]]
    """Data, and path of an entry -> number of the step that it comes from."""


UNKNOWN = "?"
"""Stands for a part of the text that is none of its blocks."""
ATTEMPTS = 20
"""Sets of blocks that are tried."""


@dataclass(frozen=True, slots=True)
class Structured:
    """The data of a spec.

    Args:
        data: as ``load`` and the writer take it.
        places: path of an entry -> where in Python it comes from; of a scope, its first layer's.
    """

    data: Mapping[str, object]
    places: Mapping[Path, Place]


def structured(program: "Program", *, readable: bool) -> Structured:
    """A program as the data of a spec.

    Text for people is traced and compared with the text layer by layer: what would not be the same network is
    not folded.

    Args:
        program: the network.
        readable: for people: blocks, repeats and residuals. Else every layer has an entry of its own.
    """
    items = scoped(program)
    flat = _placed(whole_text(collapsed(items), Naming(items, program), {}), program)
    return _readable(items, program, flat) if readable else flat


def _readable(items: "tuple[Item, ...]", program: "Program", flat: Structured) -> Structured:
    """The text for people, or where nothing can be folded the flat one."""
    from archcalc.errors import SpecError
    from archcalc.loading import load
    from archcalc.tracing import trace

    try:
        wanted = trace(load(flat.data))
    except SpecError:
        return flat
    program = _rounded(program)
    items = hoisted(items, program)
    whole = with_ways(items, program)
    recognizing = Recognizing(program)
    recognized = recognizing.items(whole)
    for each, shipped in ((recognized, recognizing.written()), (whole, {}), (items, {})):
        found = _folded(_Whole(items, each, program, shipped), wanted)
        if found is not None:
            return _placed(found, program)
    return flat


def _rounded(program: "Program") -> "Program":
    """The program with shares as people write them: 0.075 for 0.07500000000000001."""
    steps = (
        replace(step, arguments={key: _round(value) for key, value in step.arguments.items()})
        for step in program.steps
    )
    return replace(program, steps=tuple(steps))


def _round(value: object) -> object:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


class _Whole(NamedTuple):
    """A network before blocks of its own are found.

    Args:
        scopes: its scopes.
        items: the same with residuals, branches and shipped blocks.
        program: what their steps are.
        shipped: names of the shipped blocks in it -> their arguments.
    """

    scopes: "tuple[Item, ...]"
    items: "tuple[Item, ...]"
    program: "Program"
    shipped: "Mapping[str, Written]"


def _folded(whole: _Whole, wanted: "Trace") -> "Text | None":
    """The text with as many blocks as can be; None: what stands in it already makes another network of it."""
    apart: set[Hashable] = set()
    for _ in range(ATTEMPTS):
        found = _Folded(whole, apart)
        fault = found.fault(wanted)
        if not fault:
            return found.text
        if fault not in found.blocking.keys:
            return None
        apart.add(found.blocking.keys[fault])
    return None


class _Folded:
    """One attempt.

    Args:
        whole: the network.
        apart: blocks that cannot be made.
    """

    def __init__(self, whole: _Whole, apart: "AbstractSet[Hashable]") -> None:
        self.blocking = Blocking(whole.items, whole.program, apart, frozenset(whole.shipped))
        self.blocking.find()
        repeating = Repeating(whole.program, self.blocking.blocks, whole.shipped)
        self.blocks = {
            name: replace(
                block, scope=replace(block.scope, items=collapsed(repeating.items(block.scope.items)))
            )
            for name, block in self.blocking.blocks.items()
        }
        items = collapsed(repeating.items(self.blocking.items))
        names = Naming(whole.scopes, whole.program)
        self.unwritten = ""
        try:
            self.text = whole_text(items, names, self.blocks, whole.shipped)
        except Unwritten as unwritten:
            self.unwritten = unwritten.block
        except Apart:
            self.unwritten = UNKNOWN

    def fault(self, wanted: "Trace") -> str:
        """The block that makes another network of it, or UNKNOWN; empty: none does."""
        from archcalc.errors import SpecError
        from archcalc.loading import load
        from archcalc.tracing import trace

        if self.unwritten:
            return self.unwritten
        try:
            number = first_difference(wanted, trace(load(self.text[0])))
        except SpecError as error:
            entries = [problem.entry for problem in error.problems if problem.entry]
            named = [str(entry[1]) for entry in entries if entry[0] == "blocks"]
            return named[0] if named else UNKNOWN
        if number is None:
            return ""
        inside = [
            name for name, block in self.blocks.items() if any(number in steps for steps in block.numbers())
        ]
        return inside[-1] if inside else UNKNOWN


def _placed(text: "Text", program: "Program") -> Structured:
    data, sources = text
    found = {path: program.steps[number].place for path, number in sources.items()}
    return Structured(data, {path: place for path, place in found.items() if place is not None})
