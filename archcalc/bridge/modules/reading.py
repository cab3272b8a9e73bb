"""What a module is made of: the arguments of a layer, and the shapes that it reads."""

from collections.abc import Mapping
from typing import Protocol

BARE = "bare"
"""Parameter of a module here that is a Parameter in the place of a module in real networks."""


class Reading(Protocol):
    """Arguments, and the shapes of the inputs without the batch."""

    @property
    def arguments(self) -> Mapping[str, object]:
        """By their names; those that are left out have their defaults, or follow from the shapes."""
        ...

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """One an input."""
        ...
