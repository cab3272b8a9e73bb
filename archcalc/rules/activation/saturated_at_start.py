"""AC313: an activation between two limits that stands at them before training begins."""

from archcalc.cures.making import setting
from archcalc.effort import spend
from archcalc.layers.carrying.kernels import MOMENTS
from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import hands_on, squashes
from archcalc.rules.questions.maps import is_map
from archcalc.rules.questions.neighbours import way_before

LEAST = 1 / 16
"""Mean square of a slope, of that at 0: what is left of a gradient in front of one such layer."""
SMALL = 1e-6
"""Mean square of numbers near 0."""


def check(context: Context) -> Findings:
    """Sigmoids and their like that read numbers so large that they hardly have a slope."""
    if not any(layer.init for layer in context.layers):
        return  # torch's own weights make no such numbers
    for layer in context.layers:
        if not squashes(layer) or len(layer.inputs) != 1:
            continue
        source = context.signal.layers.get(layer.inputs[0].layer)
        if source is None or source.state is None or not source.reliable:
            continue
        square = source.state.square
        spend(2 * MOMENTS)
        here, small = layer.arguments.bent(square), layer.arguments.bent(SMALL)
        maps = _map_before(context, layer)
        if here is None or small is None or maps is None or here.slope >= LEAST * small.slope:
            continue
        yield at(
            layer,
            f"as {maps.subject} is initialised it reads numbers of mean square {square:,.0f}, where"
            f" {here.slope / small.slope:.1%} of the squared slope at 0 is left",
            consequence="almost all of its units stand at a limit, and no gradient passes them",
            hint=f"draw the weights of {maps.name} smaller: init: xavier_uniform",
            cures=(setting(maps, init="xavier_uniform"),),
        )


def _map_before(context: Context, layer: TracedLayer) -> TracedLayer | None:
    """The map that makes what it reads."""
    _, source = way_before(context, layer.inputs[0], hands_on)
    return source if source is not None and is_map(source) and source.init else None


RULE = Rule(
    code="AC313",
    name="saturated-at-start",
    severity="warning",
    what="A Sigmoid or Tanh whose units stand at its limits, as the spec initialises the map before it.",
    why=(
        "Between two limits a function has its slope near 0 only. A map with weights of variance w"
        " that reads n"
        " numbers of mean square q makes numbers of mean square n w q; with n w = 256 a Tanh reads numbers of"
        " deviation 16, and nearly all of its units give -1 or 1. The mean square of its slope is"
        " then 1/20 of"
        " that at 0, and as much is left of a squared gradient on its way back, in each such layer. Found is"
        " less than 1/16. Only what `init:` says can be so: torch's own weights make numbers smaller than 1."
    ),
    instead="`init: xavier_uniform` or `lecun` for the map, or a normalisation between the two.",
    source=(
        "Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010,"
        " section 3; LeCun et al., Efficient BackProp, 1998, section 4.6"
    ),
    good=(
        """\
inputs: {features: [256]}
layers:
  - {type: Linear, out_features: 256, init: xavier_uniform}
  - Tanh
  - {type: Linear, out_features: 1}
""",
        """\
inputs: {features: [256]}
layers:
  - {type: Linear, out_features: 256, bias: false, init: "normal:1"}
  - BatchNorm1d
  - Tanh
  - {type: Linear, out_features: 1}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [256]}
layers:
  - {type: Linear, out_features: 256, init: "normal:1"}
  - Tanh
  - {type: Linear, out_features: 1}
""",
            line=4,
            column=5,
            message="it reads numbers of mean square 256",
        ),
        Bad(
            """\
inputs: {image: [64, 16, 16]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1, init: "uniform:2"}
  - {type: Sigmoid, name: squashed}
  - {type: Conv2d, out_channels: 1, kernel_size: 3, padding: 1}
""",
            line=4,
            message="of the squared slope at 0 is left",
        ),
    ),
    check=check,
)
