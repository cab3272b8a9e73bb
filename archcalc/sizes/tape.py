"""The tape: sizes by name, what was calculated from them, and under which conditions."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.sizes.calls import Calls
from archcalc.sizes.conditions import Conditions
from archcalc.sizes.places import Places
from archcalc.sizes.size import Size, plain
from archcalc.sizes.steps import StepCount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Tape:
    """What some sizes were asked, from when they were given on.

    Args:
        reads: whether what units read is asked for; if not, numbers that only reads are made of are taken as
            they are, and reads hold at these values alone.
        steps: what its sizes may take.
    """

    def __init__(self, *, reads: bool = True, steps: StepCount | None = None) -> None:
        self.reads = reads
        self.steps = StepCount() if steps is None else steps
        self.places = Places()
        self.conditions = Conditions(self.places)
        self.calls = Calls()
        self.given: dict[str, Size] = {}

    def give(self, name: str, value: int) -> Size:
        """A size that remembers, under a name of its own."""
        self.given[name] = Size(plain(value), self, self.places.give(name))
        return self.given[name]

    def text(self, size: Size, written: "Callable[[int], str]", form: tuple[str, ...]) -> str:  # noqa: ARG002  others ask for it
        """A text of a number, which holds at this value alone.

        Args:
            size: the number.
            written: any number -> its text in this form.
            form: the form.
        """
        self.conditions.tell(size.polynomial, plain(size))
        return written(plain(size))

    def end(self) -> None:
        """Note no more what its numbers are compared with, or written into: from here on they are read."""
        self.calls.end()
        self.conditions.ended = True

    def coefficients(self, number: int, name: str) -> tuple[int, ...] | None:
        """A number as a polynomial in one size, from its constant up; None where it is none."""
        if not isinstance(number, Size):
            return (number,)
        ((variable,),) = (product for product, _ in self.given[name].polynomial)
        if any(set(product) - {variable} for product, _ in number.polynomial):
            return None
        found = {len(product): coefficient for product, coefficient in number.polynomial}
        return tuple(found.get(power, 0) for power in range(max(found) + 1))

    def values(self, sizes: "Mapping[str, int]") -> "dict[str, int]":
        """The value of every given size: the one asked for, or the one that it has.

        Raises:
            Fault: there is no size of a name.
        """
        for name in sizes:
            if name not in self.given:
                raise Fault(f"no size {name!r} is remembered", hint=nearest(name, self.given))
        return {name: sizes.get(name, plain(size)) for name, size in self.given.items()}
