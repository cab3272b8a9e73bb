"""Numbers of another dtype (torch.Tensor.to)."""

from archcalc.facts import Facts, Tensor, pointwise
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.base import Layer, single
from archcalc.layers.mathematics import ANYTHING, Ends
from archcalc.spec.network import Dtype


class Cast(Layer, frozen=True):
    """Hold the numbers in another dtype, as far as it has them."""

    saves = KEEPS_NOTHING
    shares = Aliasing.DTYPE

    takes_numbers = True

    dtype: Dtype
    """torch's name of it."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        tensor = single(inputs)
        return pointwise(Tensor(tensor.shape, self.dtype, tensor.batched))

    def image(self, *read: Ends) -> Ends:
        """The numbers that arrive, where they are real ones still."""
        return read[0] if "float" in self.dtype else ANYTHING
