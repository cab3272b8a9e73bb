"""Where an axis ends: every unit reads what the window of position 0 reads, told by intervals and by sets."""

from fractions import Fraction

import pytest

from archcalc import load, receptive_fields, trace
from archcalc.analyses.regions import region_read


@pytest.mark.parametrize(
    ("kernel", "padding", "inside"), [(3, 0, range(3)), (5, 2, range(3)), (2, 2, range(0))]
)
def test_an_axis_of_one_position_ends(kernel: int, padding: int, inside: range) -> None:
    """The only window of a wide stride begins before the axis by its padding; behind it nothing moves."""
    conv = {"type": "Conv1d", "out_channels": 2, "kernel_size": kernel, "stride": 99, "padding": padding}
    traced = trace(load({"inputs": {"x": [1, 40]}, "layers": [conv, {"type": "Flatten", "name": "flat"}]}))
    ((axis,),) = (found.axes for found in receptive_fields(traced).layers["flat"])
    assert axis.spans is not None
    assert (axis.along, axis.stride, axis.size) == (None, Fraction(0), kernel)
    assert {axis.spans.at(unit) for unit in (0, 1, 7)} == {(-padding, kernel - 1 - padding)}
    field, read = (region_read(traced, "flat", {}, clipped=clipped) for clipped in (False, True))
    assert field["x"].box()[1] == range(-padding, kernel - padding)
    assert read["x"].box()[1] == inside if inside else "x" not in read
