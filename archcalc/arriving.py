"""What arrives at an input, written in a line: a shape, and a dtype where it is another one."""

from typing import TYPE_CHECKING, get_args

from archcalc.errors import Fault, nearest
from archcalc.facts import Tensor
from archcalc.spec.network import Dtype
from archcalc.spec.values import MAX_AXES

if TYPE_CHECKING:
    from archcalc.facts import Arriving, Shape

MAX_DIGITS = 15


def arriving_of(text: str) -> "Arriving":
    """A shape, or with a dtype as ``35:int64`` a tensor.

    Raises:
        Fault: it is no shape, or there is no such dtype.
    """
    sizes, colon, dtype = text.partition(":")
    shape = shape_of(sizes)
    return Tensor(shape, _dtype_of(dtype.strip())) if colon else shape


def shape_of(text: str) -> "Shape":
    """A shape such as ``3,224,224`` (``3x224x224`` and ``[3, 224, 224]`` do as well).

    Raises:
        Fault: it is none.
    """
    parts = text.strip().strip("[]()").replace("x", ",").split(",")
    sizes = [part.strip() for part in parts]
    if len(sizes) > MAX_AXES or not all(size.isdecimal() and len(size) <= MAX_DIGITS for size in sizes):
        raise Fault(f"needs sizes such as 3,224,224, got {text!r}")
    if "0" in {size.lstrip("0") or "0" for size in sizes}:
        raise Fault(f"needs sizes of at least 1, got {text!r}")
    return tuple(int(size) for size in sizes)


def _dtype_of(word: str) -> str:
    known = get_args(Dtype)
    if word not in known:
        raise Fault(f"no dtype {word!r}", hint=nearest(word, known))
    return word
