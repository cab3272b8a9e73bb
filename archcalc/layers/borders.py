"""What stands in a padding of one axis: what torch can fill, and where its numbers come from."""

from archcalc.errors import Fault
from archcalc.facts import Border, Reach, Tensor, Window
from archcalc.layers.phases import check_windows, phased

UNTRUE = ("reflect", "replicate")
"""Borders for which torch has no kernel of truths."""


def check_border(tensor: Tensor, border: Border) -> None:
    """Refuse truths where torch fills no padding of them.

    Raises:
        Fault: they are.
    """
    if tensor.dtype == "bool" and border in UNTRUE:
        raise Fault(f"torch {border}s no bool", hint="a constant and a circular padding take bool")


def side_reach(border: Border, n: int, before: int, behind: int, key: str) -> Reach:
    """What the positions of an axis of ``n`` read, of which so many are added, or cut off, on both sides.

    Args:
        border: what stands in the padding.
        n: positions that arrive.
        before: positions added before them; negative: cut off.
        behind: positions added behind them; negative: cut off.
        key: the argument that says so.

    Raises:
        Fault: no position would be left, or torch cannot fill them.
    """
    if n + before + behind < 1:
        raise Fault(f"padding {before} and {behind} leaves none of {n} positions", key=key)
    if border == "padding":
        _check_cut(n, before, behind, key)
    if border == "reflect" and max(before, behind) >= n:
        fact = f"reflection padding {max(before, behind)} needs more positions than that, got {n}"
        raise Fault(fact, key=key)
    if border == "circular":
        return _circular(n, before, behind, key)
    return Window(padding=before)


def _check_cut(n: int, before: int, behind: int, key: str) -> None:
    cut = -min(before, 0) - min(behind, 0)
    if cut > n:  # torch cuts before it pads
        raise Fault(f"padding {before} and {behind} cuts off {cut} of {n} positions", key=key)


def _circular(n: int, before: int, behind: int, key: str) -> Reach:
    """The input goes round: what is left over by a negative side, when there is one."""
    kept = max(0, n + min(before, 0) + min(behind, 0))
    if max(before, behind) > kept:
        left = "" if kept == n else " that the negative side leaves"
        fact = f"circular padding {max(before, behind)} goes more than once round {kept} positions{left}"
        raise Fault(fact, key=key)
    if min(before, behind) >= 0 or max(before, behind) <= 0:
        return Window(padding=before)
    # The circle is shorter than the axis, so that no border describes it: every output is written down.
    n, before, behind = int(n), int(before), int(behind)
    outputs, kept, first = n + before + behind, n + min(before, behind), max(-before, 0)
    check_windows(outputs, f"{outputs:,} outputs round {kept:,} of {n:,} positions", key)
    places = (first + (output - max(before, 0)) % kept for output in range(outputs))
    return phased(outputs, tuple(range(place, place + 1) for place in places))
