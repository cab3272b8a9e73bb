"""A real model all the way: recorded, read, written layer by layer and for people, traced, and compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from time import process_time
from traceback import extract_tb
from typing import TYPE_CHECKING

from archcalc.importing.checking import agreement
from archcalc.importing.reading import program_of
from archcalc.importing.structure import structured
from archcalc.loading import check
from archcalc.source import Document, parse
from archcalc.tracing import Trace, trace
from archcalc.writing import write
from tests.importing.models import recorded, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.facts import Shape
    from archcalc.importing.checking import Agreement
    from tests.importing.models import Row

DIFFERS, OPAQUE = "differs", "Opaque"
"""What keeps a model from being right: a number that is not the module's; an operator that no kind is for."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a model.

    Args:
        model: ``tv/resnet50``.
        differences: everything that is not the module's, in words; what stopped the reading, where it did.
        opaque: operators that no kind is for -> how many layers they are.
        layers: of the spec layer by layer.
        lines: of the text for people; 0: it was not written.
        seconds: of the processor that it took.
    """

    model: str
    differences: tuple[str, ...] = ()
    opaque: Mapping[str, int] = field(default_factory=dict[str, int])
    layers: int = 0
    lines: int = 0
    seconds: float = 0.0

    @property
    def gaps(self) -> dict[str, str]:
        """What it lacks -> the reason; empty: it is exact, and every layer is of a kind."""
        several = f" (and {len(self.differences) - 1} more)" if len(self.differences) > 1 else ""
        reasons = {
            DIFFERS: "".join((*self.differences[:1], several)),
            OPAQUE: ", ".join(f"{name} x {number}" for name, number in self.opaque.items()),
        }
        return {what: reason for what, reason in reasons.items() if reason}


def judged(name: str, *, readable: bool = True) -> Judged:
    """A model of the table.

    Args:
        name: its row.
        readable: with the text for people, which must be the same network when it is loaded again.
    """
    start = process_time()
    recording = recorded(name)
    program = program_of(recording)
    flat = trace(check(Document.of(structured(program, readable=False).data, name)))
    found = agreement(recording, program, flat)
    differences = [*found.differences, *unlike_row(rows()[name], found, flat)]
    lines = 0
    if readable:
        text = write(check(Document.of(structured(program, readable=True).data, name)).spec)
        lines = text.count("\n")
        again = agreement(recording, program, trace(check(parse(text, name))))
        differences += [f"the text: {each}" for each in again.differences if each not in found.differences]
    spent = process_time() - start
    return Judged(name, tuple(differences), found.opaque, len(flat.layers), lines, spent)


def unlike_row(row: "Row", found: "Agreement", flat: Trace) -> "Iterator[str]":
    """Totals that are not those of the table, which were counted without a recorder.

    MACs of the spec are compared with the run's, call by call; here the run's with the table's.
    """
    weights = sum(elements(layer.facts.weights, layer.tied) for layer in flat.layers)
    buffers = sum(elements(layer.facts.buffers, layer.tied) for layer in flat.layers)
    for what, here, there in (
        ("parameters", weights, row.params),
        ("buffers", buffers, row.buffers),
        ("MACs of the run", found.macs, row.macs),
    ):
        if here != there:
            yield f"{what}: {here:,}, but {there:,} in the table"


def elements(tensors: Mapping[str, "Shape"], tied: Mapping[str, str]) -> int:
    """Numbers of a layer's tensors, without those that are another layer's."""
    return sum(prod(shape) for name, shape in tensors.items() if name not in tied)


def safely(judge: "Callable[[str], Judged]", name: str) -> Judged:
    """What came of a model, whatever stopped it."""
    start = process_time()
    try:
        return judge(name)
    except Exception as error:  # noqa: BLE001  the table goes on
        said = str(error).strip().splitlines() or ["nothing said"]
        last = extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        what = f"{type(error).__name__}: {said[0]} ({where})"
        return Judged(name, (f"not read: {what}",), seconds=process_time() - start)
