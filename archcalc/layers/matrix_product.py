"""The product of two matrices that are both inputs: MatMul."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault, Unequal
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Tensor
from archcalc.formulas.counts import linear_macs
from archcalc.keeping import Saved
from archcalc.layers.base import Layer
from archcalc.layers.broadcasting import columns, meeting, paired_size, repeated_reads, shapes_listed
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class MatMul(Layer, frozen=True):
    """Matrix products over the last two axes of two inputs; the axes before are paired."""

    pairs_axes = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*b, n, k), (*b, k, m) -> (*b, n, m), each axis of b equal or 1."""
        if len(inputs) != 2:  # noqa: PLR2004  left and right
            raise Fault(
                f"takes 2 inputs, got {len(inputs)}", key="from", hint="name them: from: [one, other]"
            )
        left, right = shapes = meeting(inputs)
        if min(len(tensor.shape) for tensor in inputs) < 2:  # noqa: PLR2004  rows and columns
            raise Fault(f"needs inputs of 2 or more axes: {shapes_listed(inputs)}", key="from")
        if left[-1] != right[-2]:
            fact = f"{left[-1]} columns meet {right[-2]} rows: {shapes_listed(inputs)}"
            hint = "a Transpose before it swaps rows and columns"
            raise Fault(fact, key="from", hint=hint, unequal=Unequal("from", left[-1], right[-2]))
        lead = tuple(
            paired_size(sizes, axis, inputs)
            for axis, sizes in enumerate(columns([each[:-2] for each in shapes]))
        )
        shape = (*lead, left[-2], right[-1])
        contracted = AxisRead(None, WHOLE)
        row, column = (AxisRead(len(shape) - places, IDENTITY) for places in (2, 1))
        before, after = (
            repeated_reads(lead, fitted[:-2], Tensor(tensor.shape[:-2]))
            for fitted, tensor in zip(shapes, inputs, strict=True)
        )
        reads = ((*before, row, contracted), (*after, contracted, column))
        work = (Work("product", linear_macs(left[-1], shape)),)
        return Facts({"output": Tensor(shape, _one_dtype(inputs))}, work, reads)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Both inputs, each for the gradient of the other; a copy of one that is repeated for the other."""
        lead = next(iter(facts.outputs.values())).shape[:-2]
        ends = [each[-2:] for each in meeting(inputs)]
        as_they_are = [not t.batched or t.shape[:-2] == lead for t in inputs]
        copies = (
            Tensor((*lead, *end), tensor.dtype)
            for same, end, tensor in zip(as_they_are, ends, inputs, strict=True)
            if not same
        )
        kept = tuple(place for place, same in enumerate(as_they_are) if same)
        return Saved(for_others=kept, others=tuple(copies), ending=2)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Sums of products."""
        del facts, drawn
        from archcalc.layers.carrying.joining import carried_product_of_matrices

        return carried_product_of_matrices(read)


def _one_dtype(inputs: tuple[Tensor, ...]) -> str:
    """The dtype of all inputs of a matrix product, which torch wants to be one and not bool.

    Raises:
        Fault: they have several, or bool.
    """
    dtypes = [tensor.dtype for tensor in inputs]
    if len(set(dtypes)) > 1:
        raise Fault(f"inputs have different dtypes: {' and '.join(dtypes)}", key="from")
    if dtypes[0] == "bool":
        raise Fault("needs numbers, got bool", key="from")
    return dtypes[0]
