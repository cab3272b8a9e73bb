"""AC101: a layer whose output goes nowhere."""

from typing import TYPE_CHECKING

from archcalc.rules.base import Bad, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.rules.base import Finding
    from archcalc.rules.context import Context


def check(context: "Context") -> "Iterator[Finding]":
    """Layers that nothing reads, and those of which only the shape is read."""
    for found in context.trace.findings:
        if not found.is_input:
            layer = context.by_name[found.source]
            yield context.at(
                layer,
                found.what,
                consequence="it is computed, counted and trained for nothing: no gradient reaches it",
                hint=found.hint,
            )


RULE = Rule(
    code="AC101",
    name="unused-output",
    severity="warning",
    what="A layer whose output no other layer reads and that is not an output of the network.",
    why=(
        "Such a layer gets no gradient, so its weights stay as they were initialised, while it costs"
        " memory and time in every step. Mostly a `from` further down names the wrong layer, or a head was"
        " left behind."
    ),
    instead="Read the layer with `from`, list it under `outputs`, or remove it.",
    source=(
        "PyTorch, DistributedDataParallel: parameters without a gradient end training with an error"
        " unless `find_unused_parameters` is set"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: trunk, out_channels: 8, kernel_size: 3}
  - {type: Conv2d, name: boxes, out_channels: 4, kernel_size: 1, from: trunk}
  - {type: Conv2d, name: scores, out_channels: 2, kernel_size: 1, from: trunk}
outputs: [boxes, scores]
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: trunk, out_channels: 8, kernel_size: 3}
  - {type: Conv2d, name: boxes, out_channels: 4, kernel_size: 1, from: trunk}
  - {type: Conv2d, name: scores, out_channels: 2, kernel_size: 1, from: trunk}
""",
            line=4,
            message="nothing reads its output",
        ),
        Bad(
            """\
inputs: {large: [8, 64, 64], small: [8, 32, 32]}
layers:
  - {type: ReLU, name: activated, from: small}
  - {type: Conv2d, name: wide, out_channels: 8, kernel_size: 1, from: large}
  - {type: Crop, from: [wide, activated]}
""",
            line=3,
            message="nothing reads its output but for the shape",
        ),
    ),
    check=check,
)
