"""A question about one size, asked on one that remembers: answered from then on where the answer holds."""

from math import inf
from typing import TYPE_CHECKING, Generic, TypeVar

from archcalc.errors import Fault
from archcalc.records import dataclass
from archcalc.sizes.replay import At
from archcalc.sizes.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.sizes.size import Size

T = TypeVar("T")
MAX_PIECES = 256


@dataclass(frozen=True, slots=True)
class Piece(Generic[T]):
    """An answer, and the tape that says where it holds."""

    name: str
    tape: Tape
    answer: T

    def at(self, size: int) -> At:
        """The tape at a size."""
        return At(self.tape, {self.name: size})

    def holds(self, size: int, *, texts: bool = True) -> bool:
        """Whether the answer holds at a size; ``texts``: those in it too."""
        low, high = self.bounds
        return low <= size <= high and (self.interval or not any(self.at(size).broken(told=texts)))

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest size at which it may hold."""
        return self.tape.places.bounds[0]

    @property
    def interval(self) -> bool:
        """Whether it holds at every size between the bounds."""
        return not self.tape.conditions.others and not self.tape.conditions.told


class Pieces(Generic[T]):
    """Answers by size.

    Args:
        name: of the size.
        ask: the question: it hands its size on as it is, and keeps none of it for later.
        texts: the answer may hold texts with numbers, as facts do and a mere yes or no does not.
    """

    def __init__(self, name: str, ask: "Callable[[Size], T]", *, texts: bool = True) -> None:
        self._name, self._ask, self._texts = name, ask, texts
        self._pieces: list[Piece[T]] = []
        """The one that was asked for last stands first."""

    def at(self, size: int) -> Piece[T]:
        """The answer that holds at a size.

        Raises:
            Fault: there are ``MAX_PIECES`` others that do not.
        """
        for index, piece in enumerate(self._pieces):
            if piece.holds(size, texts=self._texts):
                self._pieces.insert(0, self._pieces.pop(index))
                return piece
        if len(self._pieces) == MAX_PIECES:
            fact = f"nearly every number of {self._name} makes another network"
            raise Fault(f"{fact}: {MAX_PIECES} were looked at")
        tape = Tape()
        piece = Piece(self._name, tape, self._ask(tape.give(self._name, size)))
        tape.end()
        self._pieces.insert(0, piece)
        return piece

    def between(self, first: int, last: int) -> "Iterator[tuple[int, Piece[T]]]":
        """Sizes from first to last and their answers, of neighbours with one answer the first."""
        size = first
        while size <= last:
            piece = self.at(size)
            yield size, piece
            high = piece.bounds[1] if piece.interval else size
            size = last + 1 if high == inf else int(high) + 1
