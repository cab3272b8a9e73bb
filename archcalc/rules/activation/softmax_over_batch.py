"""AC311: a distribution over the samples of a batch."""

from archcalc.rules.entries import has_expression, place_of
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, SetKey, TracedLayer, at
from archcalc.rules.questions.distributions import is_over_batch, sigmoid_for, wanted_axis
from archcalc.rules.questions.functions import distributes
from archcalc.rules.questions.goal import heads, loss, makes_data

OWN = ("CrossEntropyLoss", "BCEWithLogitsLoss")
"""Losses in front of which there is to be no softmax at all, as AC401 and AC402 say."""


def check(context: Context) -> Findings:
    """Softmax and its kin along axis 0 of torch's count, which is the batch."""
    needless = loss(context) in OWN and not makes_data(context)
    removed = {head.layer.name for head in heads(context, distributes)} if needless else set[str]()
    for layer in context.layers:
        if not is_over_batch(layer) or layer.name in removed:
            continue
        axis = wanted_axis(context, layer)
        yield at(
            layer,
            _message(layer),
            key="dim",
            consequence="the samples of a batch compete: what one gets hangs on which others are beside it",
            hint="give it an axis of the sample with several numbers, or put a Sigmoid in its place",
            edits=_edits(context, layer, axis),
            cures=_cures(layer, axis),
        )


def _message(layer: TracedLayer) -> str:
    if layer.origin.written("dim") is None:
        axes = len(layer.output.shape)
        return f"without dim torch takes axis 0 of {axes - layer.mapped + 1}, which is the batch"
    return f"dim {layer.resolved['dim']} is the batch, which torch counts: a sample has dim 1 and on"


def _cures(layer: TracedLayer, axis: int | None) -> tuple[Cure, ...]:
    if axis is None:
        return (Cure(sigmoid_for(layer), "a sample has 1 number, over which a softmax is a constant"),)
    there = f"there are {layer.output.shape[axis]:,} numbers in a sample"
    return (Cure((SetKey(layer.origin, "dim", f"{axis - layer.mapped + 1}"),), there),)


def _edits(context: Context, layer: TracedLayer, axis: int | None) -> tuple[SetKey, ...]:
    """The only axis that a sample has, where the entry is always built on such samples."""
    alone = len(layer.output.shape) == 1 and context.built[place_of(layer.origin)] == 1
    varies = any(has_expression(layer.origin.written(key)) for key in ("dim", "type"))
    return (SetKey(layer.origin, "dim", "1"),) if axis == 0 and alone and not varies else ()


RULE = Rule(
    code="AC311",
    name="softmax-over-batch",
    severity="warning",
    what="A Softmax, LogSoftmax or Softmin along the batch axis.",
    why=(
        "torch's modules count the batch: `dim: 0` is the axis of the samples, the first axis of a shape"
        " written here is 1. Along it the samples of a batch share one total, so that a sample is given"
        " more where its neighbours are given less, the classes of one sample do not add up to 1, and"
        " a batch of one gives 1 for every class. Without a `dim` torch takes axis 0 for a batch of"
        " three axes (sequences of features) by an old rule, with a warning. Where code was written for one"
        " sample without a batch axis, its `dim=0` is 1 here. The loss that has a softmax of its own needs"
        " none before it: there AC401 and AC402 speak."
    ),
    instead="`dim: 1` for features or channels that come first, `dim: -1` for features that come last.",
    source="torch.nn.Softmax (documentation of dim); torch.nn.functional, _get_softmax_dim",
    good=(
        """\
inputs: {features: [42]}
layers:
  - {type: Linear, out_features: 10}
  - {type: Softmax, dim: 1}
""",
        """\
inputs: {features: [42]}
layers:
  - {type: Linear, out_features: 10}
  - {type: Softmax, note: without dim torch takes axis 1 of 2}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 10, kernel_size: 1}
  - {type: Softmax, note: axis 1 of 4 are the channels}
""",
        """\
inputs: {tokens: [20, 64]}
layers:
  - {type: Linear, out_features: 10}
  - {type: LogSoftmax, dim: -1}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [42]}
task: classification
layers:
  - {type: Linear, out_features: 10}
  - {type: Softmax, dim: 0}
""",
            line=5,
            column=26,
            message="dim 0 is the batch, which torch counts: a sample has dim 1 and on",
        ),
        Bad(
            """\
inputs: {tokens: [20, 64]}
task: token_classification
loss: NLLLoss
layers:
  - {type: Linear, out_features: 10}
  - LogSoftmax
""",
            line=6,
            column=5,
            message="without dim torch takes axis 0 of 3, which is the batch",
            fixable=False,
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 10, kernel_size: 1}
  - {type: Softmin, dim: -4, name: nearest}
""",
            line=4,
            column=26,
            message="dim -4 is the batch",
            fixable=False,
        ),
    ),
    check=check,
    fixable=True,
)
