"""What stands before and behind a layer when those are passed over that leave its numbers as they are."""

from typing import TYPE_CHECKING

from archcalc.facts import FEATURES
from archcalc.rules.questions.ranges import REGROUPING

if TYPE_CHECKING:
    from archcalc.rules.context import Context
    from archcalc.tracing import Port, TracedLayer

ALPHA = ("AlphaDropout", "FeatureAlphaDropout")
"""Dropouts that keep mean and variance."""
DROPPING = ("Dropout", *ALPHA)
LINEAR = ("Kernels", "Linear", "TransposedLinear")
"""Kinds and families with a weight that are linear in their one input, but for a bias."""
NORMS = ("BatchNorm", "InstanceNorm", "GroupNorm", "LocalResponseNorm", "LayerNorm", "RMSNorm")
GATES = ("Sigmoid", "Hardsigmoid")
DISTRIBUTIONS = ("Softmax", "Softmin", "Softmax2d")
"""Kinds whose numbers are positive and add up to 1 along an axis."""


def is_activation(layer: "TracedLayer") -> bool:
    """Whether it is a function of single numbers that bends."""
    return layer.is_a("Activation", "PReLU")


def producer(context: "Context", port: "Port", *passing: str) -> "TracedLayer | None":
    """The layer whose numbers an output holds, past those that only regroup and those of ``passing``.

    None where they come from an input of the network.
    """
    layer = context.trace.source(port)
    while layer is not None and layer.is_a(*REGROUPING, *passing):
        layer = context.trace.source(layer.inputs[0])
    return layer


def follower(context: "Context", layer: "TracedLayer", *passing: str) -> "TracedLayer | None":
    """The layer that alone makes use of this one, past those that only regroup and those of ``passing``."""
    reader = context.trace.only_reader(layer)
    while reader is not None and reader.is_a(*REGROUPING, *passing):
        reader = context.trace.only_reader(reader)
    return reader


def mixed_axis(layer: "TracedLayer") -> int | None:
    """The one axis whose numbers a layer mixes, as channels or features; None where there is no such axis."""
    mixed = [axis for axis, read in enumerate(layer.facts.reads[0]) if read.reach == FEATURES]
    return mixed[0] if len(mixed) == 1 else None


def drops(layer: "TracedLayer") -> bool:
    """Whether it drops anything: p is not 0."""
    return layer.is_a(*DROPPING) and getattr(layer.arguments, "p", 0) > 0
