"""AC403: numbers that are no probabilities before a loss that wants them."""

from archcalc.analyses.ranges import ANY
from archcalc.cures.making import behind, retyped, stating
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.distributions import is_of_one
from archcalc.rules.questions.functions import averages
from archcalc.rules.questions.goal import heads, is_scores, loss, makes_data, states_numbers


def check(context: Context) -> Findings:
    """Outputs beyond 0 and 1 that leave into BCELoss."""
    if loss(context) != "BCELoss" or makes_data(context):
        return

    def beyond(layer: TracedLayer) -> bool:
        if is_of_one(layer):
            return False  # a constant, of which AC310 tells
        return states_numbers(layer) and not context.ranges.get(layer.name, ANY).within(0, 1)

    for head in heads(context, beyond, averages):
        reach = context.ranges.get(head.layer.name, ANY)
        yield at(
            head.layer,
            f"BCELoss wants probabilities, this gives numbers from {_end(reach.low)} to {_end(reach.high)}",
            consequence="torch stops with an error at the first number below 0 or above 1",
            hint="write loss: BCEWithLogitsLoss, which takes logits, or put a Sigmoid behind it"
            if is_scores(head.layer)
            else "put a Sigmoid in its place",
            cures=_cures(head.layer),
        )


def _cures(layer: TracedLayer) -> tuple[Cure, ...]:
    if not is_scores(layer):
        return (retyped(layer, "Sigmoid"),)
    logits = stating(("loss",), "BCEWithLogitsLoss", because="it takes logits, and is stable for large ones")
    return logits, behind(layer, "Sigmoid")


def _end(value: float) -> str:
    return f"{value:.3g}".replace("inf", "infinity")


RULE = Rule(
    code="AC403",
    name="no-sigmoid-before-bce",
    severity="error",
    what="A network that `loss: BCELoss` trains and whose output may be below 0 or above 1.",
    why=(
        "BCELoss takes the logarithm of its input and of 1 minus its input, so it wants numbers from 0 to 1,"
        " and torch refuses others. The last layer must be a Sigmoid, or a Softmax. A generator, whose output"
        " goes into a discriminator and not into the loss, is not meant, nor are several outputs of which one"
        " is a probability."
    ),
    instead="`loss: BCEWithLogitsLoss` on logits, which is stable for large ones; or a Sigmoid at the end.",
    source="torch.nn.BCELoss (documentation: the input holds probabilities)",
    good=(
        """\
inputs: {features: [64]}
loss: BCELoss
layers:
  - {type: Linear, out_features: 1}
  - Sigmoid
  - {type: Unsqueeze, dim: 0}
""",
        """\
inputs: {noise: [64]}
task: generation
loss: BCELoss
layers:
  - {type: Linear, out_features: 784}
  - {type: Tanh, note: "pixels, which the discriminator reads"}
""",
        """\
inputs: {image: [784]}
task: reconstruction
loss: BCELoss
layers:
  - {type: Linear, name: code, out_features: 8}
  - {type: Linear, out_features: 784}
  - {type: Sigmoid, name: reconstruction}
outputs: [reconstruction, code]
""",
        """\
inputs: {one: [64], other: [64]}
loss: BCELoss
layers:
  - {type: Multiply, from: [one, other], note: what these inputs hold is not known}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
loss: BCELoss
layers:
  - {type: Linear, name: score, out_features: 1}
""",
            line=4,
            column=5,
            message="BCELoss wants probabilities, this gives numbers from -infinity to infinity",
        ),
        Bad(
            """\
inputs: {image: [3, 64, 64]}
task: segmentation
loss: BCELoss
layers:
  - {type: Conv2d, out_channels: 1, kernel_size: 3}
  - Tanh
  - {type: Squeeze, dim: 0}
""",
            line=6,
            message="this gives numbers from -1 to 1",
        ),
    ),
    check=check,
    needs_loss=True,
)
