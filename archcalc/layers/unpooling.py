"""Max pools undone (torch.nn.MaxUnpool1d, 2d, 3d)."""

from typing import ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, Facts, Shape, Tensor, along
from archcalc.formulas.windows import transposed_output
from archcalc.keeping import Saved
from archcalc.layers.arguments import Paddings, Sizes, per_axis
from archcalc.layers.base import Taking, channels_first
from archcalc.layers.mathematics import Ends, with_zero
from archcalc.layers.operations import copy_work
from archcalc.layers.transposed_convolution import transposed_reach


class MaxUnpool(Taking, frozen=True):
    """Put every number back to the place that its index names, and 0 everywhere else.

    Reads the values and the indices of a max pool: ``from: [x, pool.indices]``. What an output reads is
    stated for the indices of a pool with the same arguments: it is one of the windows that hold its place.
    """

    saves = Saved(inputs=(1,))

    rank: ClassVar[int]

    kernel_size: Sizes
    """Positions of the pool's window per axis."""
    stride: Sizes | None = None
    """Output positions between two neighbouring windows; null: the kernel size."""
    padding: Paddings = 0
    """Positions that the pool added on each side."""
    output_size: Sizes | None = None
    """Positions of the output (in torch an argument of the call), less than a stride from the usual ones."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n), (C, *n) -> (C, *(n - 1) s - 2 p + k)."""
        values = _values(inputs)
        channels, sizes = channels_first(values, self.rank)
        kernel = per_axis(self.kernel_size, self.rank, "kernel_size")
        written = self.kernel_size if self.stride is None else self.stride
        stride = per_axis(written, self.rank, "stride")
        padding = per_axis(self.padding, self.rank, "padding")
        axes = tuple(zip(kernel, stride, padding, strict=True))
        usual = tuple(transposed_output(n, k, s, p, 0, 1) for n, (k, s, p) in zip(sizes, axes, strict=True))
        output = self._output(usual, stride)
        reads = along(IDENTITY, *(transposed_reach(k, s, p) for k, s, p in axes), sampled=True)
        return Facts(
            {"output": Tensor((channels, *output), values.dtype)},
            work=copy_work((channels, *output)),
            reads=(reads, reads),
            inferred={"stride": written, "output_size": output},
        )

    def _output(self, usual: Shape, stride: Shape) -> Shape:
        wanted = usual if self.output_size is None else per_axis(self.output_size, self.rank, "output_size")
        for m, default, s in zip(wanted, usual, stride, strict=True):
            if abs(m - default) >= s:
                fact = f"output_size {m} is not between {default - s} and {default + s}, both left out"
                raise Fault(fact, key="output_size")
            if m < 1:
                raise Fault(f"the output has {m} positions: the padding cuts all of them off", key="padding")
        return wanted

    def image(self, *read: Ends) -> Ends:
        """Zeros too."""
        return with_zero(read[0])


def _values(inputs: tuple[Tensor, ...]) -> Tensor:
    """The values, when there are indices of the same shape beside them."""
    if len(inputs) != 2:  # noqa: PLR2004  said in the text
        fact = f"takes 2 inputs, values and indices, got {len(inputs)}"
        raise Fault(fact, key="from", hint="from: [x, pool.indices] for a pool with return_indices: true")
    values, indices = inputs
    if indices.dtype != "int64":
        raise Fault(f"indices need dtype int64, got {indices.dtype}", key="from")
    if values.shape != indices.shape:
        fact = f"values {list(values.shape)} and indices {list(indices.shape)} differ in shape"
        raise Fault(fact, key="from")
    return values


class MaxUnpool1d(MaxUnpool, frozen=True):
    """Max pool over (C, L) undone."""

    rank = 1


class MaxUnpool2d(MaxUnpool, frozen=True):
    """Max pool over (C, H, W) undone."""

    rank = 2


class MaxUnpool3d(MaxUnpool, frozen=True):
    """Max pool over (C, D, H, W) undone."""

    rank = 3
