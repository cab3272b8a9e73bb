"""Which axes of an input hold positions, and which hold features that a layer mixes."""

from typing import TYPE_CHECKING

from archcalc.analyses.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.analyses.transfer import Axis
    from archcalc.facts import AxisRead, Phased, Tensor, Window

Role = bool | None
"""True: positions, along which a window slides; False: features, which a layer mixes; None: neither yet."""


def _slid(known: Role, reach: "Window | Phased") -> Role:
    single = len(reach.phases) == 1 and reach.shift == 1 and len(reach.phases[0]) == 1
    return known if single else True


_READ: Transfer[Role, Role] = Transfer(
    windows=_slid,
    ended=_slid,
    whole=lambda _, reach: not reach.features,
    past=lambda _: True,
    neighbours=lambda *_: True,
)


def told(known: Role, read: "AxisRead", tensor: "Tensor") -> Role:
    """The role of an axis from the first read that tells: a joined or kept axis does not.

    Whole numbers (tokens, edges) have no features: their axes are positions, but for the ends of an edge.
    """
    if known is not None or (read.to is None and tensor.is_float):
        return known
    role = _READ.through(None, read)
    return role if role is not None or tensor.is_float else True


def position_axes(inputs: "Mapping[str, Tensor]", seen: "Iterable[tuple[Axis, Role]]") -> "set[Axis]":
    """Input axes that hold positions: those that a window slides along before any layer mixes them.

    An axis that nothing touches holds positions when another one is known to hold the features; when
    nothing is known the first axis holds them, as in (C, H, W).

    Args:
        inputs: the inputs of the network.
        seen: the axes that every output sees, with what the way to it tells of them.
    """
    roles: dict[Axis, set[Role]] = {}
    for axis, role in seen:
        roles.setdefault(axis, set()).add(role)
    found: set[Axis] = set()
    for name, tensor in inputs.items():
        own = {(name, axis): roles[name, axis] for axis in range(len(tensor.shape))}
        features = any(False in known and True not in known for known in own.values())
        for axis, known in own.items():
            if True in known or (False not in known and (features or axis[1] > 0)):
                found.add(axis)
    return found
