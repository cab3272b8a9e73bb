"""A tape at other sizes: as whole numbers, or as arrays of many sizes at once."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.sizes.places import Given
from archcalc.sizes.polynomials import constant, mapped, minus, value_at
from archcalc.sizes.size import Size
from archcalc.sizes.symbols import bounds_text, condition_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from archcalc.sizes.places import Places
    from archcalc.sizes.polynomials import Polynomial
    from archcalc.sizes.tape import Tape

LARGEST = 2**63 - 1
"""Of numbers in an array; beyond it arrays hold Python's."""


def _replayed(places: "Places", given: "Mapping[str, int]") -> list[int]:
    """The value at every place; a divisor of 0, which a condition forbids, is taken for 1."""
    values: list[int] = []
    for each in places:
        if isinstance(each, Given):
            values.append(given[each.name])
            continue
        top, bottom = value_at(each.top, values), value_at(each.bottom, values)
        bottom = bottom + (bottom == 0)
        values.append(top % bottom if each.remainder else top // bottom)
    return values


class At:
    """A tape at one size each.

    Args:
        tape: what was remembered.
        sizes: name -> value; those left out stay.

    Raises:
        Fault: there is no size of a name.
    """

    def __init__(self, tape: "Tape", sizes: "Mapping[str, int]") -> None:
        self.tape, self.sizes = tape, tape.values(sizes)
        self.values = _replayed(tape.places, self.sizes)

    def broken(self, *, told: bool = True) -> "Iterator[str]":
        """The conditions that do not hold here, as texts.

        Args:
            told: count what was written into texts too.
        """
        conditions, places = self.tape.conditions, self.tape.places
        for index, (each, (low, high)) in enumerate(zip(places, places.bounds, strict=True)):
            if isinstance(each, Given) and not low <= self.values[index] <= high:
                yield f"{each.name} is {self.values[index]}, not {bounds_text(low, high)}"
        for sign, polynomial in conditions.others:
            number = value_at(polynomial, self.values)
            if not (number >= 0 if sign == ">=" else (number == 0) == (sign == "==")):
                yield f"not {condition_text(places, sign, polynomial)}"
        for polynomial, value in conditions.told.items() if told else ():
            if value_at(polynomial, self.values) != value:
                difference = minus(polynomial, constant(value))
                yield f"not {condition_text(places, '==', difference)}, which stands in a text"

    def check(self) -> None:
        """Refuse sizes at which what is remembered does not hold.

        Raises:
            Fault: it says which condition is broken.
        """
        why = next(self.broken(), None)
        if why is not None:
            raise Fault(f"what is remembered does not hold: {why}", hint="trace the network at these sizes")

    def of(self, number: int) -> int:
        """A number of the trace at these sizes.

        Raises:
            Fault: it does not hold here.
        """
        self.check()
        return self.unchecked(number)

    def unchecked(self, number: int) -> int:
        """The same, for who has checked."""
        return value_at(number.polynomial, self.values) if isinstance(number, Size) else number


class Over:
    """A tape at many sizes at once, each exact: numbers that do not fit in 63 bits are Python's.

    Args:
        tape: what was remembered.
        sizes: name -> values, arrays of whole numbers whose shapes go together; those left out stay.

    Raises:
        Fault: there is no size of a name, or an array holds other numbers.
    """

    def __init__(self, tape: "Tape", sizes: "Mapping[str, NDArray[np.int64]]") -> None:
        import numpy as np

        self.tape = tape
        # Arrays calculate as ints do, so that they go through the same functions; narrow ones would overflow.
        arrays = {name: _whole(name, np.asarray(values)) for name, values in sizes.items()}
        self._given = tape.values(cast("Mapping[str, int]", arrays))
        self._shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
        self._most: list[int] = []
        """At every place the largest absolute value, or more."""
        for each in tape.places:
            if isinstance(each, Given):
                values = np.asarray(self._given[each.name])
                self._most.append(max(abs(int(values.max(initial=0))), abs(int(values.min(initial=0)))))
            else:
                self._most.append(max(self._limit(each.bottom), self._limit(each.top)))
        self._fast = _replayed(tape.places, self._given) if max(self._most, default=0) <= LARGEST else None
        self._exact: list[int] | None = None

    def of(self, number: int) -> "NDArray[np.int64]":
        """A number of the trace at all these sizes, those too at which it does not hold: see ``valid``."""
        return self.number(number.polynomial if isinstance(number, Size) else constant(number))

    def number(self, polynomial: "Polynomial") -> "NDArray[np.int64]":
        """The same of a polynomial over the places of the tape."""
        import numpy as np

        return np.broadcast_to(cast("NDArray[np.int64]", self._number(polynomial)), self._shape)

    @property
    def valid(self) -> "NDArray[np.bool_]":
        """Where all conditions hold, those of what was written into texts included."""
        import numpy as np

        found, places = np.ones(self._shape, bool), self.tape.places
        for each, (low, high) in zip(places, places.bounds, strict=True):
            if isinstance(each, Given):
                given = cast("NDArray[np.int64]", self._given[each.name])
                found &= (given >= low) & (given <= high)
        for sign, polynomial in self.tape.conditions.others:
            number = cast("NDArray[np.int64]", self._number(polynomial))
            found &= number >= 0 if sign == ">=" else (number == 0) == (sign == "==")
        for polynomial, value in self.tape.conditions.told.items():
            found &= cast("NDArray[np.int64]", self._number(polynomial)) == value
        return found

    def _limit(self, polynomial: "Polynomial") -> int:
        return value_at(mapped(polynomial, abs), self._most)

    def _number(self, polynomial: "Polynomial") -> int:
        if self._fast is not None and self._limit(polynomial) <= LARGEST:
            return value_at(polynomial, self._fast)
        if self._exact is None:
            import numpy as np

            wide = {name: cast("int", np.asarray(value, object)) for name, value in self._given.items()}
            self._exact = _replayed(self.tape.places, wide)
        return value_at(polynomial, self._exact)


def _whole(name: str, values: "NDArray[np.generic]") -> "NDArray[np.int64]":
    """An array of whole numbers with room for 63 bits, or where one has more, of Python's."""
    import numpy as np

    if values.dtype.kind not in "iuO" and values.size:
        raise Fault(f"sizes of {name!r} are whole numbers, got {values.dtype}")
    wide = values.dtype.kind == "O" or (values.dtype.kind == "u" and values.max(initial=0) > LARGEST)
    return values.astype(object if wide else np.int64)
