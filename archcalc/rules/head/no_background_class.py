"""AC408: a detector with a softmax and no class for what is no object."""

import re

from archcalc.cures.making import setting
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.goal import has_task, loss, scores, stated_classes
from archcalc.rules.questions.maps import width_key


def check(context: Context) -> Findings:
    """Class scores of a detector for ``classes`` and not one more, where CrossEntropyLoss reads them."""
    stated = stated_classes(context)
    if stated is None or loss(context) != "CrossEntropyLoss" or not has_task(context, "detection"):
        return
    name, classes = stated
    counted = [found for port in context.trace.outputs if (found := scores(context, port))]
    if any(count % (classes + 1) == 0 for _, count in counted):
        return  # one head has the class
    for layer, count in counted:
        if count % classes == 0 and classes > BOX:
            of_each = f"{count // classes:,} boxes of {classes:,}" if count > classes else f"{classes:,}"
            yield at(
                layer,
                f"{count:,} outputs, {of_each} classes (vars.{name}), and none for the background",
                key=width_key(layer),
                consequence="most boxes hold no object, and a softmax has to give them one of the classes",
                hint=f"={name} + 1, if {name} does not count the background; or sigmoids for each class",
                cures=(_with_background(layer, name, count // classes * (classes + 1)),),
            )


def _with_background(layer: TracedLayer, name: str, count: int) -> Cure:
    """One class more in what is written: in an expression of the variable, else in the number."""
    key = width_key(layer)
    written = layer.origin.written(key)
    more: str | int = count
    if isinstance(written, str) and (alone := re.compile(rf"\b{name}\b")).search(written):
        sole = written.lstrip("= ").strip() == name
        more = f"={name} + 1" if sole else alone.sub(f"({name} + 1)", written)
    return setting(layer, f"if {name} does not count the background", **{key: more})


BOX = 4
"""Numbers of a box: with as few classes its outputs cannot be told from those of the classes."""

RULE = Rule(
    code="AC408",
    name="no-background-class",
    severity="info",
    what="A detector with `loss: CrossEntropyLoss` and as many outputs per box as `vars: {classes}` says.",
    why=(
        "SSD and Faster R-CNN classify every box with a softmax, and nearly all boxes are background: they"
        " need one class more than there are objects, as DETR has one for no object. Detectors with a sigmoid"
        " per class (RetinaNet, FCOS) or a score for objects (YOLO) do without; they have another loss. That"
        " `classes` does not count the background is a guess, as torchvision's `num_classes` does count it,"
        " so this is advice."
    ),
    instead="`out_features: =classes + 1`, the first or last of them for the background.",
    source=(
        "Liu et al., SSD: Single Shot MultiBox Detector, 2015 (arXiv 1512.02325), section 2.2; Ren et al.,"
        " Faster R-CNN, 2015 (arXiv 1506.01497)"
    ),
    good=(
        """\
inputs: {features: [1024]}
task: detection
loss: CrossEntropyLoss
vars: {classes: 20}
layers:
  - {type: Linear, name: scores, out_features: =classes + 1}
  - {type: Linear, name: boxes, from: input, out_features: =4 * classes}
outputs: [scores, boxes]
""",
        """\
inputs: {features: [256, 13, 13]}
task: detection
loss: BCEWithLogitsLoss
vars: {classes: 80}
layers:
  - {type: Conv2d, out_channels: =9 * classes, kernel_size: 3, padding: 1}
""",
        """\
inputs: {features: [1024]}
task: classification
loss: CrossEntropyLoss
vars: {classes: 20}
layers:
  - {type: Linear, out_features: =classes}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [1024]}
task: detection
loss: CrossEntropyLoss
vars: {classes: 20}
layers:
  - {type: Linear, name: scores, out_features: =classes}
  - {type: Linear, name: boxes, from: input, out_features: 4}
outputs: [scores, boxes]
""",
            line=6,
            column=48,
            message="20 outputs, 20 classes (vars.classes), and none for the background",
        ),
        Bad(
            """\
inputs: {features: [512, 38, 38]}
task: object_detection
loss: CrossEntropyLoss
vars: {num_classes: 20, anchors: 4}
layers:
  - {type: Conv2d, out_channels: =anchors * num_classes, kernel_size: 3, padding: 1}
""",
            line=6,
            column=34,
            message="80 outputs, 4 boxes of 20 classes (vars.num_classes), and none for the background",
        ),
    ),
    check=check,
    needs_loss=True,
)
