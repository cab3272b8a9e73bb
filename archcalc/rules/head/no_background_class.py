"""AC408: a detector with a softmax and no class for what is no object."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.goal import loss, scores, stated_classes
from archcalc.rules.questions.maps import width_key
from archcalc.spec.goals import task_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    Scores = tuple[TracedLayer, int]

BOX = 4
"""Numbers of a box: with as few classes its outputs cannot be told from those of the classes."""
BOX_AND_OBJECT = 5
"""Numbers of a box and the score whether it holds an object, which tells the background (YOLO)."""
WITH_BACKGROUND = frozenset({21, 81, 91, 201, 366, 601, 1204})
"""Classes of VOC, COCO (80 or 90), ILSVRC, Objects365, Open Images and LVIS, with the background."""
DETECTORS = ("object_detection", "face_detection", "and_detection")
"""What tasks of detectors end with; others find events, edges or anomalies."""


def check(context: Context) -> Findings:
    """Class scores of a detector for ``classes`` and not one more, where CrossEntropyLoss reads them."""
    stated = stated_classes(context)
    if stated is None or loss(context) != "CrossEntropyLoss" or not _detects(context):
        return
    name, classes = stated
    counted = [found for port in context.trace.outputs if (found := scores(context, port))]
    tells = any(count % each == 0 for _, count in counted for each in (classes + 1, classes + BOX_AND_OBJECT))
    if tells or classes <= BOX or classes in WITH_BACKGROUND:
        return  # one head has the class, or a score in its place, or the number counts it
    for layer, count in _of_classes(counted, classes):
        of_each = f"{count // classes:,} boxes of {classes:,}" if count > classes else f"{classes:,}"
        wanted = count // classes * (classes + 1)
        yield at(
            layer,
            f"{count:,} outputs, {of_each} classes (vars.{name}), and none for the background",
            key=width_key(layer),
            consequence="most boxes hold no object, and a softmax has to give them one of the classes",
            hint=f"write ({name} + 1) in the place of {name} here: {wanted:,} outputs",
        )


def _detects(context: Context) -> bool:
    """Whether the network puts boxes around objects and says what they are."""
    task = task_name(context.spec.task)
    return task == "detection" or task.endswith(DETECTORS)


def _of_classes(counted: "Iterable[Scores]", classes: int) -> "list[Scores]":
    """The heads that score classes: of those that read the same, the largest, unless it has a box a class."""
    siblings: dict[str, list[Scores]] = {}
    for head in counted:
        if head[1] % classes == 0:
            siblings.setdefault(str(head[0].inputs[0]), []).append(head)
    found: list[Scores] = []
    for heads in siblings.values():
        own = [head for head in heads if head[1] == classes]
        boxes = any(count == BOX * classes for _, count in heads)
        found.append(own[0] if own and boxes else max(heads, key=lambda head: head[1]))
    return found


RULE = Rule(
    code="AC408",
    name="no-background-class",
    severity="warning",
    what="A detector with `loss: CrossEntropyLoss` and as many outputs per box as `vars: {classes}` says.",
    why=(
        "SSD and Faster R-CNN classify every box with a softmax, and nearly all boxes are background: they"
        " need one class more than there are objects, as DETR has one for no object. A softmax gives every"
        " box to some class, so without one the background is spread over the objects. Detectors with a"
        " sigmoid per class (RetinaNet, FCOS) or with a score for objects beside those of the classes (YOLO)"
        " do without and are not meant. Nor is a number that counts the background already, as torchvision's"
        " `num_classes` does: 21 for VOC, 81 or 91 for COCO. A classifier is not meant either. There a dummy"
        " class, of which training has no sample, does nothing: its score is pushed down with every sample"
        " and the other classes share the softmax as before, so that what belongs to none of them still gets"
        " one of theirs. It works only with samples of its own, which are to stand for everything else; a"
        " threshold on the largest score needs none. In a segmentation the background is a class like the"
        " others, as it has pixels."
    ),
    instead="`out_features: =classes + 1`, the first or last of them for the background.",
    source=(
        "Liu et al., SSD: Single Shot MultiBox Detector, 2015 (arXiv 1512.02325), section 2.2; Ren et al.,"
        " Faster R-CNN, 2015 (arXiv 1506.01497); of classifiers: Dhamija, Günther & Boult, Reducing Network"
        " Agnostophobia, 2018 (arXiv 1811.04110)"
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
        """\
inputs: {features: [1024]}
task: object_detection
loss: CrossEntropyLoss
vars: {num_classes: 91}
layers:
  - {type: Linear, name: cls_score, out_features: =num_classes, note: "COCO's, and the background"}
  - {type: Linear, name: bbox_pred, from: input, out_features: =4 * num_classes}
outputs: [cls_score, bbox_pred]
""",
        """\
inputs: {features: [1024, 13, 13]}
task: detection
loss: CrossEntropyLoss
vars: {classes: 20, anchors: 5}
layers:
  - type: Conv2d
    out_channels: =anchors * (5 + classes)
    kernel_size: 1
    note: as in YOLOv2, whose softmax is over the classes of a box that holds an object
""",
        """\
inputs: {frames: [64, 100]}
task: event_detection
loss: CrossEntropyLoss
vars: {classes: 10}
layers:
  - {type: Conv1d, out_channels: =classes, kernel_size: 1}
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
  - {type: Linear, name: boxes, from: input, out_features: =4 * classes}
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
