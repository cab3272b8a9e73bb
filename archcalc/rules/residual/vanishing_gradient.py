"""AC505: a plain stack that torch initialises so small that no gradient arrives at its first layers."""

from math import sqrt
from typing import TYPE_CHECKING

from archcalc.cures.making import all_of, setting
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import is_gate, normalizes
from archcalc.rules.questions.maps import is_map
from archcalc.rules.residual.deep_plain_stack import is_too_deep

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST = 2**-24
"""Length of a gradient at the first layer, of 1 at the last: what single precision rounds away beside 1."""

FEWEST = 8
"""Layers of a stack that is called deep."""


def check(context: Context) -> Findings:
    """Runs of plain layers at whose begin next to nothing of the gradient at their end is left."""
    for run in context.plain_runs:
        if context.along([*filter(is_map, run)]) < FEWEST:
            continue
        from archcalc.rules.questions.vanishing import last_stretch

        stretch = last_stretch(context, run)
        left = sqrt(stretch.at_last)
        if left >= LEAST or is_too_deep(context, run) or any(map(is_gate, run)):
            continue  # AC501 and AC308 tell of what would mend this too
        first, last = stretch.maps[0], stretch.maps[-1]
        later = context.trace.behind(last.name)
        if any(normalizes(layer) for layer in context.layers if layer.name in later):
            continue
        yield at(
            first,
            f"{context.along(stretch.maps)} layers in a row, from here to {last.subject}, have no norm and no"
            f" shortcut: as torch initialises them the gradient here is {left:.0e} of that at the last",
            consequence="the first layers hardly learn: the last ones move ten million times as far",
            hint=_hint(first),
            cures=_cures(stretch.maps),
        )


def _cures(maps: "Sequence[TracedLayer]") -> tuple[Cure, ...]:
    """Weights drawn so that the signal keeps its size, or norms that bring it back."""
    why = "then a layer keeps the size of a signal and of its gradient"
    drawn = all_of(*(setting(layer, init="kaiming_normal") for layer in maps), because=why)
    from archcalc.cures.steadying import norms_behind

    return norms_behind(maps), drawn


def _hint(first: TracedLayer) -> str:
    """A norm of the right kind, or other first weights."""
    from archcalc.cures.steadying import kernels, norm_behind

    bias = ", and bias: false in the layer" if kernels(first) else ""
    norm = norm_behind(first)
    return f"put a {norm} between each of these layers and its activation{bias}; or init: kaiming_normal"


RULE = Rule(
    code="AC505",
    name="vanishing-gradient",
    severity="warning",
    what="A deep plain stack, no norm and no shortcut, whose gradient vanishes as torch initialises it.",
    why=(
        "torch initialises Linear and convolutions with weights of variance 1 / (3 n), n the numbers that an"
        " output reads. Each such layer makes the mean square of a signal, and the squared gradient on its"
        " way back, a third; ReLU halves both again. Twenty layers leave 6^-9.5 = 4e-8 of the gradient's"
        " length, whatever their width. Found is what leaves less than 2^-24 = 6e-8, which single precision"
        " rounds away beside 1; a VGG-19 would keep 7e-8. The factor of every activation is integrated from"
        " its function; paddings, pools and dropout count for nothing. Counted are the layers of a run that"
        " every way passes, behind its last normalisation. Where they are initialised otherwise (He et al."
        " 2015: variance 2 / n for ReLU, as torchvision's VGG has it) the gradient stays: `init:`"
        " says so in a"
        " spec, of a layer or of all in a scope. From 30 layers on AC501 speaks in its place, and AC308 of"
        " sigmoids."
    ),
    instead="A normalisation in front of each activation, or shortcuts around every two layers.",
    source=(
        "He et al., Delving Deep into Rectifiers, 2015 (arXiv 1502.01852), section 2.2; Schoenholz et al.,"
        " Deep Information Propagation, 2017 (arXiv 1611.01232); torch.nn.Linear (initial weights)"
    ),
    good=(
        """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, out_features: 64, init: kaiming_normal}
      - ReLU
layers:
  - {type: step, repeat: 25}
""",
        """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, out_features: 64}
      - ReLU
layers:
  - {type: step, repeat: 18}
  - {type: Linear, out_features: 10, note: 1e-7 of the gradient is left}
""",
        """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, out_features: 64}
      - LayerNorm
      - ReLU
layers:
  - {type: step, repeat: 25}
""",
        """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, out_features: 64}
      - {type: Tanh, note: a slope of 1 for small numbers}
layers:
  - {type: step, repeat: 25}
""",
        """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - type: Residual
        body:
          - {type: Linear, out_features: 64}
          - ReLU
          - {type: Linear, out_features: 64}
layers:
  - {type: step, repeat: 14}
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
  - {type: step, name: step, repeat: 20}
""",
            line=5,
            column=9,
            message="20 layers in a row, from here to step.19.map (Linear), have no norm and no shortcut",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
blocks:
  step:
    layers:
      - {type: Conv2d, name: conv, out_channels: 16, kernel_size: 3, padding: 1}
      - GELU
layers:
  - {type: step, name: step, repeat: 15}
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - Flatten
  - {type: Linear, name: fc, out_features: 10}
""",
            line=5,
            message="16 layers in a row, from here to fc (Linear)",
        ),
    ),
    check=check,
)
