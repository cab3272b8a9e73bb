"""AC302: a batch normalisation behind the activation of a convolution."""

from archcalc.cures.making import all_of, moved, setting
from archcalc.layers.mathematics import Statistics
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import bends, drops
from archcalc.rules.questions.maps import is_map
from archcalc.rules.questions.neighbours import follower, producer


def check(context: Context) -> Findings:
    """BatchNorms that read an activation of a convolution or linear layer, and have none behind them."""
    for norm in context.layers:
        if norm.arguments.normalizes is not Statistics.BATCH:
            continue
        activation = producer(context, norm.inputs[0], drops)
        if activation is None or not bends(activation):
            continue
        linear = producer(context, activation.inputs[0], drops)
        if linear is None or not is_map(linear):
            continue
        behind = follower(context, norm, drops)
        if behind is not None and bends(behind):
            continue  # norm, activation, convolution: the order of pre-activation, and of most stems of it
        yield at(
            norm,
            f"it reads {activation.subject}, the activation of {linear.subject}",
            consequence="it cannot be folded into that layer for inference, and the mean is of bent numbers",
            hint="the order of its paper is convolution, normalisation, activation; compare both",
            cures=(_swapped(activation, norm, linear),),
        )


def _swapped(activation: TracedLayer, norm: TracedLayer, linear: TracedLayer) -> Cure:
    """The activation behind the norm, and no bias that the norm would take away then."""
    unbiased = (setting(linear, bias=False),) if "bias" in linear.facts.weights else ()
    return all_of(moved(activation, norm), *unbiased, because="as in its paper; compare both")


RULE = Rule(
    code="AC302",
    name="norm-order",
    severity="info",
    what="A BatchNorm behind the activation of a convolution or linear layer instead of before it.",
    why=(
        "Its authors put batch normalisation before the nonlinearity, where the numbers are closer to a"
        " normal distribution. Which order trains better is open: in Mishkin et al.'s comparison a network"
        " with ReLU did better with the normalisation behind it, so this is advice and no mistake."
        " What is certain is the cost at inference: directly behind a convolution, a BatchNorm with fixed"
        " statistics is folded into its weights and costs nothing; behind an activation it is not, and into"
        " a next convolution that pads with zeros it cannot be folded exactly either."
    ),
    instead="Convolution, BatchNorm, activation; or BatchNorm, activation, convolution in residual blocks.",
    source=(
        "Ioffe & Szegedy, Batch Normalization, 2015 (arXiv 1502.03167), section 3.2; Mishkin, Sergievskiy &"
        " Matas, Systematic evaluation of CNN advances on the ImageNet, 2016 (arXiv 1606.02228)"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  - BatchNorm2d
  - ReLU
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - ReLU
  - {type: BatchNorm2d, note: "pre-activation: the next convolution's, with its ReLU"}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  - BatchNorm2d
  - ReLU
  - {type: BatchNorm2d, note: of no convolution}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: conv, out_channels: 8, kernel_size: 3}
  - ReLU
  - BatchNorm2d
""",
            line=5,
            column=5,
            message="it reads relu_0 (ReLU), the activation of conv (Conv2d)",
        ),
        Bad(
            """\
inputs: {features: [20]}
layers:
  - {type: Linear, name: fc, out_features: 64}
  - {type: PReLU, name: act}
  - {type: BatchNorm1d, name: norm}
  - {type: Linear, out_features: 4}
""",
            line=5,
            message="it reads act (PReLU), the activation of fc (Linear)",
        ),
    ),
    check=check,
)
