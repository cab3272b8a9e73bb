"""A centre crop, by a written size or to the size of another input (U-Net, Ronneberger et al. 2015)."""

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, NOTHING, AxisRead, Facts, Tensor, Window, along
from archcalc.formulas.windows import crop_start
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.arguments import Sizes, per_axis
from archcalc.layers.base import Taking


class Crop(Taking, frozen=True):
    """Cut positions off on all sides but keep the centre; the first axis (channels) stays whole.

    With one input to a written ``size``; with two, the first one to the positions of the second, of which
    the values do not matter. Of an odd number of positions to cut, the odd one is cut behind.
    """

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    size: Sizes | None = None
    """Positions to keep: one number for all axes but the first, or one per axis; left out for two inputs."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n), (*, *m) -> (C, *m), from position floor((n - m) / 2) on."""
        tensor, *others = inputs
        channels, *sizes = tensor.shape or (0,)
        if not sizes:
            raise Fault(
                f"needs at least 2 axes (C, *positions), got {len(tensor.shape)}: {list(tensor.shape)}"
            )
        kept = self._kept(tuple(sizes), others)
        for axis, (n, m) in enumerate(zip(sizes, kept, strict=True), 1):
            if m > n:
                raise Fault(
                    f"keeps {m} positions of axis {axis}, which has {n}", key=None if others else "size"
                )
        windows = (Window(padding=-crop_start(n, m)) for n, m in zip(sizes, kept, strict=True))
        unread = tuple(tuple(AxisRead(None, NOTHING) for _ in other.shape) for other in others)
        output = Tensor((channels, *kept), tensor.dtype)
        return Facts({"output": output}, (), (along(IDENTITY, *windows), *unread))

    def _kept(self, sizes: tuple[int, ...], others: list[Tensor]) -> tuple[int, ...]:
        """Positions that stay, per axis behind the first."""
        if len(others) > 1:
            fact = f"takes 1 or 2 inputs, got {1 + len(others)}"
            raise Fault(fact, key="from", hint="the one to crop, and the one to crop it to")
        if self.size is None:
            if not others:
                raise Fault(
                    "needs a size, or a second input to crop to", hint="write size: or from: [big, small]"
                )
            like = others[0].shape[1:]
            if len(like) != len(sizes):
                fact = f"inputs have different numbers of axes: {len(sizes) + 1} and {len(others[0].shape)}"
                raise Fault(fact, key="from")
            return like
        if others:
            raise Fault("has a size and a second input, which both say what to keep", key="size")
        return per_axis(self.size, len(sizes), "size")
