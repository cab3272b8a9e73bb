"""How inputs of different shapes meet number by number: torch's broadcasting, without the batch axis."""

from archcalc.errors import Fault
from archcalc.facts import FIRST, IDENTITY, AxisRead, Reads, Shape, Tensor


def meeting(inputs: tuple[Tensor, ...]) -> list[Shape]:
    """The shapes with one number of axes, filled with 1 in front.

    What is one for all samples may have fewer axes, and one more: of size 1, for the batch.

    Raises:
        Fault: the inputs of samples have different numbers of axes, or another one has more than these.
    """
    own = {len(tensor.shape) for tensor in inputs if tensor.batched}
    if len(own) > 1:
        raise Fault(f"inputs have different numbers of axes: {shapes_listed(inputs)}", key="from")
    axes = own.pop() if own else max(len(tensor.shape) for tensor in inputs)
    return [fitted_to(tensor, axes, inputs) for tensor in inputs]


def fitted_to(tensor: Tensor, axes: int, inputs: tuple[Tensor, ...]) -> Shape:
    """The shape with so many axes: 1 in front, or without one for the batch.

    Raises:
        Fault: it has more axes.
    """
    shape = tensor.shape
    if len(shape) == axes + 1 and shape[0] == 1:
        return shape[1:]
    if len(shape) > axes:
        fact = f"what is one for all samples has more axes than a sample: {shapes_listed(inputs)}"
        raise Fault(fact, key="from", hint="aligned at the last axis, it would meet the batch")
    return (1,) * (axes - len(shape)) + shape


def columns(shapes: "list[Shape]") -> list[Shape]:
    """Axis by axis the sizes of all inputs."""
    return list(zip(*shapes, strict=True))


def paired_size(sizes: Shape, axis: int, inputs: tuple[Tensor, ...]) -> int:
    """The size of an axis whose sizes are equal or 1.

    Raises:
        Fault: they are not.
    """
    largest = max(sizes)
    if any(size not in (largest, 1) for size in sizes):
        raise Fault(f"inputs differ in axis {axis}: {shapes_listed(inputs)}", key="from")
    return largest


def broadcast_reads(inputs: tuple[Tensor, ...]) -> "tuple[Shape, tuple[Reads, ...]]":
    """The shape in which the inputs meet, and what its units read of each."""
    shapes = meeting(inputs)
    shape = tuple(paired_size(sizes, axis, inputs) for axis, sizes in enumerate(columns(shapes)))
    return shape, tuple(
        repeated_reads(shape, fitted, tensor) for fitted, tensor in zip(shapes, inputs, strict=True)
    )


def repeated_reads(shape: Shape, fitted: Shape, tensor: Tensor) -> Reads:
    """Reads of an input whose axes of size 1 are repeated to ``shape``."""
    more = len(tensor.shape) - len(shape)
    reads = [
        AxisRead(axis, IDENTITY if n == m else FIRST)
        for axis, (n, m) in enumerate(zip(fitted, shape, strict=True))
    ]
    return (AxisRead(None, IDENTITY),) * more + tuple(reads[max(0, -more) :])


def shapes_listed(inputs: tuple[Tensor, ...]) -> str:
    """The shapes in words."""
    return " and ".join(str(list(tensor.shape)) for tensor in inputs)
