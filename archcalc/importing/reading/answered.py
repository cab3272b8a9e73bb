"""What only Python asked for: `if x.sum() > 0`, `loss.item()`, checks of masks and of distributions.

With them goes what a later layer has taken over: a weight that is transposed for a product, say.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.importing.program import Program, Read

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from archcalc.facts import Facts
    from archcalc.importing.program import Step


def without_answers(
    program: Program, facts: "Sequence[Facts | None]", called_for: "Collection[int]" = ()
) -> Program:
    """A program without truths and unknown numbers that nothing reads, and without what is made for them.

    They decided which way the run went, and are no layers of the network. Other results that nothing reads
    stay: they may be a mistake.

    Args:
        program: all steps.
        facts: what the kind of each states; None: it is not known.
        called_for: numbers of the steps whose results some call of the run reads.
    """
    gone = _answers(program, facts, called_for)
    if not gone or len(gone) == len(program.steps):
        return program
    kept = [number for number in range(len(program.steps)) if number not in gone]
    moved = {old: new for new, old in enumerate(kept)}

    def read(old: Read) -> Read:
        return old if old.step is None else replace(old, step=moved[old.step])

    return replace(
        program,
        steps=tuple(
            replace(step, reads=tuple(map(read, step.reads)))
            for step in (program.steps[number] for number in kept)
        ),
        outputs=tuple(map(read, program.outputs)),
        shapes=tuple(program.shapes[number] for number in kept),
    )


def _answers(
    program: Program, facts: "Sequence[Facts | None]", called_for: "Collection[int]"
) -> frozenset[int]:
    """Numbers of those steps."""
    leaving = {read.step for read in program.outputs}
    readers: dict[int, set[int]] = {number: set() for number in range(len(program.steps))}
    for number, step in enumerate(program.steps):
        for read in step.reads:
            if read.step is not None:
                readers[read.step].add(number)
    gone: set[int] = set()
    for number in reversed(range(len(program.steps))):
        if (
            number in leaving
            or readers[number] - gone
            or not _costs_nothing(program.steps[number], facts[number])
        ):
            continue
        if readers[number] or number in called_for or _is_answer(facts[number]):
            gone.add(number)
    return frozenset(gone)


def _costs_nothing(step: "Step", facts: "Facts | None") -> bool:
    """Whether it is an operator without products, and holds nothing that the module has."""
    held = step.name is not None or step.arguments.get("weights") or step.arguments.get("buffers")
    return not held and (facts is None or not facts.macs)


def _is_answer(facts: "Facts | None") -> bool:
    """Whether it gives truths, or nobody knows what."""
    return facts is None or all(tensor.dtype == "bool" for tensor in facts.outputs.values())
