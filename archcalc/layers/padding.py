"""Pads as layers of their own (torch.nn.ZeroPad, ConstantPad, ReflectionPad, ReplicationPad, CircularPad)."""

from typing import ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Border, Facts, Reach, Tensor, Window
from archcalc.keeping import KEEPS_INPUT, KEEPS_NOTHING
from archcalc.layers.arguments import SignedPaddings
from archcalc.layers.base import Taking, channels_first, single
from archcalc.layers.mathematics import Ends, hull, with_zero
from archcalc.layers.phases import check_windows, phased

UNTRUE = ("reflect", "replicate")
"""Borders for which torch has no kernel of truths."""


class Pad(Taking, frozen=True):
    """Positions added on the sides of every axis but the channels; negative numbers cut positions off."""

    rank: ClassVar[int]
    border: ClassVar[Border]

    padding: SignedPaddings
    """One number for all sides, or two per axis (before, behind), the last axis first, as torch has them."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *n + before + behind)."""
        tensor = single(inputs)
        channels, sizes = channels_first(tensor, self.rank)
        if tensor.dtype == "bool" and self.border in UNTRUE:
            raise Fault(f"torch {self.border}s no bool", hint="ConstantPad and CircularPad take bool")
        axes = tuple(zip(sizes, self._sides(), strict=True))
        for n, (before, behind) in axes:
            if n + before + behind < 1:
                raise Fault(f"padding {before} and {behind} leaves none of {n} positions", key="padding")
            self._check(n, before, behind)
        output = (channels, *(n + before + behind for n, (before, behind) in axes))
        reads = (
            AxisRead(axis, self._reach(n, *sides), self.border) for axis, (n, sides) in enumerate(axes, 1)
        )
        return Facts({"output": Tensor(output, tensor.dtype)}, 0, ((AxisRead(0, IDENTITY), *reads),))

    def _sides(self) -> tuple[tuple[int, int], ...]:
        """Positions before and behind, first axis first."""
        written, numbers = self.padding, 2 * self.rank
        flat = written if isinstance(written, tuple) else (written,) * numbers
        if len(flat) != numbers:
            axes = "axis" if self.rank == 1 else "axes"
            fact = f"padding has {len(flat)} values for {self.rank} {axes}, which take {numbers}"
            raise Fault(fact, key="padding", hint="two per axis (before, behind), the last axis first")
        return tuple((flat[at], flat[at + 1]) for at in range(numbers - 2, -2, -2))

    def _check(self, n: int, before: int, behind: int) -> None:
        """Refuse what this kind of pad cannot fill."""

    def _reach(self, n: int, before: int, behind: int) -> Reach:
        del n, behind
        return Window(padding=before)


class ZeroPad(Pad, frozen=True):
    """Zeros in the padding."""

    saves = KEEPS_NOTHING

    border = "padding"

    def _check(self, n: int, before: int, behind: int) -> None:
        cut = -min(before, 0) - min(behind, 0)
        if cut > n:  # torch cuts before it pads
            raise Fault(f"padding {before} and {behind} cuts off {cut} of {n} positions", key="padding")

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


class ReflectionPad(Pad, frozen=True):
    """The input mirrored at its first and last position, which are not repeated."""

    saves = KEEPS_INPUT

    border = "reflect"

    def _check(self, n: int, before: int, behind: int) -> None:
        if max(before, behind) >= n:
            fact = f"reflection padding {max(before, behind)} needs more positions than that, got {n}"
            raise Fault(fact, key="padding")


class ReplicationPad(Pad, frozen=True):
    """The first and last position repeated."""

    saves = KEEPS_INPUT

    border = "replicate"


class CircularPad(Pad, frozen=True):
    """The input goes round: what is left over by a negative side, when there is one."""

    saves = KEEPS_NOTHING

    border = "circular"

    def _check(self, n: int, before: int, behind: int) -> None:
        kept = max(0, n + min(before, 0) + min(behind, 0))
        if max(before, behind) > kept:
            left = "" if kept == n else " that the negative side leaves"
            fact = f"circular padding {max(before, behind)} goes more than once round {kept} positions{left}"
            raise Fault(fact, key="padding")

    def _reach(self, n: int, before: int, behind: int) -> Reach:
        if min(before, behind) >= 0 or max(before, behind) <= 0:
            return Window(padding=before)
        # The circle is shorter than the axis, so that no border describes it: every output is written down.
        n, before, behind = int(n), int(before), int(behind)
        outputs, kept, first = n + before + behind, n + min(before, behind), max(-before, 0)
        check_windows(outputs, f"{outputs:,} outputs round {kept:,} of {n:,} positions", "padding")
        places = (first + (output - max(before, 0)) % kept for output in range(outputs))
        return phased(outputs, tuple(range(place, place + 1) for place in places))


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
