"""AC402: a sigmoid before a loss that has one of its own."""

from archcalc.cures.making import stating
from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.distributions import is_of_one
from archcalc.rules.questions.functions import averages, is_gate, is_probability
from archcalc.rules.questions.goal import heads, loss, makes_data, without_head


def check(context: Context) -> Findings:
    """Sigmoids, and other numbers from 0 to 1, that leave into BCEWithLogitsLoss."""
    if loss(context) != "BCEWithLogitsLoss" or makes_data(context):
        return
    for head in heads(context, lambda layer: is_gate(layer) or is_probability(layer), averages):
        if is_of_one(head.layer):
            continue  # a constant, of which AC310 tells
        from archcalc.rules.questions.removal import leaving_out

        yield at(
            head.layer,
            "BCEWithLogitsLoss takes the sigmoid itself, and these numbers from 0 to 1 for logits",
            consequence="it sees probabilities from 0.5 to 0.731: never a no, 0.693 or more for a negative",
            hint="remove it; readers apply it to logits",
            # Behind a Softmax it may be the loss that is not the one that was meant.
            edits=without_head(context, head.layer) if is_gate(head.layer) else (),
            cures=(
                *leaving_out(context, head.layer, "readers apply it to logits"),
                stating(("loss",), "BCELoss", because="it takes probabilities"),
            )
            if is_gate(head.layer)
            else (stating(("loss",), "NLLLoss"),),
        )


RULE = Rule(
    code="AC402",
    name="sigmoid-before-bce-logits",
    severity="error",
    what="A Sigmoid (or Softmax) at the end of a network that `loss: BCEWithLogitsLoss` trains.",
    why=(
        "BCEWithLogitsLoss is a sigmoid and BCELoss in one, in a form that does not overflow. Behind a second"
        " sigmoid its logits lie from 0 to 1, which it reads as probabilities from 0.5 to 0.731: the loss of"
        " a negative sample cannot fall below log 2 = 0.693, that of a positive one not below 0.313."
        " A generator, whose output goes into a discriminator and not into the loss, is not meant, nor are"
        " several outputs of which one is without."
    ),
    instead="Logits as the output; or keep the Sigmoid and write `loss: BCELoss`, which is less stable.",
    source="torch.nn.BCEWithLogitsLoss (documentation)",
    good=(
        """\
inputs: {features: [64]}
loss: BCEWithLogitsLoss
layers:
  - {type: Linear, out_features: 1}
""",
        """\
inputs: {features: [64]}
loss: BCELoss
layers:
  - {type: Linear, out_features: 1}
  - Sigmoid
""",
        """\
inputs: {noise: [64]}
task: image_generation
loss: BCEWithLogitsLoss
layers:
  - {type: Linear, out_features: 784}
  - {type: Sigmoid, note: "pixels, which the discriminator reads"}
""",
        """\
inputs: {image: [8, 16, 16]}
loss: BCEWithLogitsLoss
layers:
  - {type: SqueezeExcitation, squeeze_channels: 2, note: its sigmoid is a gate}
  - {type: Conv2d, out_channels: 1, kernel_size: 1}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
loss: BCEWithLogitsLoss
layers:
  - {type: Linear, out_features: 1}
  - Sigmoid
""",
            line=5,
            column=5,
            message="BCEWithLogitsLoss takes the sigmoid itself",
        ),
        Bad(
            """\
inputs: {image: [3, 64, 64]}
task: segmentation
loss: BCEWithLogitsLoss
layers:
  - {type: Conv2d, out_channels: 1, kernel_size: 3, padding: 1}
  - type: Hardsigmoid
    name: mask
  - {type: Squeeze, dim: 0}
""",
            line=6,
            message="these numbers from 0 to 1 for logits",
        ),
    ),
    check=check,
    needs_loss=True,
    fixable=True,
)
