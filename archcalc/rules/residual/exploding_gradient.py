"""AC506: a plain stack whose first weights are so large that gradients grow beyond all bounds."""

from math import sqrt
from typing import TYPE_CHECKING

from archcalc.cures.making import all_of, setting
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import normalizes
from archcalc.rules.questions.maps import is_map
from archcalc.rules.questions.vanishing import last_stretch

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 2.0**24
"""Length of a gradient at the first layer, of 1 at the last, beside which that one is rounded away."""


def check(context: Context) -> Findings:
    """Runs of plain layers at whose begin the gradient is beyond all that their end has."""
    for run in context.plain_runs:
        if not any(is_map(layer) and layer.init for layer in run):
            continue  # torch's own weights let no gradient grow
        stretch = last_stretch(context, run)
        grown = sqrt(stretch.at_last)
        if grown <= MOST:
            continue
        first, last = stretch.maps[0], stretch.maps[-1]
        later = context.trace.behind(last.name)
        if any(normalizes(layer) for layer in context.layers if layer.name in later):
            continue
        from archcalc.cures.steadying import norm_behind

        yield at(
            first,
            f"{context.along(stretch.maps)} layers in a row, from here to {last.subject}, have no norm and no"
            f" shortcut: as they are initialised the gradient here is {grown:.0e} of that at the last",
            consequence="the first step throws the first layers far away, or the numbers overflow",
            hint=f"init: kaiming_normal, or a {norm_behind(first)} between each layer and its activation",
            cures=_cures(stretch.maps),
        )


def _cures(maps: "Sequence[TracedLayer]") -> tuple[Cure, ...]:
    """Weights drawn so that the signal keeps its size, or norms that bring it back."""
    why = "then a layer keeps the size of a signal and of its gradient"
    drawn = all_of(*(setting(layer, init="kaiming_normal") for layer in maps), because=why)
    from archcalc.cures.steadying import norms_behind

    return drawn, norms_behind(maps)


RULE = Rule(
    code="AC506",
    name="exploding-gradient",
    severity="warning",
    what="A deep plain stack, no norm and no shortcut, whose gradient explodes as the spec initialises it.",
    why=(
        "A layer whose outputs read n numbers with weights of variance w multiplies the mean square"
        " of a signal,"
        " and of its gradient on the way back, by n w; ReLU halves both. Standard normal weights (n"
        " w = 512 of"
        " 512 features) make a gradient 16 times as long with every layer. Found is what grows by more than"
        " 2^24 = 2e7, beside which the gradient of the last layer is rounded away in single"
        " precision. Only what"
        " `init:` says can be so large: torch's own weights have n w = 1/3. Layers are counted as in AC505."
    ),
    instead="`init: kaiming_normal` (n w = 2, for ReLU), `xavier_uniform` or `lecun`; norms; shortcuts.",
    source=(
        "Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010,"
        " section 4.2.1; He et al., Delving Deep into Rectifiers, 2015 (arXiv 1502.01852), section 2.2"
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
  - {type: step, repeat: 20}
""",
        """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, out_features: 64, init: "normal:1"}
      - LayerNorm
      - ReLU
layers:
  - {type: step, repeat: 20}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
blocks:
  step:
    layers:
      - {type: Linear, name: map, out_features: 64, init: "normal:1"}
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
inputs: {image: [16, 24, 24]}
layers:
  - type: Sequential
    name: net
    init: trunc_normal:0.5
    repeat: 16
    layers:
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
      - LeakyReLU
""",
            line=8,
            message="16 layers in a row, from here to net.15.conv2d_0 (Conv2d), have no norm",
        ),
    ),
    check=check,
)
