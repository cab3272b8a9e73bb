"""Bytes of tensors: how wide a number of a dtype is, and the precision that is asked for."""

import re
from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.facts import Tensor

BITS = re.compile(r"(\d+)")
TRUTH = "bool"


@lru_cache(maxsize=64)
def width(dtype: str) -> int:
    """Bytes of one number; torch keeps a truth in one."""
    found = BITS.search(dtype)
    return 1 if dtype == TRUTH or found is None else int(found[1]) // 8


def tensor_bytes(tensor: "Tensor", batch: int) -> int:
    """Bytes of a tensor of a batch; what depends on no input is there once."""
    return width(tensor.dtype) * prod(tensor.shape) * (batch if tensor.batched else 1)


def in_precision(tensor: "Tensor", dtype: str | None) -> "Tensor":
    """A tensor of real numbers in another precision; whole numbers stay as they are."""
    return replace(tensor, dtype=dtype) if dtype and tensor.is_float else tensor
