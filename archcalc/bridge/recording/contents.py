"""What is in a constant, told from its numbers: one number, positions, a mask, a table of cosines."""

from math import isclose, isfinite

import torch
from torch import Tensor

from archcalc.importing.recording import Content

MAX_NUMBERS = 64
TOLERANCE = 2e-3
"""How far a table in single precision may be from its formula."""


def content(numbers: Tensor) -> Content:
    """What a constant holds."""
    plain = numbers.detach()
    few = _few(plain)
    if not plain.numel() or plain.is_complex():
        return Content("other", numbers=few)
    wide = plain.to(torch.float64)
    first = float(wide.reshape(-1)[0])
    if bool((wide == first).all()):
        return Content("fill", first, few)
    for form in (_range, _mask, _table):
        found = form(wide)
        if found is not None:
            return Content(found[0], found[1], few)
    return Content("other", numbers=few)


def _few(numbers: Tensor) -> tuple[float, ...]:
    if numbers.numel() > MAX_NUMBERS or numbers.is_complex():
        return ()
    return tuple(float(each) for each in numbers.reshape(-1).to(torch.float64))


def _same_rows(numbers: Tensor, axes: int) -> Tensor | None:
    """The last axes, where all in front of them hold the same."""
    if numbers.dim() < axes:
        return None
    rows = numbers.reshape(-1, *numbers.shape[numbers.dim() - axes :])
    return rows[0] if bool((rows == rows[:1]).all()) else None


def _range(numbers: Tensor) -> tuple[str, float | None] | None:
    row = _same_rows(numbers, 1)
    if row is None or row.shape[0] < 2:  # noqa: PLR2004  one number is no range
        return None
    return ("range", None) if torch.equal(row, torch.arange(row.shape[0], dtype=row.dtype)) else None


def _mask(numbers: Tensor) -> tuple[str, float | None] | None:
    """Two values, of which one stands where the past is and the other where the future is."""
    plane = _same_rows(numbers, 2)
    if plane is None or min(plane.shape) < 2:  # noqa: PLR2004  nothing is hidden from one position
        return None
    there, hidden = float(plane[-1, -1]), float(plane[0, -1])
    if there == hidden or not isfinite(there):
        return None
    seen = plane == there
    if not bool((seen | (plane == hidden)).all()):
        return None
    rows, columns = plane.shape
    behind = torch.arange(rows)[:, None] + (columns - rows) - torch.arange(columns)[None, :]
    if torch.equal(seen, behind >= 0):
        return "causal", hidden
    reach = int(seen[-1].sum())
    return ("window", float(reach)) if torch.equal(seen, (behind >= 0) & (behind < reach)) else None


def _table(numbers: Tensor) -> tuple[str, float | None] | None:
    """Cosines or sines of positions 0, 1, 2 ... times falling frequencies, the first of which is 1."""
    plane = _same_rows(numbers, 2)
    if plane is None or plane.shape[0] < 2 or plane.shape[1] < 2 or float(plane.abs().max()) > 1 + TOLERANCE:  # noqa: PLR2004
        return None
    start = float(plane[0, 0])
    if not bool((plane[0] == start).all()) or start not in {0.0, 1.0}:
        return None
    cosines = start == 1.0
    steps = torch.acos(plane[1].clamp(-1, 1)) if cosines else torch.asin(plane[1].clamp(-1, 1))
    if not isclose(float(steps[0]), 1.0, rel_tol=TOLERANCE):
        return None
    return _based(plane, steps, cosines=cosines)


def _based(plane: Tensor, steps: Tensor, *, cosines: bool) -> tuple[str, float | None] | None:
    positions = torch.arange(plane.shape[0], dtype=plane.dtype)[:, None]
    width = plane.shape[1]
    function = torch.cos if cosines else torch.sin
    for order in (_halves, _pairs, _once):
        index, count = order(width)
        if index is None or count < 2:  # noqa: PLR2004
            continue
        second = float(steps[int((index == 1).nonzero()[0])])
        if not 0 < second < 1:
            continue
        base = second**-count
        angles = positions * base ** (-index.to(plane.dtype)[None, :] / count)
        if torch.allclose(function(angles), plane, atol=TOLERANCE):
            return ("cosines" if cosines else "sines"), float(f"{base:.4g}")
    return None


def _halves(width: int) -> tuple[Tensor | None, int]:
    half = width // 2
    return (torch.arange(width) % half, half) if half and width % 2 == 0 else (None, 0)


def _pairs(width: int) -> tuple[Tensor | None, int]:
    return (torch.arange(width) // 2, width // 2) if width % 2 == 0 else (None, 0)


def _once(width: int) -> tuple[Tensor | None, int]:
    return torch.arange(width), width
