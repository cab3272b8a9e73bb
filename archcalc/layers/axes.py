"""Axis arguments: counted with the batch in torch's modules, without it in what stands for torch's functions.

Negative numbers count from the last axis and mean the same in both.
"""

from archcalc.errors import Fault


def sample_axis(dim: int, axes: int, key: str = "dim", of: str = "a sample") -> int:
    """The axis that ``dim`` means among the ``axes`` of a sample, counted without the batch."""
    if not -axes <= dim < axes:
        fact = f"{key} {dim} is outside the {axes} axes of {of}"
        hint = f"counted without the batch: 0 to {axes - 1}, or -{axes} to -1 from the last"
        raise Fault(fact, key=key, hint=hint)
    return int(dim) % axes


def sample_axes(dims: "int | tuple[int, ...]", axes: int, key: str = "dim") -> tuple[int, ...]:
    """The axes that one number or a list means, in its order; each may be named once."""
    written = dims if isinstance(dims, tuple) else (dims,)
    if len(written) > axes:
        raise Fault(f"{key} names {len(written)} axes, but a sample has {axes}", key=key)
    found = tuple(sample_axis(dim, axes, key) for dim in written)
    for index, axis in enumerate(found):
        if axis in found[:index]:
            raise Fault(f"{key} names axis {axis} twice", key=key)
    return found


def module_axis(dim: int, axes: int, key: str = "dim") -> int:
    """The sample's axis that ``dim`` means when it counts as torch's modules do: 0 is the batch."""
    if not -(axes + 1) <= dim <= axes:
        raise Fault(f"{key} {dim} is outside the {axes + 1} axes of the input with its batch", key=key)
    if dim in (0, -(axes + 1)):
        fact = f"{key} {dim} is the batch axis, which stays"
        raise Fault(fact, key=key, hint="the first axis of a sample is 1")
    return int(dim) % (axes + 1) - 1
