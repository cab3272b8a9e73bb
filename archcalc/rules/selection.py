"""Which rules run: codes and beginnings of codes that switch rules on and off."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.rules.registry import RULES, rule

if TYPE_CHECKING:
    from collections.abc import Iterable

SELECTOR = re.compile(r"AC\d{0,3}")
UNTRACEABLE = "AC001"


def matching(selector: str) -> tuple[str, ...]:
    """The codes that a selector means: one code, or all that begin so; none when there is no such rule."""
    return tuple(code for code in RULES if code.startswith(selector)) if SELECTOR.fullmatch(selector) else ()


def known(selector: str) -> str:
    """The selector itself.

    Raises:
        Fault: no rule has this code or a code that begins so.
    """
    if matching(selector):
        return selector
    raise unknown(selector)


def unknown(selector: str) -> Fault:
    """What is wrong with a selector that means no rule."""
    capitals = selector.upper()
    known_so = [capitals] if matching(capitals) else RULES
    hint = nearest(capitals, known_so, "`archcalc explain` lists them")
    return Fault(f"unknown rule code {selector[:40]!r}", hint=hint)


@dataclass(frozen=True, slots=True)
class Selection:
    """Selectors that switch rules on and off; of several that fit a rule the longest wins, then ``ignore``.

    Args:
        select: what runs in place of the default set, errors and warnings; None: the default set.
        extend: what runs besides.
        ignore: what does not run.
    """

    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def active(self, ignore_here: "Iterable[str]" = ()) -> frozenset[str]:
        """Codes of the rules that run, on a file for which ``ignore_here`` is switched off too."""
        ignored = (*self.ignore, *ignore_here)
        return frozenset(code for code in RULES if self._runs(code, ignored))

    def _runs(self, code: str, ignored: tuple[str, ...]) -> bool:
        if code == UNTRACEABLE:  # without a trace no rule has looked at anything: that is not kept silent
            return code not in ignored
        on, off = _longest((*(self.select or ()), *self.extend), code), _longest(ignored, code)
        if on < 0 and self.select is None and rule(code).severity != "info":
            on = 0
        return on > off


def _longest(selectors: "Iterable[str]", code: str) -> int:
    """Length of the longest selector that fits; -1 when none does."""
    return max((len(selector) for selector in selectors if code.startswith(selector)), default=-1)
