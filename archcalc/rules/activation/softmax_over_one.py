"""AC310: a distribution over a single number, which is a constant."""

from archcalc.rules.language import (
    Bad,
    Context,
    Cure,
    Findings,
    RemoveEntry,
    Rule,
    SetKey,
    SetValue,
    TracedLayer,
    at,
)
from archcalc.rules.questions.distributions import is_of_one, sigmoid_for
from archcalc.rules.questions.functions import is_logarithm
from archcalc.rules.questions.goal import heads, leaves, loss, makes_data, regresses, without_head
from archcalc.rules.questions.maps import mixed_axis


def check(context: Context) -> Findings:
    """Softmax and its kin along an axis of one number."""
    for layer in context.layers:
        if not is_of_one(layer):
            continue
        yield at(
            layer,
            f"over 1 number it gives {0 if is_logarithm(layer) else 1}, whatever arrives: axis"
            f" {mixed_axis(layer)} of {list(layer.output.shape)} has no other",
            key="dim",
            consequence="it is a constant: nothing before it has a say in it or gets a gradient through it",
            hint="put a Sigmoid in its place, or give it more numbers to choose among",
            edits=_edits(context, layer),
            cures=_cures(context, layer),
        )


def _edits(context: Context, layer: TracedLayer) -> tuple[RemoveEntry, ...]:
    """Without it, where the loss has a sigmoid of its own and nothing else was meant."""
    own = loss(context) == "BCEWithLogitsLoss" and not makes_data(context)
    told = own and any(head.layer is layer for head in heads(context, is_of_one))
    return without_head(context, layer) if told else ()


def _cures(context: Context, layer: TracedLayer) -> tuple[Cure, ...]:
    """The loss says it of the end of a network; elsewhere it may have been meant to go along another axis."""
    removed = RemoveEntry(layer.origin)
    if not leaves(context, layer):
        return (*_along_another(layer), Cure(sigmoid_for(layer), "it weighs every number by itself"))
    if regresses(context):
        return (Cure((removed,), "a number that is predicted needs no bounds"),)
    logits = Cure((removed, SetValue(("loss",), "BCEWithLogitsLoss")), "it takes one score")
    probability = Cure(sigmoid_for(layer), "it turns one score into a probability")
    match loss(context):
        case "BCEWithLogitsLoss":
            return (Cure((removed,), "the loss takes the sigmoid itself"),)
        case "CrossEntropyLoss" | "NLLLoss":
            return (logits,)
        case "BCELoss":
            return probability, logits
        case _:
            return (probability,)


def _along_another(layer: TracedLayer) -> tuple[Cure, ...]:
    """Along the only axis that holds several numbers."""
    shape = layer.output.shape[layer.mapped :]
    longer = [axis for axis, size in enumerate(shape) if size > 1]
    if len(longer) != 1 or "dim" not in type(layer.arguments).model_fields:
        return ()
    axis = longer[0]
    return (Cure((SetKey(layer.origin, "dim", f"{axis + 1}"),), f"there are {shape[axis]:,} numbers"),)


RULE = Rule(
    code="AC310",
    name="softmax-over-one",
    severity="error",
    what="A Softmax, LogSoftmax or Softmin along an axis of one number.",
    why=(
        "A softmax divides exp(x) by the sum of all exp(x) along its axis. Where that holds one number the"
        " two are the same: the result is 1 (0 for LogSoftmax) for every input and every weight, and the"
        " gradient is 0. A classifier with one output then says the same class for ever, and its loss stands"
        " still from the first step on. The same happens to weights of attention over scores of shape"
        " (positions, 1) when the axis is the last one, and to a mask of one channel. torch runs it without"
        " a word."
    ),
    instead=(
        "One output: a Sigmoid with `loss: BCELoss`, or no activation and `loss: BCEWithLogitsLoss`. Two or"
        " more outputs: Softmax over them. Weights over positions: the `dim` of the positions."
    ),
    source=(
        "torch.nn.Softmax (documentation: the elements along dim sum to 1); Bridle, Probabilistic"
        " Interpretation of Feedforward Classification Network Outputs, 1990: the softmax of two scores is"
        " the sigmoid of their difference, that of one is no function of it"
    ),
    good=(
        """\
inputs: {features: [64]}
task: binary_classification
loss: BCELoss
layers:
  - {type: Linear, out_features: 1}
  - Sigmoid
""",
        """\
inputs: {features: [64]}
task: binary_classification
loss: NLLLoss
layers:
  - {type: Linear, out_features: 2}
  - {type: LogSoftmax, dim: 1}
""",
        """\
inputs: {tokens: [20, 64]}
layers:
  - {type: Linear, name: scores, out_features: 1}
  - {type: Softmax, name: weights, dim: 1, note: over the 20 tokens}
  - {type: Multiply, from: [tokens, weights]}
""",
        """\
inputs: {image: [3, 32, 32]}
task: segmentation
loss: BCELoss
layers:
  - {type: Conv2d, out_channels: 2, kernel_size: 1}
  - {type: Softmax2d, note: one map for yes and one for no}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
task: classification
loss: BCELoss
layers:
  - {type: Linear, out_features: 1}
  - {type: Softmax, dim: 1}
""",
            line=6,
            column=26,
            message="over 1 number it gives 1, whatever arrives: axis 0 of [1] has no other",
            fixable=False,
        ),
        Bad(
            """\
inputs: {tokens: [20, 64]}
layers:
  - {type: Linear, name: scores, out_features: 1}
  - {type: Softmax, name: weights, dim: -1}
  - {type: Multiply, from: [tokens, weights]}
""",
            line=4,
            message="axis 1 of [20, 1] has no other",
            fixable=False,
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
task: segmentation
layers:
  - {type: Conv2d, out_channels: 1, kernel_size: 1}
  - Softmax2d
""",
            line=5,
            column=5,
            message="over 1 number it gives 1, whatever arrives: axis 0 of [1, 32, 32]",
            fixable=False,
        ),
        Bad(
            """\
inputs: {features: [64]}
loss: BCEWithLogitsLoss
layers:
  - {type: Linear, out_features: 1}
  - Softmax
""",
            line=5,
            message="over 1 number it gives 1",
        ),
        Bad(
            """\
inputs: {features: [64]}
task: classification
loss: NLLLoss
layers:
  - {type: Linear, out_features: 1}
  - {type: LogSoftmax, dim: -1}
""",
            line=6,
            message="over 1 number it gives 0",
            fixable=False,
        ),
    ),
    check=check,
    fixable=True,
)
