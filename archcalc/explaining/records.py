"""What an explanation is made of."""

from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.averages import Averages
    from archcalc.explaining.worked_attention import WorkedAttention
    from archcalc.facts import Tensor
    from archcalc.sizes.terms import Term

NumberResult = int | Fraction | None


@dataclass(frozen=True, slots=True)
class FormulaSource:
    """Where a formula is from.

    Args:
        name: the function of ``archcalc.formulas``, or the kind that calculates by itself.
        about: what it says of itself, in a line.
        reference: the paper or the part of torch that it follows; empty: there is none beside what it says.
    """

    name: str
    about: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Calculated:
    """What a function was given that was calculated before.

    Args:
        name: its parameter.
        symbols: how, in the names of the layer.
        numbers: the same with the numbers put in.
    """

    name: str
    symbols: "Term"
    numbers: "Term"


@dataclass(frozen=True, slots=True)
class Derived:
    """How a number came about.

    Args:
        symbols: the formula in names.
        numbers: the same with the numbers put in.
        sources: the function, or the kind and the functions that made parts of it; empty: it is as given.
        cases: comparisons on the way, without which the formula would be another.
        call: the function with its arguments; empty: no function of ``archcalc.formulas`` made it.
        given: those of its arguments that were calculated for it, and not named.
    """

    symbols: "Term"
    numbers: "Term"
    sources: tuple[FormulaSource, ...] = ()
    cases: tuple[str, ...] = ()
    call: str = ""
    given: tuple[Calculated, ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """A number of a layer or of a network.

    Args:
        subject: what it is a number of: an output, a weight, ``MACs``.
        aspect: which number of it: ``axis 1``, ``count``; empty: there is one.
        result: the number; None: it is not known, or there is none.
        derived: how it came about; None: it follows from no formula, and ``note`` says what it is.
        note: what else is to be said.
    """

    subject: str
    aspect: str
    result: NumberResult
    derived: Derived | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.subject}, {self.aspect}" if self.aspect else self.subject


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every number of a layer, or the sums of a container or a network.

    Args:
        title: what is explained.
        type: its kind; of a network ``model``.
        inputs: what arrives, by the names that formulas have for it.
        outputs: what leaves.
        numbers: in the order of the facts.
        averages: of a normalisation: what its means are taken of.
        axes: axes of the output.
        worked: of attention: an example to calculate along.
    """

    title: str
    type: str
    inputs: "tuple[tuple[str, str, Tensor], ...]"
    outputs: "tuple[tuple[str, Tensor], ...]"
    numbers: tuple[Explained, ...]
    averages: "Averages | None" = None
    axes: int = 0
    worked: "WorkedAttention | None" = None

    @property
    def sources(self) -> tuple[FormulaSource, ...]:
        """Where the formulas are from, each once."""
        found = (source for each in self.numbers if each.derived for source in each.derived.sources)
        return tuple(dict.fromkeys(found))
