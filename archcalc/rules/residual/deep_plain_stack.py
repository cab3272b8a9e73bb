"""AC501: so many layers in a row without a shortcut that more of them make a network worse."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.cures.shortcutting import MAPS_OF_A_BRANCH, branches_of, counts
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVEN = 8.0
"""Lengths of gradients that are no further apart than by this factor: no norm over the batch is at work."""
DEEP = 30
"""Layers in a row from which plain networks were measured to be worse than shallower ones."""


def check(context: Context) -> Findings:
    """Runs of trained layers that every way from input to output passes."""
    for run in context.plain_runs:
        if not is_too_deep(context, run):
            continue
        trained = [layer for layer in run if counts(layer)]
        first, last = trained[0], trained[-1]
        yield at(
            first,
            f"{context.along(trained)} weighted layers in a row, from here to {last.subject}, have no"
            " shortcut around any of them",
            consequence="deeper plain networks train to a higher error than shallower ones, norms or not",
            hint="add the input to the output of every two or three layers (Residual), or take fewer",
            cures=tuple(_cures(context, run)),
        )


def is_too_deep(context: Context, run: "Sequence[TracedLayer]") -> bool:
    """Whether so many layers of a run are trained as were measured to be worse, and gradients differ."""
    normalizes_itself = any(layer.arguments.bends and layer.arguments.keeps_moments for layer in run)
    trained = [layer for layer in run if counts(layer)]
    return context.along(trained) >= DEEP and not normalizes_itself and not _even(context, trained)


def _even(context: Context, trained: "Sequence[TracedLayer]") -> bool:
    """Whether the gradient is about as long at the first of some layers as at the last, before training."""
    first, last = (context.signal.layers[layer.name] for layer in (trained[0], trained[-1]))
    if not (first.reliable and last.reliable and first.gradient and last.gradient):
        return False
    one, other = (
        gradient.square * prod(layer.output.shape)
        for gradient, layer in ((first.gradient, trained[0]), (last.gradient, trained[-1]))
    )
    return other > 0 and EVEN**-2 <= one / other <= EVEN**2


def _cures(context: Context, run: "Sequence[TracedLayer]") -> "Iterator[Cure]":
    """Pairs of layers that keep the shape, or single ones, each in a Residual of its own."""
    for most in MAPS_OF_A_BRANCH:
        wraps = branches_of(run, context.model.document, most)
        if wraps:
            yield Cure(wraps, "what they read is added to what they make")


RULE = Rule(
    code="AC501",
    name="deep-plain-stack",
    severity="warning",
    what="30 or more weighted layers in a row that every way from input to output passes.",
    why=(
        "A deeper network could copy the shallower one and let its further layers do nothing, but gradient"
        " descent does not find that: plain networks of 30 and more layers ended with a higher error than"
        " those of 20 or fewer. It was measured with batch norm (34 layers against 18, 32 against 20, on the"
        " training set too) and without (30 against 14), so that vanishing gradients, which norms and good"
        " initial weights prevent, are hardly the reason. Layers count that are trained and have weights that"
        " multiply; a depthwise convolution counts together with its 1x1. A run ends where ways meet"
        " in an addition or a concatenation. A second output in the middle is a way too (deep supervision),"
        " and stacks with SELU, which were built to be plain, are not meant; neither are those whose gradient"
        " is about as long at the first layer as at the last before training, as with LayerNorm or first"
        " weights to match (`init:`): a norm over the batch lets it grow layer by layer."
    ),
    instead="Put every two or three layers into a `Residual`, concatenate what came before, or take fewer.",
    source=(
        "He et al., Deep Residual Learning for Image Recognition, 2015 (arXiv 1512.03385), sections 1 and 4;"
        " He et al., Delving Deep into Rectifiers, 2015 (arXiv 1502.01852), section 2.2"
    ),
    good=(
        """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, out_features: 64}
      - LayerNorm
      - ReLU
layers:
  - {type: step, repeat: 29}
""",
        """\
inputs: {image: [1, 41, 41]}
blocks:
  step:
    layers:
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
      - ReLU
layers:
  - type: Residual      # one way around all of them, as in VDSR
    body:
      - {type: step, repeat: 40}
      - {type: Conv2d, out_channels: 1, kernel_size: 3, padding: 1}
""",
        """\
inputs: {image: [32, 28, 28]}
blocks:
  separable:            # as in MobileNet: one layer, factorised
    layers:
      - {type: Conv2d, out_channels: 32, kernel_size: 3, padding: 1, groups: 32, bias: false}
      - BatchNorm2d
      - ReLU
      - {type: Conv2d, out_channels: 32, kernel_size: 1, bias: false}
      - BatchNorm2d
      - ReLU
layers:
  - {type: separable, repeat: 20}
""",
        """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, out_features: 64}
      - SELU
layers:
  - {type: step, repeat: 32}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, name: map, out_features: 64}
      - ReLU
layers:
  - {type: step, name: step, repeat: 30}
""",
            line=5,
            column=9,
            message="30 weighted layers in a row, from here to step.29.map (Linear), have no shortcut",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
blocks:
  unit:                 # a plain network whose gates are no shortcuts
    layers:
      - {type: Conv2d, name: conv1, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
      - {type: Conv2d, name: conv2, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
      - {type: SqueezeExcitation, squeeze_channels: 4}
layers:
  - {type: unit, name: unit, repeat: 17}
""",
            line=5,
            message="34 weighted layers in a row, from here to unit.16.conv2 (Conv2d)",
        ),
    ),
    check=check,
)
