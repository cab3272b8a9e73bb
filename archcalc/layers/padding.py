"""Pads as layers of their own (torch.nn.ZeroPad, ConstantPad, ReflectionPad, ReplicationPad, CircularPad)."""

from typing import ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Border, Facts, Tensor
from archcalc.keeping import KEEPS_INPUT, KEEPS_NOTHING
from archcalc.layers.arguments import SignedPaddings
from archcalc.layers.base import Taking, channels_first, single
from archcalc.layers.borders import check_border, side_reach
from archcalc.layers.mathematics import Ends, hull, with_zero
from archcalc.layers.operations import copy_work


class SidePad(Taking, frozen=True):
    """Positions added on the sides of every axis but the channels; negative numbers cut positions off."""

    rank: ClassVar[int]
    border: ClassVar[Border]

    padding: SignedPaddings
    """One number for all sides, or two per axis (before, behind), the last axis first, as torch has them."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *n + before + behind)."""
        tensor = single(inputs)
        channels, sizes = channels_first(tensor, self.rank)
        check_border(tensor, self.border)
        axes = tuple(zip(sizes, self._sides(), strict=True))
        reaches = [side_reach(self.border, n, *sides, "padding") for n, sides in axes]
        output = (channels, *(n + before + behind for n, (before, behind) in axes))
        reads = (AxisRead(axis, reach, self.border) for axis, reach in enumerate(reaches, 1))
        made = Tensor(output, tensor.dtype)
        return Facts({"output": made}, copy_work(output), ((AxisRead(0, IDENTITY), *reads),))

    def _sides(self) -> tuple[tuple[int, int], ...]:
        """Positions before and behind, first axis first."""
        written, numbers = self.padding, 2 * self.rank
        flat = written if isinstance(written, tuple) else (written,) * numbers
        if len(flat) != numbers:
            axes = "axis" if self.rank == 1 else "axes"
            fact = f"padding has {len(flat)} values for {self.rank} {axes}, which take {numbers}"
            raise Fault(fact, key="padding", hint="two per axis (before, behind), the last axis first")
        return tuple((flat[at], flat[at + 1]) for at in range(numbers - 2, -2, -2))


class ZeroPad(SidePad, frozen=True):
    """Zeros in the padding."""

    saves = KEEPS_NOTHING

    border = "padding"

    def image(self, *read: Ends) -> Ends:
        """Zeros too."""
        return with_zero(read[0])


class ConstantPad(ZeroPad, frozen=True):
    """One number in the padding."""

    value: float
    """What stands in the padding."""

    def image(self, *read: Ends) -> Ends:
        """The constant too."""
        return hull(read[0], (self.value, self.value))


class ReflectionPad(SidePad, frozen=True):
    """The input mirrored at its first and last position, which are not repeated."""

    saves = KEEPS_INPUT

    border = "reflect"


class ReplicationPad(SidePad, frozen=True):
    """The first and last position repeated."""

    saves = KEEPS_INPUT

    border = "replicate"


class CircularPad(SidePad, frozen=True):
    """The input goes round: what is left over by a negative side, when there is one."""

    saves = KEEPS_NOTHING

    border = "circular"


class ZeroPad1d(ZeroPad, frozen=True):
    """Zeros around (C, L)."""

    rank = 1


class ZeroPad2d(ZeroPad, frozen=True):
    """Zeros around (C, H, W)."""

    rank = 2


class ZeroPad3d(ZeroPad, frozen=True):
    """Zeros around (C, D, H, W)."""

    rank = 3


class ConstantPad1d(ConstantPad, frozen=True):
    """A constant around (C, L)."""

    rank = 1


class ConstantPad2d(ConstantPad, frozen=True):
    """A constant around (C, H, W)."""

    rank = 2


class ConstantPad3d(ConstantPad, frozen=True):
    """A constant around (C, D, H, W)."""

    rank = 3


class ReflectionPad1d(ReflectionPad, frozen=True):
    """Mirrored positions around (C, L)."""

    rank = 1


class ReflectionPad2d(ReflectionPad, frozen=True):
    """Mirrored positions around (C, H, W)."""

    rank = 2


class ReflectionPad3d(ReflectionPad, frozen=True):
    """Mirrored positions around (C, D, H, W)."""

    rank = 3


class ReplicationPad1d(ReplicationPad, frozen=True):
    """Repeated border positions around (C, L)."""

    rank = 1


class ReplicationPad2d(ReplicationPad, frozen=True):
    """Repeated border positions around (C, H, W)."""

    rank = 2


class ReplicationPad3d(ReplicationPad, frozen=True):
    """Repeated border positions around (C, D, H, W)."""

    rank = 3


class CircularPad1d(CircularPad, frozen=True):
    """(C, L) going round."""

    rank = 1


class CircularPad2d(CircularPad, frozen=True):
    """(C, H, W) going round."""

    rank = 2


class CircularPad3d(CircularPad, frozen=True):
    """(C, D, H, W) going round."""

    rank = 3
