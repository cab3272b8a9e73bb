"""What sizes that remember may take: operations and comparisons, each with the terms that it goes through."""

from math import inf

from archcalc.records import dataclass


class TooManySteps(Exception):  # noqa: N818  no fault of the network
    """A question takes more than it may; whoever asked it says so."""


@dataclass(slots=True)
class StepCount:
    """What has been taken, by all tapes of one question.

    Args:
        most: that may be; none are refused where nobody says so.
    """

    most: float = inf
    taken: int = 0

    def take(self, more: int) -> None:
        """Count what is done.

        Raises:
            TooManySteps: it is too much.
        """
        self.taken += more
        if self.taken > self.most:
            raise TooManySteps
