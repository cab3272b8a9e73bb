"""AC401: a softmax before a loss that has one of its own."""

from math import exp, log

from archcalc.cures.making import all_of, setting, stating
from archcalc.layers.mathematics import Distribution
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.distributions import is_of_one, is_over_batch
from archcalc.rules.questions.functions import distributes, is_logarithm
from archcalc.rules.questions.goal import heads, loss, without_head
from archcalc.rules.questions.maps import mixed_axis


def check(context: Context) -> Findings:
    """Softmax and LogSoftmax, whose numbers leave into CrossEntropyLoss."""
    if loss(context) != "CrossEntropyLoss":
        return
    for head in heads(context, distributes):
        if is_of_one(head.layer):
            continue  # a constant, of which AC310 tells
        logarithm = is_logarithm(head.layer)
        consequence = (
            "log-probabilities stay as they are in it: no harm but the time, if both go along the classes"
            if logarithm and not is_over_batch(head.layer)
            else _consequence(head.layer)
        )
        yield at(
            head.layer,
            "CrossEntropyLoss takes the log-softmax itself",
            consequence=consequence,
            hint="remove it, or write loss: NLLLoss"
            if logarithm
            else "remove it; readers apply it to logits",
            cures=_cures(context, head.layer),
            # A Softmin turns the scores round, so that what it reads are no logits.
            edits=without_head(context, head.layer)
            if head.layer.arguments.distributes is not Distribution.SOFTMIN
            else (),
        )


def _cures(context: Context, layer: TracedLayer) -> tuple[Cure, ...]:
    if layer.arguments.distributes is Distribution.SOFTMIN:
        return ()
    nll = stating(("loss",), "NLLLoss", because="it takes log-probabilities")
    from archcalc.rules.questions.removal import leaving_out

    if is_logarithm(layer):
        return (*leaving_out(context, layer), nll)
    logarithm = all_of(setting(layer, type="LogSoftmax"), nll, because=nll.because)
    return (*leaving_out(context, layer, "readers apply it to logits"), logarithm)


def _consequence(layer: TracedLayer) -> str:
    axis = mixed_axis(layer)
    if axis is None:
        return "along the batch it makes samples compete, and the loss takes what comes of it for logits"
    classes = layer.output.shape[axis]
    least = floor(classes, 1)
    return (
        f"it reads probabilities as logits: over {classes:,} classes the loss is at least {least:.3g},"
        f" where blind guesses have {log(classes):.3g}"
    )


def floor(classes: int, width: float) -> float:
    """The least cross entropy of logits that differ by ``width`` at most: log(1 + (C - 1) exp(-width))."""
    return log(1 + (classes - 1) * exp(-width))


RULE = Rule(
    code="AC401",
    name="softmax-before-cross-entropy",
    severity="warning",
    what="A Softmax or LogSoftmax at the end of a network that `loss: CrossEntropyLoss` trains.",
    why=(
        "CrossEntropyLoss is a log-softmax and NLLLoss in one; it wants logits. Behind a Softmax its logits"
        " are probabilities, which differ by 1 at most, so that over C classes the loss cannot fall below"
        " log(1 + (C - 1) / e): 1.46 for 10 classes, where it starts at 2.30. Gradients are small and vanish"
        " where the Softmax saturates; training looks slow, not broken. A LogSoftmax is harmless: it is its"
        " own log-softmax, and only costs a pass. Several outputs are no mistake as long as one is without."
    ),
    instead="Logits as the output, and a softmax where they are read; or LogSoftmax with `loss: NLLLoss`.",
    source="torch.nn.CrossEntropyLoss (documentation: the input holds unnormalized logits)",
    good=(
        """\
inputs: {features: [64]}
loss: CrossEntropyLoss
layers:
  - {type: Linear, out_features: 10}
""",
        """\
inputs: {features: [64]}
loss: NLLLoss
layers:
  - {type: Linear, out_features: 10}
  - {type: LogSoftmax, dim: 1}
""",
        """\
inputs: {features: [64]}
loss: CrossEntropyLoss
layers:
  - {type: Linear, name: logits, out_features: 10}
  - {type: Softmax, name: probabilities, dim: 1}
outputs: [logits, probabilities]
""",
        """\
inputs: {tokens: [12, 64]}
loss: CrossEntropyLoss
layers:
  - {type: Linear, name: scores, out_features: 12}
  - {type: Softmax, name: weights, dim: -1, note: "of attention, not of classes"}
  - {type: MatMul, from: [weights, tokens]}
  - {type: Linear, out_features: 10}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
loss: CrossEntropyLoss
layers:
  - {type: Linear, out_features: 10}
  - {type: Softmax, dim: 1}
""",
            line=5,
            column=5,
            message="CrossEntropyLoss takes the log-softmax itself",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
task: segmentation
loss: nn.CrossEntropyLoss
layers:
  - {type: Conv2d, out_channels: 21, kernel_size: 1}
  - {type: LogSoftmax, name: log_probabilities, dim: 1}
  - {type: Flatten, start_dim: 2}
""",
            line=6,
            message="CrossEntropyLoss takes the log-softmax itself",
        ),
    ),
    check=check,
    needs_loss=True,
    fixable=True,
)
