"""What an output of a few layers reads of each of their inputs, axis by axis: its own place, or all places.

Coarser than receptive fields: a window counts as the whole axis, and says that it does. So it can be carried
through any number of steps of a recurrence.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.facts import FEATURES, IDENTITY, WHOLE, AxisRead, Whole, Window, unread
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.facts import Reads
    from archcalc.tracing.records import Port

    Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class AxisLink:
    """How an axis of an input is read.

    Args:
        to: the output axis that runs along with it; None: none does.
        whole: all of the axis is read; None: its own place.
        exact: all that this says is really read.
        moved: its own place is that of a part of a concatenation, which stands behind others.
    """

    to: int | None
    whole: Whole | None = None
    exact: bool = True
    moved: bool = False

    def read(self, to: int | None) -> "AxisRead":
        """What it says as a read of the output axis ``to``."""
        if self.moved:
            return AxisRead(to, WHOLE, sampled=True)
        return AxisRead(to, self.whole or IDENTITY, sampled=not self.exact)


Links = tuple[AxisLink, ...]
"""One an axis of an input."""
InputLinks = Mapping[str, Links]
"""Name of an input -> how it is read; those that are not read are left out."""


def own_links(axes: int) -> Links:
    """An input reads itself."""
    return tuple(AxisLink(axis) for axis in range(axes))


def behind_layer(
    ports: "Sequence[Port]", reads: "Sequence[Reads]", known: "Mapping[Key, InputLinks]"
) -> InputLinks:
    """What an output of a layer reads, from what its inputs read."""
    ways: list[InputLinks] = []
    for port, each in zip(ports, reads, strict=True):
        if not unread(each):
            before = known.get((port.layer, port.output), {})
            ways.append({name: tuple(_read(link, each) for link in links) for name, links in before.items()})
    return either(ways)


def _read(link: AxisLink, reads: "Reads") -> AxisLink:
    """A link through one more layer."""
    if link.to is None:
        return link
    read = reads[link.to]
    plain = not (read.statistic or read.sampled or read.divided) and read.only is None
    if link.whole is not None or (read.reach == IDENTITY and plain and read.to is not None):
        return _turned(link, read.to)
    if read.border == "absent" and isinstance(read.reach, Window) and read.reach.kernel == 1:
        return replace(link, to=read.to, moved=True)
    return AxisLink(read.to, _whole(read), exact=link.exact and read.mixes and plain)


def _turned(link: AxisLink, to: int | None) -> AxisLink:
    """The link with another output axis; most keep theirs, and need no new record."""
    return link if link.to == to else replace(link, to=to)


def _whole(read: "AxisRead") -> Whole:
    return read.reach if isinstance(read.reach, Whole) else WHOLE


def alike_links(one: AxisLink, other: AxisLink) -> bool:
    """Whether both read the same of an axis, whatever runs along with it."""
    whole = one.whole is not None and other.whole is not None
    return (whole and one.exact == other.exact) or one == other


def through_state(outer: Links, inner: InputLinks) -> InputLinks:
    """What is read through a state: ``outer`` of the state's axes, which themselves read ``inner``."""

    def one(link: AxisLink) -> AxisLink:
        if link.to is None:
            return link
        behind = outer[link.to]
        if link.whole is not None:
            return _turned(link, behind.to)
        moved = behind.whole is None and (link.moved or behind.moved)
        return AxisLink(behind.to, behind.whole, link.exact and behind.exact, moved)

    return {name: tuple(map(one, links)) for name, links in inner.items()}


def either(ways: "Iterable[InputLinks]") -> InputLinks:
    """What is read on one of several ways."""
    found: dict[str, Links] = {}
    for way in ways:
        for name, links in way.items():
            found[name] = _both(found[name], links) if name in found else links
    return found


def _both(first: Links, second: Links) -> Links:
    """Both together; a union of different boxes is smaller than the box around it."""
    if first is second or first == second:
        exact = [link.exact for link in first]
        return first if all(exact) or not any(exact) else _inexact(first)
    joined = tuple(_larger(one, other) for one, other in zip(first, second, strict=True))
    for box in (first, second):
        if all(_covers(own, of_both) for own, of_both in zip(box, joined, strict=True)):
            return joined
    return _inexact(joined)


def _inexact(links: Links) -> Links:
    return tuple(replace(link, exact=False) if link.exact else link for link in links)


def _larger(one: AxisLink, other: AxisLink) -> AxisLink:
    if one.whole is None and other.whole is None:
        same = (one.to, one.moved) == (other.to, other.moved)
        return one if same else AxisLink(one.to if one.to == other.to else None, WHOLE, exact=False)
    to = one.to if one.to == other.to else None
    wholes = [each for each in (one, other) if each.whole is not None]
    kind = FEATURES if any(each.whole == FEATURES for each in wholes) else WHOLE
    return AxisLink(to, kind, exact=any(each.exact for each in wholes))


def _covers(own: AxisLink, joined: AxisLink) -> bool:
    return (own.whole is None) == (joined.whole is None) and own.exact
