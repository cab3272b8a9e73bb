"""The size of the terminal's window, where variables of the environment say it.

What draws tables and help believes them: it makes lines as wide as they say, or ends in a traceback.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

NARROWEST = 20
"""Columns in which a sentence can still be read."""
HEIGHT = "LINES"
"""The variable that says how high it is: a few lines are as good as many."""
WIDEST = 10_000
"""Columns of the widest window: help, each of whose lines is filled up to its end, has a MB of them."""


def believable(names: "Iterable[str]", variables: "MutableMapping[str, str]" = os.environ) -> None:
    """Bring what the variables say to a size that a window may have; what is no number is taken away.

    Args:
        names: of variables that say how wide or high it is.
        variables: of the environment.
    """
    for name in names:
        said = variables.get(name)
        if said is None:
            continue
        digits = said.lstrip("0") if said.isascii() and said.isdecimal() else ""
        if digits:
            wide = int(digits) if len(digits) <= len(str(WIDEST)) else WIDEST
            least = 1 if name == HEIGHT else NARROWEST
            variables[name] = str(min(max(wide, least), WIDEST))
        else:
            del variables[name]
