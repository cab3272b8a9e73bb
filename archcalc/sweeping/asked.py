"""What is swept over, from what people give: values of variables, shapes of inputs."""

import re
from typing import TYPE_CHECKING, cast

from archcalc.arriving import arriving_of
from archcalc.errors import Fault
from archcalc.facts import Tensor
from archcalc.sweeping.ranges import is_range, values_tried
from archcalc.sweeping.space import Space, swept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.expressions import Value
    from archcalc.facts import Arriving
    from archcalc.loading import Model

    Way = tuple[Arriving, Mapping[int, Sequence[int]]]
    """What arrives at an input, and the sizes of it that take several values, by their places."""

DTYPE = re.compile(r":\s*([a-z]\w*)\s*$")


def space_of(
    model: "Model", settings: "Mapping[str, Iterable[object]]", inputs: "Mapping[str, Iterable[object]]"
) -> Space:
    """The candidates of a network.

    Args:
        model: its spec.
        settings: variable -> values, ranges among them.
        inputs: input -> shapes; sizes of one may be ranges.

    Raises:
        Fault: a name is unknown, a range or a shape is none, or there is nothing to sweep.
    """
    if not settings and not inputs:
        names = ", ".join(model.spec.vars) or "none"
        raise Fault("nothing to sweep", hint=f"give values: --set NAME=32..256:8; variables: {names}")
    values: dict[str, Sequence[Value]] = {name: values_tried(given) for name, given in settings.items()}
    return swept(model, values, {name: _ways(given) for name, given in inputs.items()})


def _ways(given: "Iterable[object]") -> "list[Way]":
    """What arrives at an input: one shape with ranges, or several, whose ranges are written out."""
    ways = [_way(each) for each in given]
    if len(ways) < 2:  # noqa: PLR2004  several
        return ways
    return [(arriving, {}) for way in ways for arriving in _written_out(*way)]


def _way(given: object) -> "Way":
    if isinstance(given, Tensor):
        return given, {}
    text = given if isinstance(given, str) else ",".join(map(str, cast("Iterable[object]", given)))
    dtype = DTYPE.search(text)
    sizes = text[: dtype.start()] if dtype else text
    if ".." not in sizes:
        return arriving_of(text), {}
    parts = [part.strip() for part in sizes.strip().strip("[]()").split(",")]
    ranges = {place: _sizes(part) for place, part in enumerate(parts) if is_range(part)}
    first = ",".join(str(ranges[at][0]) if at in ranges else part for at, part in enumerate(parts))
    return arriving_of(f"{first}:{dtype[1]}" if dtype else first), ranges


def _sizes(text: str) -> "tuple[int, ...]":
    found = values_tried([text])
    wrong = next((each for each in found if type(each) is not int or each < 1), None)
    if wrong is not None:
        raise Fault(f"sizes of {text!r} are whole numbers of at least 1, got {wrong}")
    return cast("tuple[int, ...]", found)


def _written_out(arriving: "Arriving", ranges: "Mapping[int, Sequence[int]]") -> "list[Arriving]":
    from itertools import product

    shape = arriving.shape if isinstance(arriving, Tensor) else arriving
    ways = product(*(ranges.get(place, (size,)) for place, size in enumerate(shape)))
    return [Tensor(way, arriving.dtype) if isinstance(arriving, Tensor) else way for way in ways]
