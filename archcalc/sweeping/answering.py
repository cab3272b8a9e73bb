"""Many candidates at once: each is answered by an answer that holds there, and asked anew where none does."""

from typing import TYPE_CHECKING, cast

from archcalc.sizes.replay import Over
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archcalc.sweeping.asking import Question, Reply
    from archcalc.sweeping.rows import Numbers
    from archcalc.sweeping.space import Codes

    Picked = NDArray[np.intp]
    Key = tuple[int, ...]

MAX_ANSWERS = 20_000
"""That are remembered; beyond it they are found anew."""


class Answered(NamedTuple):
    """Rows that one answer holds for."""

    rows: "Picked"
    answer: "Reply"
    over: Over | None
    """The tape at these rows; None: nothing depends on sizes."""

    def numbers(self, polynomials: "Sequence[object]") -> "list[Numbers]":
        """Numbers of the answer in these rows."""
        import numpy as np

        found: list[Numbers] = []
        for each in polynomials:
            polynomial = cast("tuple[tuple[tuple[int, ...], int], ...]", each)
            one = polynomial[0][1] if polynomial else 0
            alone = np.array(one if -(2**63) <= one < 2**63 else [one], None if abs(one) < 2**63 else object)
            number = self.over.number(polynomial) if self.over else alone
            found.append(np.broadcast_to(number, self.rows.shape))
        return found


class KnownAnswers:
    """The answers to a question so far, by the values at which alone they hold.

    Args:
        question: what is asked.
    """

    def __init__(self, question: "Question") -> None:
        self.question = question
        self._numbers = tuple(axis.name for axis in question.space.axes if axis.is_number)
        self._others = tuple(axis.name for axis in question.space.axes if not axis.is_number)
        self._known: dict[tuple[str, ...], dict[Key, list[Reply]]] = {}
        self._count = 0

    def of(self, codes: "Codes", rows: "Picked") -> "Iterator[Answered]":
        """Candidates in groups that have one answer each.

        Args:
            codes: axis -> which of its values, in every row.
            rows: those that are asked for.
        """
        values = {name: self.question.space.values(name)[codes[name]] for name in self._numbers}
        for pinned in list(self._known):
            if rows.size:
                rows = yield from self._from_known(pinned, codes, values, rows)
        while rows.size:
            first = {name: int(column[rows[0]]) for name, column in codes.items()}
            answer = self.question.ask(first)
            self._keep(answer, first)
            alike = _alike(codes, self._others, rows, first)
            found = yield from self._holding(answer, values, alike)
            if not found.size or found[0] != rows[0]:
                raise AssertionError(f"an answer does not hold where it was asked: {first}")
            rows = _without(rows, found)

    def _from_known(
        self, pinned: tuple[str, ...], codes: "Codes", values: "Mapping[str, Numbers]", rows: "Picked"
    ) -> "Generator[Answered, None, Picked]":
        """Give what is known; ends with the rows that are left."""
        import numpy as np

        left: list[Picked] = []
        for key, group in _groups([codes[name] for name in pinned], rows):
            rest = group
            for answer in self._known[pinned].get(key, ()):
                if not rest.size:
                    break
                found = yield from self._holding(answer, values, rest)
                rest = _without(rest, found)
            left.append(rest)
        return np.sort(np.concatenate(left))

    def _holding(
        self, answer: "Reply", values: "Mapping[str, Numbers]", rows: "Picked"
    ) -> "Generator[Answered, None, Picked]":
        """Give the rows that an answer holds for; ends with them."""
        if not self._numbers:
            yield Answered(rows, answer, None)
            return rows
        rows = rows[_within(answer, values, rows)]
        if rows.size:
            over = Over(answer.tape, {name: values[name][rows] for name in self._numbers})
            valid = over.valid
            if not valid.all():
                rows = rows[valid]
                over = Over(answer.tape, {name: values[name][rows] for name in self._numbers})
            if rows.size:
                yield Answered(rows, answer, over)
        return rows

    def _keep(self, answer: "Reply", codes: "Mapping[str, int]") -> None:
        if self._count == MAX_ANSWERS:
            self._known.clear()
            self._count = 0
        pinned = (*self._others, *answer.pinned)
        key = tuple(codes[name] for name in pinned)
        self._known.setdefault(pinned, {}).setdefault(key, []).insert(0, answer)
        self._count += 1


def _within(answer: "Reply", values: "Mapping[str, Numbers]", rows: "Picked") -> "NDArray[np.bool_]":
    """The rows whose sizes lie within the bounds of an answer."""
    import numpy as np

    found = np.ones(rows.shape, bool)
    for name, (low, high) in zip(answer.tape.given, answer.tape.places.bounds, strict=False):
        column = values[name][rows]
        found &= (column >= low) & (column <= high)
    return found


def _alike(codes: "Codes", names: "Sequence[str]", rows: "Picked", first: "Mapping[str, int]") -> "Picked":
    """The rows that have the same values of some axes as the first one."""
    for name in names:
        rows = rows[codes[name][rows] == first[name]]
    return rows


def _groups(columns: "Sequence[Numbers]", rows: "Picked") -> "Iterator[tuple[Key, Picked]]":
    """Rows with equal values in some columns, rising."""
    import numpy as np

    if not columns:
        yield (), rows
        return
    order = rows[np.lexsort([column[rows] for column in columns])]
    ordered = np.stack([column[order] for column in columns])
    starts = np.flatnonzero((ordered[:, 1:] != ordered[:, :-1]).any(axis=0)) + 1
    for group in np.split(order, starts):
        yield tuple(int(column[group[0]]) for column in columns), np.sort(group)


def _without(rows: "Picked", gone: "Picked") -> "Picked":
    """The rows, rising as both are, without those that are gone."""
    import numpy as np

    return rows if not gone.size else np.setdiff1d(rows, gone, assume_unique=True)
