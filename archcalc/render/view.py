"""How a summary is shown: what its makers and its table share."""

from archcalc.records import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """How a summary is shown.

    Args:
        columns: words of ``CHOICES``; none: the usual ones.
        sort: the column by which the rows stand, without their tree.
        depth: containers below it are folded.
    """

    columns: tuple[str, ...] = ()
    sort: str | None = None
    depth: int | None = None
