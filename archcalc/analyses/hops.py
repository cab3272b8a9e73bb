"""Hops: how far along the edges of a graph a node reads, where no interval of positions can say it."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.analyses.spans import Spans
    from archcalc.facts import Neighbours


def farther(spans: "Spans | None", hops: int | None, reach: "Neighbours") -> int | None:
    """Hops behind one more graph layer: they add up; None where the units before it read more than a node."""
    before = _so_far(spans, hops)
    return None if before is None else before + reach.hops


def farthest(ways: "Sequence[tuple[Spans | None, int | None]]") -> int | None:
    """The most hops of any way that meets; None where one reads more than a node without hops."""
    found = [_so_far(spans, hops) for spans, hops in ways]
    known = [hops for hops in found if hops is not None]
    return max(known) if known and len(known) == len(found) else None


def unlisted(units: object) -> None:
    """What units read of a graph's nodes: all of them, as all units do (None).

    Raises:
        Fault: they are some of the units, so that the nodes would have to be listed.
    """
    if units is not None:
        raise Fault(
            "which nodes a node reads is in the graph's edges, and a spec holds only how many there are",
            hint="`archcalc rf` states how many hops a node reads",
        )


def _so_far(spans: "Spans | None", hops: int | None) -> int | None:
    if hops is not None or spans is None:
        return hops
    single = all(span is None or span[0] == span[1] for span in spans.ends)
    return 0 if single else None


def unfollowed(_: object) -> None:
    """What units of a layer read of which nobody can say it.

    Raises:
        Fault: always.
    """
    raise Fault("which positions it reads is not known", hint="`archcalc rf` says so of all layers behind it")
