"""One use of a shipped block, and the torch module it must equal."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from torch import nn


class Case(NamedTuple):
    """A block with its arguments on inputs of these shapes (without the batch).

    Args:
        block: name of the shipped block.
        arguments: as a spec gives them.
        shapes: what arrives, one shape per input.
        module: builds the torch module.
        names: the module's tensors have the block's names too, not only its shapes.
    """

    block: str
    arguments: Mapping[str, object]
    shapes: tuple[tuple[int, ...], ...]
    module: Callable[[], nn.Module]
    names: bool = True
