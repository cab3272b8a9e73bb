"""Layers that join several inputs: Add, Multiply, Concat."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import FIRST, IDENTITY, AxisRead, Facts, Tensor, Window, along
from archcalc.layers.base import Layer

if TYPE_CHECKING:
    from archcalc.facts import Shape

WIDER = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64")


class Elementwise(Layer, frozen=True):
    """Join inputs number by number; an axis of size 1 is repeated along the other inputs' axis."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), (*), ... -> (*), each axis equal or 1."""
        at_least_two(inputs)
        shape = tuple(_broadcast(sizes, axis, inputs) for axis, sizes in enumerate(_columns(inputs)))
        reads = tuple(
            along(*(IDENTITY if n == m else FIRST for n, m in zip(tensor.shape, shape, strict=True)))
            for tensor in inputs
        )
        return Facts({"output": Tensor(shape, promote(inputs))}, 0, reads)


class Add(Elementwise, frozen=True):
    """Sum of the inputs."""


class Multiply(Elementwise, frozen=True):
    """Product of the inputs."""


class Concat(Layer, frozen=True):
    """Put the inputs one behind the other along an axis."""

    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here (the channels)."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n_1, *b), (*a, n_2, *b), ... -> (*a, n_1 + n_2 + ..., *b)."""
        at_least_two(inputs)
        columns = _columns(inputs)
        if not -len(columns) <= self.dim < len(columns):
            raise Fault(f"dim {self.dim} is outside the {len(columns)} axes of the inputs", key="dim")
        dim = self.dim % len(columns)
        for axis, sizes in enumerate(columns):
            if axis != dim and len(set(sizes)) > 1:
                raise Fault(f"inputs differ in axis {axis}: {_listed(inputs)}", key="from")
        shape = tuple(sum(sizes) if axis == dim else sizes[0] for axis, sizes in enumerate(columns))
        offsets = (sum(columns[dim][:index]) for index in range(len(inputs)))
        reads = tuple(
            tuple(
                AxisRead(axis, Window(padding=offset), border="absent")
                if axis == dim
                else AxisRead(axis, IDENTITY)
                for axis in range(len(shape))
            )
            for offset in offsets
        )
        return Facts({"output": Tensor(shape, promote(inputs))}, 0, reads)


def at_least_two(inputs: tuple[Tensor, ...]) -> None:
    """Refuse a merge of fewer than two inputs."""
    if len(inputs) < 2:  # noqa: PLR2004  said in the name
        raise Fault(
            f"joins 2 or more inputs, got {len(inputs)}", key="from", hint="name them: from: [one, other]"
        )


def promote(inputs: tuple[Tensor, ...]) -> str:
    """The dtype that torch gives a result of several dtypes."""
    dtypes = {tensor.dtype for tensor in inputs}
    widest = max(dtypes, key=WIDER.index)
    if {"float16", "bfloat16"} <= dtypes and widest == "bfloat16":
        return "float32"
    return "int16" if {"uint8", "int8"} <= dtypes and widest == "int8" else widest


def _columns(inputs: tuple[Tensor, ...]) -> "list[Shape]":
    if len({len(tensor.shape) for tensor in inputs}) > 1:
        raise Fault(f"inputs have different numbers of axes: {_listed(inputs)}", key="from")
    return list(zip(*(tensor.shape for tensor in inputs), strict=True))


def _broadcast(sizes: "Shape", axis: int, inputs: tuple[Tensor, ...]) -> int:
    if len(set(sizes) - {1}) > 1:
        raise Fault(f"inputs differ in axis {axis}: {_listed(inputs)}", key="from")
    return max(sizes)


def _listed(inputs: tuple[Tensor, ...]) -> str:
    return " and ".join(str(list(tensor.shape)) for tensor in inputs)
