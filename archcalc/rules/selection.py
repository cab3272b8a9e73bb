"""Which rules run: codes, beginnings of codes and names that switch rules on and off."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.records import dataclass
from archcalc.rules.registry import NAMES, ON_REQUEST, RULES, rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.rules.base import Severity

SELECTOR = re.compile(r"AC\d{0,3}")
UNTRACEABLE = "AC001"
SEVERITIES: "tuple[Severity, ...]" = ("info", "warning", "error")
CODES = {name: code for code, name in NAMES.items()}


def code_of(selector: str) -> str:
    """The code of a rule that is selected by its name; any other selector as it is."""
    return CODES.get(selector.lower(), selector)


@lru_cache(maxsize=256)
def matching(selector: str) -> tuple[str, ...]:
    """The codes that a selector means: of one rule, or all that begin so; none when there is no such rule."""
    begin = code_of(selector)
    return tuple(code for code in RULES if code.startswith(begin)) if SELECTOR.fullmatch(begin) else ()


def known(selector: str) -> str:
    """The code, or the beginning of codes, that a selector means.

    Raises:
        Fault: no rule has this code or name, or a code that begins so.
    """
    if matching(selector):
        return code_of(selector)
    raise unknown(selector)


def unknown(selector: str) -> Fault:
    """What is wrong with a selector that means no rule."""
    capitals = selector.upper()
    known_so = [capitals] if matching(capitals) else (*RULES, *CODES)
    hint = nearest(capitals, known_so, "`archcalc explain` lists them")
    return Fault(f"unknown rule code {selector[:40]!r}", hint=hint)


@dataclass(frozen=True, slots=True)
class Selection:
    """Selectors that switch rules on and off; of several that fit a rule the longest wins, then ``ignore``.

    Args:
        select: what runs in place of the default set, errors and warnings; None: the default set.
        extend: what runs besides.
        ignore: what does not run.
        least: rules of a lower severity do not run either.
    """

    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    least: "Severity" = "info"

    def active(self, ignore_here: "Iterable[str]" = ()) -> frozenset[str]:
        """Codes of the rules that run, on a file for which ``ignore_here`` is silent whatever is selected."""
        silent = tuple(ignore_here)
        return frozenset(code for code in RULES if not code.startswith(silent) and self._runs(code))

    def _runs(self, code: str) -> bool:
        if self.least != "info" and SEVERITIES.index(rule(code).severity) < SEVERITIES.index(self.least):
            return False
        if code == UNTRACEABLE:  # without a trace no rule has looked at anything: that is not kept silent
            return code not in self.ignore
        on, off = _longest((*(self.select or ()), *self.extend), code), _longest(self.ignore, code)
        if on < 0 and self.select is None and code not in ON_REQUEST:
            on = 0
        return on > off


def _longest(selectors: "Iterable[str]", code: str) -> int:
    """Length of the longest selector that fits; -1 when none does."""
    return max((len(selector) for selector in selectors if code.startswith(selector)), default=-1)
