"""AC404: an activation that bounds the logits of a classifier."""

from math import inf

from archcalc.analyses.ranges import ANY
from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.distributions import is_of_one
from archcalc.rules.questions.functions import bends, gives, is_gate, is_logarithm
from archcalc.rules.questions.goal import has_task, heads, loss, makes_data
from archcalc.rules.questions.maps import mixed_axis
from archcalc.rules.questions.neighbours import producer


def check(context: Context) -> Findings:
    """Activations, which leave as logits."""
    kind = loss(context)
    logits = kind == "CrossEntropyLoss" or (kind == "BCEWithLogitsLoss" and not makes_data(context))
    if not logits and (context.spec.loss is not None or not has_task(context, "classification")):
        return

    def bounds(layer: TracedLayer) -> bool:
        # Without a loss, or for one that has a rule of its own for it, a Sigmoid may well give probabilities.
        if bends(layer):
            read = context.ranges.get(layer.inputs[0].layer, ANY)
            if read.by is not None and read.within(*gives(layer).ends):
                return False  # bent already, so that it does nothing, of which AC306 tells
            return kind == "CrossEntropyLoss" or not is_gate(layer)
        return kind == "BCEWithLogitsLoss" and is_logarithm(layer) and not is_of_one(layer)

    for head in heads(context, bounds):
        from archcalc.rules.questions.removal import leaving_out

        yield at(
            head.layer,
            f"it bends the logits: {_bound(context, head.layer)}",
            consequence=_consequence(context, head.layer, kind),
            hint="remove it: the last layer of a classifier is the linear map",
            cures=leaving_out(context, head.layer, "the last layer of a classifier is the linear map"),
        )


def _bound(context: Context, layer: TracedLayer) -> str:
    reach = context.ranges.get(layer.name, ANY)
    ends = [f"below {reach.low:.3g}"] * (reach.low > -inf) + [f"above {reach.high:.3g}"] * (reach.high < inf)
    return f"none is {' or '.join(ends)}" if ends else "their slope is not the same everywhere"


def _consequence(context: Context, layer: TracedLayer, kind: str) -> str:
    reach = context.ranges.get(layer.name, ANY)
    width = reach.high - reach.low
    linear = producer(context, layer.inputs[0])
    axis = mixed_axis(linear) if linear is not None else None
    if kind == "CrossEntropyLoss" and width < inf and linear is not None and axis is not None:
        classes = linear.output.shape[axis]
        from archcalc.rules.head.softmax_before_cross_entropy import floor

        return (
            f"with {classes:,} classes the loss is at least {floor(classes, width):.3g}, however sure it is"
        )
    if kind == "BCEWithLogitsLoss" and reach.low >= 0:
        return "no probability can be below 0.5: it never says no"
    if kind == "BCEWithLogitsLoss" and reach.high <= 0:
        return "no probability can be above 0.5: it never says yes"
    if width == inf and reach.low == -inf and reach.high == inf:
        return "scores on one side of 0 get a part of the gradient only, and must go many times as far"
    return "a score that has come to the bound gets little or no gradient, and what is beyond cannot be said"


RULE = Rule(
    code="AC404",
    name="activation-on-logits",
    severity="warning",
    what="An activation (ReLU, Tanh, LeakyReLU ...) on the logits of a classifier.",
    why=(
        "The losses of classifiers turn logits into probabilities themselves, and need all numbers for that."
        " A ReLU makes all scores below 0 the same and gives them no gradient; in a sigmoid they then are"
        " 0.5. A Tanh lets two logits differ by 2 at most, a Sigmoid by 1, so that the cross entropy over C"
        " classes cannot fall below log(1 + (C - 1) exp(-2)), or exp(-1). A LeakyReLU"
        " passes a hundredth of the gradient below 0, where the scores of wrong classes belong. A ReLU on"
        " maps that are averaged afterwards, as in SqueezeNet, is no bound on single logits and is left in"
        " peace, and so are scaled ones (10 tanh) and outputs beside others that are not bent."
    ),
    instead="The linear map as the last layer.",
    source="torch.nn.CrossEntropyLoss, torch.nn.BCEWithLogitsLoss (documentation)",
    good=(
        """\
inputs: {features: [64]}
task: classification
loss: CrossEntropyLoss
layers:
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Linear, out_features: 10}
""",
        """\
inputs: {image: [64, 8, 8]}
task: classification
loss: CrossEntropyLoss
layers:
  - {type: Conv2d, out_channels: 10, kernel_size: 1}
  - {type: ReLU, note: as in SqueezeNet}
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - Flatten
""",
        """\
inputs: {features: [64]}
task: classification
loss: CrossEntropyLoss
layers:
  - {type: Linear, out_features: 32}
  - {type: ReLU, name: embedding}
  - {type: Linear, name: logits, out_features: 10}
outputs: [embedding, logits]
""",
        """\
inputs: {features: [64]}
task: multilabel_classification
layers:
  - {type: Linear, out_features: 10}
  - {type: Sigmoid, note: probabilities; which loss reads them is not said}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
task: classification
loss: CrossEntropyLoss
layers:
  - {type: Linear, out_features: 10}
  - {type: ReLU, name: last}
""",
            line=6,
            column=5,
            message="it bends the logits: none is below 0",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
task: segmentation
loss: CrossEntropyLoss
layers:
  - {type: Conv2d, out_channels: 21, kernel_size: 3}
  - Tanh
""",
            line=6,
            message="it bends the logits: none is below -1 or above 1",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
task: segmentation
loss: CrossEntropyLoss
layers:
  - {type: Conv2d, out_channels: 21, kernel_size: 3, padding: 1, stride: 2}
  - {type: LeakyReLU, name: act}
  - {type: Upsample, scale_factor: 2, mode: bilinear}
""",
            line=6,
            message="it bends the logits: their slope is not the same everywhere",
        ),
        Bad(
            """\
inputs: {features: [64]}
task: multilabel_classification
loss: BCEWithLogitsLoss
layers:
  - {type: Linear, out_features: 10}
  - LogSoftmax
""",
            line=6,
            message="it bends the logits: none is above 0",
        ),
    ),
    check=check,
)
