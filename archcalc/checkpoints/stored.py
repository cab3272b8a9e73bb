"""Records of what a checkpoint holds, and the limits of what is believed of a header."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.errors import Fault, shortened
from archcalc.formulas.rounding import ceil_divided
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.facts import Shape

MAX_HEADER = 32 * 2**20
"""Bytes of a header; those of the largest models have some ten millions, with vocabularies."""
MAX_TENSORS = 250_000
OTHERS, TIMES = 20_000, 4
"""Tensors that a file may have besides so many times those of the spec, each of which is told."""
FEWER = "the spec has far fewer: it is that of another network"
MAX_NAME = 1_000
MAX_AXES = 64
MAX_SIZE = 2**63 - 1
"""Numbers of a tensor and bytes of a file: what 64 bits hold."""


class StoredDtype(NamedTuple):
    """How numbers are stored: ``size`` bytes for every block of ``block`` numbers."""

    name: str
    block: int
    size: int

    def bytes(self, numbers: int) -> int:
        """What so many numbers take, in whole blocks."""
        return ceil_divided(numbers, self.block) * self.size


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor of a checkpoint.

    Args:
        name: as the file calls it.
        shape: in torch's order of axes.
        dtype: of its numbers.
        start: of its bytes, counted from the first byte of all tensors; None where it is not known.
        shares: name of the tensor before it that it is one with; None: its bytes are its own.
    """

    name: str
    shape: "Shape"
    dtype: StoredDtype
    start: int | None = None
    shares: str | None = None

    @property
    def bytes(self) -> int:
        """That it takes in the file."""
        return 0 if self.shares else self.dtype.bytes(prod(self.shape))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the header of a checkpoint says.

    Args:
        form: what it is: ``safetensors``.
        files: how many files it has.
        tensors: in the order of the file.
        notes: what else there is to say.
    """

    form: str
    files: int
    tensors: tuple[StoredTensor, ...]
    notes: tuple[str, ...] = ()


def most_beside(tensors: int) -> int:
    """How many tensors a checkpoint may have that stands beside so many of a spec."""
    return min(OTHERS + TIMES * tensors, MAX_TENSORS)


def check_count(tensors: int, most: int | None = None) -> None:
    """So many tensors can be those of a checkpoint.

    Raises:
        Fault: they are more than any has, or than one of the spec does.
    """
    if tensors > MAX_TENSORS:
        raise Fault(f"the header has {tensors:,} tensors, more than {MAX_TENSORS:,}")
    if most is not None and tensors > most:
        fact = f"the header has {tensors:,} tensors, more than {most:,}"
        raise Fault(fact, hint=FEWER)


def checked_name(name: str) -> str:
    """A name of a tensor that is one.

    Raises:
        Fault: it is too long, or holds what cannot be printed, which may drive a terminal.
    """
    if len(name) > MAX_NAME:
        raise Fault(f"a tensor has a name of {len(name):,} characters, more than {MAX_NAME:,}")
    if not name.isprintable():
        raise Fault(f"a tensor has the name {name!a}, which cannot be printed")
    return name


def checked_shape(sizes: "Iterable[object]", name: str) -> "Shape":
    """Sizes that are those of a tensor.

    Raises:
        Fault: they are no whole numbers, too many, or too large.
    """
    shape = list[int]()
    numbers = 1
    for size in sizes:
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise Fault(f"{shortened(name)} has no shape: {shortened(repr(size))} is no size")
        shape.append(size)
        numbers *= max(size, 1)
        if len(shape) > MAX_AXES or numbers > MAX_SIZE:
            raise Fault(f"{shortened(name)} has more than {MAX_AXES} axes or 2^63 numbers")
    return tuple(shape)


def check_bytes(tensors: "Iterable[StoredTensor]", size: int) -> None:
    """No tensor shares bytes with another, and all of them are in the file.

    Args:
        tensors: with their starts.
        size: bytes that the file has for all of them.

    Raises:
        Fault: one does not.
    """
    end, before = 0, ""
    for tensor in sorted(tensors, key=lambda each: (each.start or 0, each.bytes)):
        start = tensor.start or 0
        if start < end:
            other = f"{shortened(before)} goes on to {end:,}"
            raise Fault(f"{shortened(tensor.name)} begins at byte {start:,}, where {other}")
        end, before = start + tensor.bytes, tensor.name
        if end > size:
            fact = f"{shortened(tensor.name)} ends at byte {end:,} of {size:,}"
            raise Fault(fact, hint="the file is cut off, or no checkpoint")
