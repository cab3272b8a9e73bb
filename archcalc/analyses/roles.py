"""Which axes of an input hold positions, and which hold features that a layer mixes."""

from typing import TYPE_CHECKING

from archcalc.facts import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.analyses.transfer import Axis
    from archcalc.facts import AxisRead, Tensor

Role = bool | None
"""True: positions, along which a window slides; False: features, which a layer mixes; None: neither yet."""


def role_from(known: Role, read: "AxisRead", tensor: "Tensor") -> Role:
    """The role of an axis from the first read that tells: a joined or kept axis does not.

    Whole numbers (tokens, edges) have no features: their axes are positions, but for the ends of an edge.
    """
    if known is not None or (tensor.is_float and (read.to is None or read.holds == "anything")):
        return known
    if read.reach == FEATURES or read.holds == "features":
        return False
    kept = tensor.is_float and read.window is not None and read.window.kernel == 1
    return None if kept else True


def axes_of_positions(inputs: "Mapping[str, Tensor]", told: "Iterable[tuple[Axis, Role]]") -> "set[Axis]":
    """Input axes that hold positions: those that a window slides along before any layer mixes them.

    An axis that nothing touches holds positions when another one is known to hold the features; when
    nothing is known the first axis holds them, as in (C, H, W).
    """
    found: set[Axis] = set()
    seen_at: dict[Axis, set[Role]] = {}
    for axis, role in told:
        seen_at.setdefault(axis, set()).add(role)
    for name, tensor in inputs.items():
        axes = [(name, axis) for axis in range(len(tensor.shape))]
        roles = {axis: seen_at.get(axis, set[Role]()) for axis in axes}
        features = any(False in seen and True not in seen for seen in roles.values())
        for axis, seen in roles.items():
            if True in seen or (False not in seen and (features or axis[1] > 0)):
                found.add(axis)
    return found
