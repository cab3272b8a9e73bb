"""The words in which a kind states what its function does to numbers, whatever its weights are."""

from enum import Enum
from math import inf

Ends = tuple[float, float]
"""The smallest and the largest number that can stand somewhere."""
ANYTHING: Ends = (-inf, inf)


class Passing(Enum):
    """How the numbers of every output come from those of the first input, with no weights between."""

    REGROUPED = "the same numbers, each once, in another order or shape"
    CHOSEN = "each is one of those read, or a constant that stands beside them in a padding"
    AVERAGED = "each is a sum of those read, with weights that add up to 1; zeros of a padding are read too"


class Merge(Enum):
    """How several inputs become one output."""

    SUM = "number by number, added"
    PRODUCT = "number by number, multiplied"
    CONCATENATION = "one behind the other along an axis that they have"
    STACK = "side by side along a new axis"


class Statistics(Enum):
    """Of which numbers a normalisation takes the mean square, by whose root it divides."""

    BATCH = "each channel: its positions in all samples, less their mean"
    CHANNEL = "each channel of a sample: its positions, less their mean"
    GROUP = "each group of channels of a sample and their positions, less their mean"
    FEATURES = "the last axes at each position of a sample"
    NEIGHBOURS = "some channels on both sides, at each position of a sample"


class Distribution(Enum):
    """Positive numbers that add up to 1 along an axis, or the logarithms of such numbers."""

    SOFTMAX = "exp(x_i) / sum_j exp(x_j)"
    SOFTMIN = "exp(-x_i) / sum_j exp(-x_j)"
    LOG_SOFTMAX = "x_i - log sum_j exp(x_j)"


def hull(*read: Ends) -> Ends:
    """The numbers of all of them."""
    return min(low for low, _ in read), max(high for _, high in read)


def with_zero(ends: Ends) -> Ends:
    """The same numbers, and 0."""
    return hull(ends, (0.0, 0.0))


def multiples(ends: Ends) -> Ends:
    """Sums of such numbers, and products with positive ones: of their ends the sign is left."""
    return 0.0 if ends[0] >= 0 else -inf, 0.0 if ends[1] <= 0 else inf
