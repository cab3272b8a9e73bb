"""Errors with the cures that are told: texts and words, family by family."""

from typing import NamedTuple


class Told(NamedTuple):
    """A spec with one mistake, and every cure that is told of it, the closest first."""

    text: str
    words: tuple[str, ...]


def spec(shape: str, *layers: str, name: str = "x") -> str:
    """A spec of one input."""
    return "\n".join((f"inputs: {{{name}: {shape}}}", "layers:", *(f"  - {layer}" for layer in layers), ""))


CONV = "{type: Conv2d, name: conv, out_channels: 8, kernel_size: 3, padding: 1}"
