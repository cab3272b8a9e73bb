"""Which function of ``archcalc.formulas`` made a number, and with which arguments."""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.records import dataclass

if TYPE_CHECKING:
    from types import FrameType

FORMULAS = "archcalc.formulas."
ARITHMETIC = "archcalc.formulas.rounding"
"""Signs of formulas that are functions: what they calculate belongs to who calls them."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of a formula, as it was when it first calculated with a size that remembers.

    Args:
        function: its name.
        module: where it is defined.
        arguments: name -> what was given.
        outer: the formula that called it, if one did.
        cases: what it compared, as (sign, left, right) that hold.
    """

    function: str
    module: str
    arguments: tuple[tuple[str, object], ...]
    outer: "Call | None"
    cases: list[tuple[str, int, int]] = field(default_factory=list[tuple[str, int, int]])

    @property
    def outermost(self) -> "Call":
        """The formula that was asked for, and called the others."""
        return self if self.outer is None else self.outer.outermost

    def within(self, other: "Call | None") -> bool:
        """Whether it is another call, or one that this one made."""
        return self is other or (self.outer is not None and self.outer.within(other))


class Calls:
    """The formulas that are running: those of the newest operation, outermost first."""

    def __init__(self) -> None:
        self._running: list[tuple[FrameType, Call]] = []

    def of(self, frame: "FrameType | None") -> Call | None:
        """The call that runs in a frame; None where no formula does.

        Frames of the last operation are kept, so that none of them is taken for a later one at its address.
        """
        frames: list[FrameType] = []
        while frame is not None and frame.f_globals.get("__name__") == ARITHMETIC:
            frame = frame.f_back
        while frame is not None and str(frame.f_globals.get("__name__")).startswith(FORMULAS):
            if not frame.f_code.co_name.startswith("<"):  # a comprehension is a part of its function
                frames.append(frame)
            frame = frame.f_back
        if not frames:
            return None
        running: list[tuple[FrameType, Call]] = []
        call: Call | None = None
        for index, each in enumerate(reversed(frames)):
            same = self._running[index] if index < len(self._running) else None
            known = same[1] if same is not None and same[0] is each else None
            call = known or Call(each.f_code.co_name, each.f_globals["__name__"], _arguments(each), call)
            running.append((each, call))
        self._running = running
        return call

    def end(self) -> None:
        """Let go of the frames."""
        self._running = []


def _arguments(frame: "FrameType") -> tuple[tuple[str, object], ...]:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return tuple((name, frame.f_locals[name]) for name in names if name in frame.f_locals)
