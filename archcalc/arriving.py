"""What arrives at an input, written in a line: a shape, and a dtype where it is another one."""

from collections.abc import Iterable, Mapping
from typing import cast, get_args

from archcalc.errors import Fault, nearest
from archcalc.facts import Arriving, Shape, Tensor
from archcalc.spec.network import Dtype
from archcalc.spec.values import MAX_AXES

MAX_DIGITS = 15
PAIR = 2
"""Of a name and sizes."""
GivenSizes = Iterable[int] | int | str | Tensor
"""What arrives at one input, as Python or the command line has it: ``(3, 64, 64)``, ``"35:int64"``."""
GivenInputs = GivenSizes | Iterable[GivenSizes | tuple[str, GivenSizes]] | Mapping[str, GivenSizes]
"""What arrives at the only input, at several in their order, or by their names."""


def given_inputs(given: GivenInputs) -> tuple[tuple[str, Tensor], ...]:
    """What arrives at the inputs of a module, in their order; an empty name: the next one.

    Raises:
        Fault: something is no shape.
    """
    if isinstance(given, Mapping):
        named = cast("Mapping[str, object]", given)
        return tuple((name, _tensor(sizes)) for name, sizes in named.items())
    if isinstance(given, str | int | Tensor):
        return (("", _tensor(given)),)
    several = list(cast("Iterable[object]", given))
    if several and all(isinstance(each, int) for each in several):
        return (("", _tensor(several)),)
    return tuple(map(_named, several))


def _named(given: object) -> tuple[str, Tensor]:
    """What arrives at an input, behind its name where it has one."""
    pair = _members(given)
    if len(pair) == PAIR and isinstance(pair[0], str):
        return pair[0], _tensor(pair[1])
    return "", _tensor(given)


def _members(given: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", given) if isinstance(given, tuple) else ()


def _tensor(given: object) -> Tensor:
    if isinstance(given, str):
        given = arriving_of(given)
    if isinstance(given, Tensor):
        return given
    if not isinstance(given, Iterable | int):
        raise Fault(f"needs sizes such as (3, 64, 64), got {given!r}")
    sizes = [given] if isinstance(given, int) else cast("Iterable[object]", given)
    return Tensor(shape_of(",".join(map(str, sizes))))


def arriving_of(text: str) -> Arriving:
    """A shape, or with a dtype as ``35:int64`` a tensor.

    Raises:
        Fault: it is no shape, or there is no such dtype.
    """
    sizes, colon, dtype = text.partition(":")
    shape = shape_of(sizes)
    return Tensor(shape, _dtype_of(dtype.strip())) if colon else shape


def shape_of(text: str) -> Shape:
    """A shape such as ``3,224,224`` (``3x224x224`` and ``[3, 224, 224]`` do as well); ``[]`` is a number.

    Raises:
        Fault: it is none.
    """
    if text.strip() in ("[]", "()"):
        return ()
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
