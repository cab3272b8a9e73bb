"""Layers whose units read by phase, followed through the analyses."""

from archcalc import coverage, loads, receptive_fields, trace

HOLED = """\
inputs: {x: [1, 9]}
layers:
  - {type: Conv1d, out_channels: 1, kernel_size: 3}
  - {type: ConvTranspose1d, name: up, out_channels: 1, kernel_size: 1, stride: 3}
"""


def test_units_between_the_taps_of_a_transposed_convolution_read_nothing() -> None:
    """Stride 3 and 1 tap: of three units only the first meets an input, which reads three positions."""
    traced = trace(loads(HOLED))
    for unit, span in ((0, (0, 3)), (1, (0, 0)), (2, (0, 0)), (3, (1, 3))):
        reads = coverage(traced, "up", 1, unit)["x", 1]
        assert reads is not None
        assert (reads.start, reads.span) == span
    (field,) = receptive_fields(traced).layers["up"]
    assert field.axes[0].spans is not None
    assert [field.axes[0].spans.at(unit) for unit in range(4)] == [(0, 2), None, None, (1, 3)]
