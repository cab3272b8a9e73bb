"""AC410: the heads of the last attention side by side where the loss wants one row of scores."""

from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, SetKey, TracedLayer, at
from archcalc.rules.questions.functions import bends, distributes, hands_on
from archcalc.rules.questions.goal import has_task, heads, loss, stated_classes

JUDGED = ("classification", "regression", "segmentation")
"""Words in tasks whose outputs the loss compares with targets, number by number or class by class."""
COMPARING = ("CrossEntropyLoss", "NLLLoss")
"""Losses whose targets are classes."""


def check(context: Context) -> Findings:
    """Outputs that hold the results of several heads, of which a mean could be taken."""
    if not (has_task(context, *JUDGED) or (context.spec.task is None and loss(context) in COMPARING)):
        return
    stated = stated_classes(context)
    for head in heads(context, _joins, _hands_on_scores):
        width, count = head.layer.output.shape[-1], head.layer.arguments.joined_heads
        if head.port.tensor.shape[-1:] != (width,) or (stated is not None and stated[1] == width):
            continue  # a mean is taken behind it, or the heads share the classes among themselves
        known = f", and vars.{stated[0]} states {stated[1]:,} classes" if stated is not None else ""
        yield at(
            head.layer,
            f"its {count:,} heads of {width // count:,} leave side by side as {width:,} outputs{known}",
            key="concat",
            consequence="a class has a score in one head alone, and the others learn never to be right",
            hint="write concat: false",
            cures=(
                Cure(
                    (SetKey(head.layer.origin, "concat", "false"),), f"their mean, {width // count:,} outputs"
                ),
            ),
        )


def _joins(layer: TracedLayer) -> bool:
    return layer.arguments.joined_heads > 1


def _hands_on_scores(layer: TracedLayer) -> bool:
    """Whether scores come through it as they are, or turned into probabilities, each at its place."""
    return hands_on(layer) or distributes(layer) or bends(layer)


RULE = Rule(
    code="AC410",
    name="joined-heads-in-output",
    severity="warning",
    what="A graph attention with several heads and `concat: true` whose output the loss judges.",
    why=(
        "Inside a network the results of the heads stand side by side, and the next layer reads them all. At"
        " the end there is no next layer: with `concat: true` and 8 heads of 7 classes 56 numbers come out,"
        " of which the loss takes each for a class. It runs, as targets from 0 to 6 are among"
        " 56; the scores of the first head are trained, and those of the other heads only learn to be small."
        " The paper takes the mean of the heads in its last layer, before the softmax. An"
        " encoder, whose output is no score, may well join them, and so may heads that share the classes:"
        " where `vars` states as many classes as come out, nothing is said."
    ),
    instead="`concat: false` in the last layer, or one head there; or a `Linear` to the classes behind it.",
    source=(
        "Velickovic et al., Graph Attention Networks, 2018 (arXiv 1710.10903), section 2.1, equation 6:"
        " averaging in the final layer; torch_geometric.nn.GATConv (documentation of concat)"
    ),
    good=(
        """\
inputs: {x: [34, 16], edge_index: {shape: [2, 156], dtype: int64}}
task: node_classification
loss: CrossEntropyLoss
layers:
  - {type: GATConv, from: [x, edge_index], out_channels: 8, heads: 8}
  - {type: ELU, name: hidden}
  - {type: GATConv, from: [hidden, edge_index], out_channels: 4, heads: 8, concat: false}
""",
        """\
inputs: {x: [34, 16], edge_index: {shape: [2, 156], dtype: int64}}
task: node_classification
loss: CrossEntropyLoss
layers:
  - {type: GATv2Conv, from: [x, edge_index], out_channels: 8, heads: 8}
  - ELU
  - {type: Linear, out_features: 4}
""",
        """\
inputs: {x: [34, 16], edge_index: {shape: [2, 156], dtype: int64}}
task: link_prediction
loss: BCEWithLogitsLoss
layers:
  - {type: GATConv, from: [x, edge_index], out_channels: 8, heads: 8, note: features of nodes}
""",
        """\
inputs: {x: [34, 16], edge_index: {shape: [2, 156], dtype: int64}}
task: node_classification
loss: CrossEntropyLoss
vars: {classes: 6}
layers:
  - {type: GATConv, from: [x, edge_index], out_channels: 3, heads: 2, note: half the classes each}
""",
        """\
inputs: {x: [34, 16], edge_index: {shape: [2, 156], dtype: int64}}
task: node_classification
loss: CrossEntropyLoss
layers:
  - {type: GATConv, from: [x, edge_index], out_channels: 4, heads: 2}
  - {type: Unflatten, dim: -1, unflattened_size: [2, 4]}
  - {type: Mean, dim: 1, note: over the heads}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {x: [34, 16], edge_index: {shape: [2, 156], dtype: int64}}
task: node_classification
loss: CrossEntropyLoss
vars: {classes: 4}
layers:
  - {type: GATConv, from: [x, edge_index], out_channels: 8, heads: 8}
  - {type: ELU, name: hidden}
  - {type: GATConv, from: [hidden, edge_index], out_channels: =classes, heads: 8, concat: true}
""",
            line=8,
            column=91,
            message="its 8 heads of 4 leave side by side as 32 outputs, and vars.classes states 4 classes",
        ),
        Bad(
            """\
inputs: {x: [34, 16], edge_index: {shape: [2, 156], dtype: int64}}
loss: NLLLoss
layers:
  - {type: GATv2Conv, from: [x, edge_index], out_channels: 4, heads: 2}
  - {type: LogSoftmax, dim: -1}
""",
            line=4,
            column=5,
            message="its 2 heads of 4 leave side by side as 8 outputs",
        ),
    ),
    check=check,
)
