"""Rows of candidates: what was asked of them, or why they are no networks, as far as they are wanted."""

from dataclasses import fields
from typing import TYPE_CHECKING

from archcalc.quantities.table import QUANTITIES
from archcalc.records import dataclass
from archcalc.sweeping.answering import Answered, KnownAnswers
from archcalc.sweeping.asking import Question
from archcalc.sweeping.rows import GrowingColumn, Rows, absent, array_of_objects, tuples
from archcalc.sweeping.where import FAULTY, NO, UNKNOWN, YES
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archcalc.loading import Model
    from archcalc.sweeping.rows import Numbers
    from archcalc.sweeping.space import Space
    from archcalc.sweeping.where import RowCondition


@dataclass(frozen=True, slots=True)
class SweepCounts:
    """How many candidates there were, and what became of them.

    Args:
        candidates: all.
        kept: those that are networks, and wanted.
        failed: those that are none, and are not unwanted whatever they were: they are rows too.
        unwanted: those that the condition leaves out.
        unknown: those of which it asks what they do not have: they are no rows.
    """

    candidates: int = 0
    kept: int = 0
    failed: int = 0
    unwanted: int = 0
    unknown: int = 0

    def __add__(self, other: "SweepCounts") -> "SweepCounts":
        return SweepCounts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


class Evaluated(NamedTuple):
    """Rows that are kept, and how many were not."""

    rows: Rows
    counts: SweepCounts


class Evaluation:
    """Asks candidates for quantities, and remembers what it has learned of the network on the way.

    Args:
        model: the spec.
        space: the candidates.
        quantities: what is asked.
        where: which of them are wanted; None: all.
    """

    def __init__(
        self, model: "Model", space: "Space", quantities: "Sequence[str]", where: "RowCondition | None" = None
    ) -> None:
        self.space, self.where = space, where
        self._quantities = quantities
        by_analysis: dict[str, list[str]] = {"trace": []}  # it also tells which candidates are networks
        for name in quantities:
            by_analysis.setdefault(QUANTITIES[name].analysis, []).append(name)
        self._answers = [KnownAnswers(Question(model, space, tuple(names))) for names in by_analysis.values()]

    def rows(self, candidates: "Numbers") -> Evaluated:
        """Candidates with their values and quantities, or with the reasons why they are no networks.

        Args:
            candidates: their numbers.
        """
        import numpy as np

        codes = self.space.codes(candidates)
        columns = {name: self.space.values(name)[column] for name, column in codes.items()}
        reasons = array_of_objects([None] * len(candidates))
        unsaid: dict[str, tuple[str, ...]] = {}
        verdicts, faults = self._judged(columns, len(candidates))
        for answers in self._answers:
            growing = {name: GrowingColumn(len(candidates)) for name in answers.question.quantities}
            (left,) = np.nonzero((verdicts != NO) & absent(reasons))
            for answered in answers.of(codes, left):
                if answered.answer.reason is not None:
                    reasons[answered.rows] = _reasons(answered)
                    continue
                for name, column in growing.items():
                    _fill(column, answered, name)
                for name, layers in answered.answer.unsaid.items():
                    unsaid[name] = tuple(dict.fromkeys((*unsaid.get(name, ()), *layers)))
            columns |= {name: column.done() for name, column in growing.items()}
            # What is left out already is not asked for what costs more.
            verdicts, faults = self._judged(columns, len(candidates))
        columns = {name: columns[name] for name in (*codes, *self._quantities)}
        return _kept(Rows(candidates, columns, reasons, unsaid), verdicts, faults)

    def _judged(self, columns: "dict[str, Numbers]", count: int) -> "tuple[NDArray[np.int8], dict[int, str]]":
        import numpy as np

        if self.where is None:
            return np.full(count, YES, np.int8), {}
        return self.where.judged(columns, count)


def _kept(rows: Rows, verdicts: "NDArray[np.int8]", faults: "dict[int, str]") -> Evaluated:
    """The rows that are wanted, and those of which it cannot be said because something is wrong with them."""
    import numpy as np

    good = ~rows.failed
    for row in np.flatnonzero(good & (verdicts == FAULTY)).tolist():
        rows.reasons[row] = f"--where: {faults[row]}"
    failed = rows.failed & (verdicts != NO)
    kept = good & (verdicts == YES)
    unknown = int((good & (verdicts == UNKNOWN)).sum())
    counts = SweepCounts(len(rows), int(kept.sum()), int(failed.sum()), int((verdicts == NO).sum()), unknown)
    return Evaluated(rows.at(kept | failed), counts)


def _fill(column: GrowingColumn, answered: Answered, name: str) -> None:
    followed = answered.answer.measured[name]
    if followed is None:
        return
    numbers = answered.numbers(followed)
    is_shape = QUANTITIES[name].is_shape
    column.put(answered.rows, tuples(numbers, len(answered.rows)) if is_shape else numbers[0])


def _reasons(answered: Answered) -> "Numbers":
    """The reason of every row, with its own numbers."""
    reason = answered.answer.reason
    if reason is None or not reason.marks:
        return array_of_objects([reason.filled(()) if reason else ""] * len(answered.rows))
    numbers = [column.tolist() for column in answered.numbers([mark.polynomial for mark in reason.marks])]
    return array_of_objects([reason.filled(each) for each in zip(*numbers, strict=True)])
