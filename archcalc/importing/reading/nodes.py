"""A tensor while a program is written: which step gives it, and where torch has the batch in it."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.calls import several
from archcalc.importing.reading.layouts import Layout, Untranslated
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.facts import Shape, Tensor
    from archcalc.importing.program import Read


@dataclass(frozen=True, slots=True)
class SampleNode:
    """A tensor of the program.

    Args:
        read: what gives it.
        tensor: one sample of it.
        layout: where the batch stands in the tensor of torch.
    """

    read: "Read"
    tensor: "Tensor"
    layout: Layout

    @property
    def shape(self) -> "Shape":
        """Of one sample."""
        return self.tensor.shape

    @property
    def dtype(self) -> str:
        """As torch calls it."""
        return self.tensor.dtype

    @property
    def rank(self) -> int:
        """Axes of the tensor of torch."""
        return self.layout.rank(self.shape)

    def axis(self, dim: object) -> int:
        """The axis of the sample that torch's ``dim`` means.

        Raises:
            Untranslated: it is the batch, or no axis.
        """
        if not isinstance(dim, int) or not -self.rank <= dim < self.rank:
            raise Untranslated(f"dim {dim} is no axis of {self.rank}")
        if self.layout.merged and dim % self.rank == self.layout.axis:
            raise Untranslated("it acts on an axis that holds the batch and others")
        found = self.layout.sample_axis(dim, self.rank)
        if found is None:
            raise Untranslated("it acts on the batch axis")
        return found

    def axes(self, dims: object) -> tuple[int, ...]:
        """The axes of the sample that one number or several mean."""
        return tuple(self.axis(dim) for dim in several(dims))

    def counted(self, dim: object) -> int:
        """The same axis as torch's modules count it: with a batch axis before the sample's."""
        return self.axis(dim) + 1
