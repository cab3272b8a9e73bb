"""The values that a spec consists of, each with its place, and extreme ones for these places."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    Data = dict[str, object] | list[object]
    Slot = tuple[Data, str | int]
    """A mapping or list, and a key or index of it."""

NUMBERS: tuple[object, ...] = (
    *(0, -1, 1, 2, 3, 7, 63, 64, 65, 1000, 9_999, 10_000, 65_535, 65_536, 99_999, 10**6, 10**9, 10**12),
    *(2**31, 2**53, 2**62, 2**63 - 1, 2**63, -(2**63), 10**40, 0.5, -0.0, 1e308, 5e-324, ".inf", "=1e9"),
)
TEXTS = (
    *("", " ", "x", "input", "..", ".", "/", "*", "a.b", "a.*", "/*", "=", "=i", "=in_shape", "=in_channels"),
    *("=ceil(1e400)", "=9**9**9", "=[1]*10**9", "=width*2", "=[1, 2]", "=-1", "=1/0", "=sum(in_shape)"),
    *("a\nb", "::error::x", "x\n::error file=y::z", "\x1b[31mred", "\x00", "\x9b2J", "\u202ex", "é" * 300),
    *("same", "reflect", "Conv2d", "ReLU", "Residual", "Scan", "LlamaBlock", "none", "true", "a" * 5000),
)


def slots_of(data: object) -> "Iterator[Slot]":
    """Every place of a value, from the top down."""
    waiting = [data]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            mapping = cast("dict[str, object]", at)
            yield from ((mapping, key) for key in mapping)
            waiting += mapping.values()
        elif isinstance(at, list):
            listed = cast("list[object]", at)
            yield from ((listed, index) for index in range(len(listed)))
            waiting += listed


def parts_of(data: object) -> "Iterator[object]":
    return (value_at(slot) for slot in slots_of(data))


def value_at(slot: "Slot") -> object:
    return cast("dict[object, object]", slot[0])[slot[1]]
