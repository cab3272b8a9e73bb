"""AC407: fewer outputs than the loss needs classes."""

from math import prod

from archcalc.cures.making import setting, stating
from archcalc.rules.language import Bad, Context, Cure, Finding, Findings, Port, Rule, TracedLayer, at
from archcalc.rules.questions.goal import has_task, loss, scores, stated_classes
from archcalc.rules.questions.maps import has_kernels, width_key

NODES = 2
"""Axes of an output for every node: nodes and features."""
CLASSIFIERS = ("classification", "segmentation")


def check(context: Context) -> Findings:
    """Outputs of a classifier with one logit, or with fewer than ``vars: {classes}`` says."""
    if loss(context) not in ("CrossEntropyLoss", "NLLLoss"):
        return
    found = [_finding(context, port) for port in context.trace.outputs]
    if None not in found:  # else one of several outputs may be the one that the loss reads
        yield from (finding for finding in found if finding)


def _finding(context: Context, port: Port) -> Finding | None:
    counted = scores(context, port)
    if counted is None:
        return None
    layer, classes = counted
    maps = has_kernels(layer) and has_task(context, "segmentation")
    one_map = has_kernels(layer) and port.tensor.shape[0] == classes == 1
    # Each node of a graph is a sample of its own, with a row of scores.
    rows = has_task(context, "node") and len(port.tensor.shape) == NODES and port.tensor.shape[1] == classes
    if prod(port.tensor.shape) == 1 or one_map or (rows and classes == 1):
        return at(
            layer,
            f"1 output for {loss(context)}, which takes the softmax over the outputs",
            key=width_key(layer),
            consequence="the softmax of one number is 1, so the loss is 0 for every sample, and its gradient",
            hint="2 outputs or more, or loss: BCEWithLogitsLoss for a single one",
            cures=(
                *(_stated(layer, *stated) for stated in (stated_classes(context),) if stated),
                stating(("loss",), "BCEWithLogitsLoss", because="for two classes one output will do"),
                setting(layer, "for two classes", **{width_key(layer): 2}),
            ),
        )
    stated = stated_classes(context) if has_task(context, *CLASSIFIERS) else None
    flat = len(port.tensor.shape) == 1 and port.tensor.shape[0] == classes
    if stated is None or classes >= stated[1] or not (flat or maps or rows):
        return None
    name, wanted = stated
    return at(
        layer,
        f"{classes:,} outputs, but vars.{name} states {wanted:,} classes",
        key=width_key(layer),
        consequence=f"{loss(context)} refuses the targets from {classes:,} on",
        hint=f"write ={name} here, or the right number in vars",
        cures=(_stated(layer, name, wanted), stating(("vars", name), classes)),
    )


def _stated(layer: TracedLayer, name: str, classes: int) -> Cure:
    return setting(layer, f"{classes:,} outputs", **{width_key(layer): f"={name}"})


RULE = Rule(
    code="AC407",
    name="outputs-against-loss",
    severity="error",
    what="A classifier with one output for CrossEntropyLoss or NLLLoss, or with fewer than it has classes.",
    why=(
        "CrossEntropyLoss compares the scores of all classes. With one score there is nothing to compare: its"
        " softmax is 1, the loss 0 and nothing is ever learnt. With fewer outputs than classes the targets of"
        " the missing ones are out of range, and torch stops there. How many classes there are is known where"
        " `vars` has `classes` or `num_classes`; more outputs than that may be meant (a background, a blank,"
        " padding) and are left in peace. So is MSELoss for classes, which trains classifiers about as well"
        " (Hui & Belkin 2020)."
    ),
    instead="As many outputs as classes; for two classes 2 outputs, or 1 with `loss: BCEWithLogitsLoss`.",
    source=(
        "torch.nn.CrossEntropyLoss (documentation); Hui & Belkin, Evaluation of Neural Architectures Trained"
        " with Square Loss vs Cross-Entropy in Classification Tasks, 2020 (arXiv 2006.07322)"
    ),
    good=(
        """\
inputs: {features: [64]}
task: classification
loss: BCEWithLogitsLoss
layers:
  - {type: Linear, out_features: 1}
""",
        """\
inputs: {features: [64]}
task: classification
loss: CrossEntropyLoss
vars: {classes: 20}
layers:
  - {type: Linear, out_features: =classes + 1, note: and none of them}
""",
        """\
inputs: {tokens: [30, 64]}
task: question_answering
loss: CrossEntropyLoss
layers:
  - {type: Linear, out_features: 1, note: a score for every position}
  - {type: Squeeze, dim: 1}
""",
        """\
inputs: {tokens: [30, 64]}
task: classification
loss: CrossEntropyLoss
vars: {classes: 10}
layers:
  - {type: Linear, name: value, out_features: 1}
  - {type: Linear, name: labels, from: input, out_features: =classes}
outputs: [labels, value]
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
  - {type: GCNConv, from: [x, edge_index], out_channels: 3}
""",
            line=6,
            column=58,
            message="3 outputs, but vars.classes states 4 classes",
        ),
        Bad(
            """\
inputs: {features: [64]}
task: classification
loss: CrossEntropyLoss
layers:
  - {type: Linear, out_features: 1}
""",
            line=5,
            column=34,
            message="1 output for CrossEntropyLoss, which takes the softmax over the outputs",
        ),
        Bad(
            """\
inputs: {image: [3, 64, 64]}
task: segmentation
loss: CrossEntropyLoss
vars: {classes: 21}
layers:
  - type: Conv2d
    kernel_size: 1
    out_channels: 19
  - {type: Upsample, scale_factor: 2}
""",
            line=8,
            column=19,
            message="19 outputs, but vars.classes states 21 classes",
        ),
        Bad(
            """\
inputs: {image: [3, 64, 64]}
loss: CrossEntropyLoss
layers:
  - {type: Conv2d, kernel_size: 1, out_channels: 1}
""",
            line=4,
            column=50,
            message="1 output for CrossEntropyLoss",
        ),
    ),
    check=check,
    needs_loss=True,
)
