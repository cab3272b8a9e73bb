"""What a document may hold at most, so that every text is refused or read in little time and memory."""

from typing import cast

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 100  # lists and mappings inside one another
MAX_ENTRIES = 120_000  # of ``layers`` at the top
MAX_VALUES = 50_000  # lists and mappings count too, and an alias counts as all that it stands for
EACH_VALUES = 10  # further ones for each entry of ``layers`` at the top
MAX_INTEGER = 2**63 - 1
TOO_LARGE = (
    f"the text is larger than {MAX_BYTES} bytes (16 MiB)",
    "write long networks with repeat and blocks",
)
TOO_MANY = (
    f"there are more than {MAX_VALUES} values and {EACH_VALUES} a layer above, with aliases written out",
    TOO_LARGE[1],
)
TOO_LONG = (f"there are more than {MAX_ENTRIES:,} layers in this list", TOO_LARGE[1])
TOO_DEEP = (f"lists and mappings nest more than {MAX_DEPTH} deep", "close brackets, or indent less deeply")


def too_large(data: object) -> int | None:
    """A whole number in plain data that no text may hold either; None: there is none."""
    left, seen = [data], set[int]()
    while left:
        value = left.pop()
        place = id(value)
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            return value
        if place in seen:
            continue
        seen.add(place)
        if isinstance(value, dict):
            left.extend(cast("dict[object, object]", value).values())
        elif isinstance(value, list | tuple):
            left.extend(cast("list[object]", value))
    return None
