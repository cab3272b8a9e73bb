"""Words that errors and pages share: values as YAML writes them, and hints made of numbers."""

import re
from math import isfinite, isnan
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_ITEMS = 8
SHOWN_LENGTH = 60
JOINTS = re.compile(r"[\s_-]+")
SEARCHED = 4096
"""Numbers on either side that are tried as divisors."""


def divisors(number: int, near: int) -> str:
    """A hint: the divisors of a number nearest to one that is none, e.g. ``8 divides into 2 or 4``."""
    # Plain numbers: what is looked for here is told, and decides nothing that a size had to remember.
    number, near = int.__int__(number), int.__int__(near)
    below = range(min(near - 1, number), max(near - SEARCHED, 0), -1)
    above = range(near + 1, min(number, near + SEARCHED) + 1)
    found = (next((each for each in side if number % each == 0), None) for side in (below, above))
    words = " or ".join(f"{each:,}" for each in found if each is not None)
    return f"{number:,} divides into {words}" if words else ""


def product(sizes: "Sequence[int]") -> str:
    """Sizes that are multiplied: ``32 x 7 x 7``."""
    return " x ".join(f"{size:,}" for size in sizes)


def squeezed(word: str) -> str:
    """A name in small letters without what joins its parts: ``max_pool`` and ``Max-Pool`` are ``maxpool``."""
    return JOINTS.sub("", word.lower())


def shown(value: object) -> str:
    """A value the way YAML writes it, short enough for an error."""
    if isinstance(value, tuple | list):
        items = cast("Sequence[object]", value)
        text = "[" + ", ".join(shown(item) for item in items[:SHOWN_ITEMS])
        text += ", ...]" if len(items) > SHOWN_ITEMS else "]"
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, dict):
        text = "a mapping"
    elif isinstance(value, float) and not isfinite(value):
        text = ".nan" if isnan(value) else ".inf" if value > 0 else "-.inf"
    else:
        text = repr(value)
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 3] + "..."
