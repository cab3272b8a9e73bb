"""AC409: numbers that are no log-probabilities before a loss that wants them."""

from math import inf, isfinite

from archcalc.analyses.ranges import ANY
from archcalc.cures.making import behind, retyped, setting, stating
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.distributions import is_of_one
from archcalc.rules.questions.functions import averages, gives, is_probability
from archcalc.rules.questions.goal import heads, is_scores, loss, states_numbers
from archcalc.rules.questions.maps import mixed_axis


def check(context: Context) -> Findings:
    """Outputs that are no logarithms of probabilities and leave into NLLLoss."""
    if loss(context) != "NLLLoss":
        return
    for head in heads(context, _no_logarithms, averages):
        if is_of_one(head.layer):
            continue  # a constant, of which AC310 tells
        what, consequence = _told(context, head.layer)
        yield at(
            head.layer,
            f"NLLLoss wants log-probabilities, and this gives {what}",
            consequence=consequence,
            hint="write loss: CrossEntropyLoss, or put LogSoftmax behind it"
            if is_scores(head.layer)
            else "write LogSoftmax for it",
            cures=_cures(head.layer),
        )


def _cures(layer: TracedLayer) -> tuple[Cure, ...]:
    dim = 1 if mixed_axis(layer) in (0, None) else -1  # torch counts the batch
    if is_scores(layer):
        crossing = stating(("loss",), "CrossEntropyLoss", because="LogSoftmax and NLLLoss in one")
        return crossing, behind(layer, {"type": "LogSoftmax", "dim": dim})
    if is_probability(layer) and layer.origin.written("dim") is not None:
        return (setting(layer, type="LogSoftmax"),)
    return (retyped(layer, "LogSoftmax", dim=dim),)


def _told(context: Context, layer: TracedLayer) -> tuple[str, str]:
    """What a layer gives, and what the loss makes of it."""
    if is_probability(layer):
        flat = "the loss is minus the probability, whose gradient is smallest where the error is largest"
        return "probabilities", flat
    high = context.ranges.get(layer.name, ANY).high
    if isfinite(high):
        return (
            f"numbers up to {high:.3g}",
            "the loss is minus the right score alone: nothing lowers the others",
        )
    endless = "the loss falls without end: it is minus the score, and nothing holds the score back"
    return "numbers of any size", endless


def _no_logarithms(layer: TracedLayer) -> bool:
    return states_numbers(layer) and gives(layer).ends != (-inf, 0)


RULE = Rule(
    code="AC409",
    name="no-log-softmax-before-nll",
    severity="error",
    what="A network that `loss: NLLLoss` trains and that does not end with LogSoftmax.",
    why=(
        "NLLLoss picks the score of the right class and gives it back negated; that it is a log-probability"
        " is left to the network. With plain scores the loss has no smallest value: the network raises the"
        " scores of the targets for ever and never lowers the others. With probabilities (Softmax) it is"
        " bounded, but a sample that is classified quite wrongly hardly moves it, as the softmax is flat"
        " there."
    ),
    instead="`loss: CrossEntropyLoss` on the scores, which is LogSoftmax and NLLLoss in one.",
    source="torch.nn.NLLLoss (documentation: the input holds log-probabilities)",
    good=(
        """\
inputs: {features: [64]}
loss: NLLLoss
layers:
  - {type: Linear, out_features: 10}
  - {type: LogSoftmax, dim: 1}
""",
        """\
inputs: {features: [64]}
loss: NLLLoss
layers:
  - {type: Linear, name: embedding, out_features: 10}
  - {type: LogSoftmax, name: classes, dim: 1}
outputs: [classes, embedding]
""",
        """\
inputs: {features: [64]}
loss: GaussianNLLLoss
layers:
  - {type: Linear, out_features: 2}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
loss: NLLLoss
layers:
  - {type: Linear, name: scores, out_features: 10}
""",
            line=4,
            column=5,
            message="NLLLoss wants log-probabilities, and this gives numbers of any size",
        ),
        Bad(
            """\
inputs: {features: [64]}
loss: NLLLoss
layers:
  - {type: Linear, out_features: 10}
  - {type: Softmax, dim: 1}
""",
            line=5,
            message="NLLLoss wants log-probabilities, and this gives probabilities",
        ),
    ),
    check=check,
    needs_loss=True,
)
