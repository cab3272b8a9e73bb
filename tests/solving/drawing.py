"""Values drawn at random, others in every run."""

import os
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
# All processes of one run collect the same tests; xdist gives a run its number.
RANDOM = Random(os.environ.get("PYTEST_XDIST_TESTRUNUID"))  # noqa: S311  nothing is kept secret with them


def drawn(values: "Sequence[T]", count: int) -> list[T]:
    """So many of the values, or all where there are fewer; what fails names the one at fault."""
    return RANDOM.sample(list(values), min(count, len(values)))
