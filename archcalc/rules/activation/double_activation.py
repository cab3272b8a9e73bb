"""AC306: an activation of numbers that an activation has bent already."""

from math import inf

from archcalc.analyses.ranges import ANY, Range
from archcalc.layers.mathematics import Distribution, Merge
from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.distributions import is_of_one
from archcalc.rules.questions.functions import (
    along_one_axis,
    bends,
    cuts_below_zero,
    distributes,
    drops,
    gives,
    is_gate,
    is_logarithm,
    is_probability,
    keeps,
    keeps_signs,
    squashes,
)
from archcalc.rules.questions.neighbours import follower, producer
from archcalc.rules.questions.repeats import always
from archcalc.tuples import NamedTuple

RATIO = 2.72
"""exp(1): the largest ratio of two probabilities that a softmax makes of numbers from 0 to 1."""


class Verdict(NamedTuple):
    """What is wrong with a layer, what comes of it, and how to mend it."""

    layer: TracedLayer
    message: str
    consequence: str
    hint: str
    by: TracedLayer | None = None
    """What makes the layer needless all by itself, where it changes nothing."""
    needless: tuple[TracedLayer, ...] = ()
    """Layers of which one may go; left out: it is the layer itself."""


def check(context: Context) -> Findings:
    """Activations that change nothing, give nothing but 0, or can reach a part of their range only.

    One that is built several times, by a repeat or a block, is no mistake where it does its work once.
    """
    found: dict[str, Verdict] = {}
    for layer in context.layers:
        verdict = _judged(context, layer)
        if verdict is not None:  # the layer before one may have had its verdict as a layer behind another
            found.setdefault(verdict.layer.name, verdict)
    for layer in always(context, [verdict.layer for verdict in found.values()]):
        _, message, consequence, hint, by, needless = found[layer.name]
        from archcalc.rules.questions.removal import leaving_out, removal

        edits = removal(context, layer, beside=by) if by is not None else ()
        cures = [cure for each in needless or (layer,) for cure in leaving_out(context, each)]
        yield at(layer, message, consequence=consequence, hint=hint, edits=edits, cures=tuple(cures))


def _judged(context: Context, layer: TracedLayer) -> Verdict | None:
    if not (bends(layer) or distributes(layer)) or is_of_one(layer):
        return None  # of a constant AC310 tells
    return _by_range(context, layer) or _undone(context, layer) or _in_a_row(context, layer)


def _by_range(context: Context, layer: TracedLayer) -> Verdict | None:
    """What it reads lies where it does nothing, or where it gives 0."""
    read = context.ranges.get(layer.inputs[0].layer, ANY)
    if read.by is None or read.by.arguments.merges is Merge.SUM:
        return None  # what a branch and its shortcut add up to is for AC503, which names the branch
    if keeps(layer, read):
        message = f"it changes nothing: {read.by.subject} before it gives {told(read)}"
        return _useless(layer, message, read.by if keeps(layer, gives(read.by)) else None)
    if read.high <= 0 and cuts_below_zero(layer):
        message = f"it gives 0 and nothing else: {read.by.subject} before it gives {told(read)}"
        return Verdict(layer, message, "nothing of the input and no gradient passes it", "remove it")
    return None


def _undone(context: Context, layer: TracedLayer) -> Verdict | None:
    """It gives what it would give without the activation before it, or that one has done its work."""
    before = producer(context, layer.inputs[0])
    if before is None:
        return None
    if is_logarithm(layer) and is_logarithm(before) and along_one_axis(before, layer):
        return _useless(layer, f"it changes nothing: {before.subject} before it is one already", before)
    if follower(context, before) is not layer:
        return None
    is_softmax = layer.arguments.distributes is Distribution.SOFTMAX
    if is_softmax and is_logarithm(before) and along_one_axis(before, layer):
        message = f"it changes nothing: {layer.subject} behind it gives the same without it"
        return _useless(before, message, layer)
    if cuts_below_zero(layer) and keeps_signs(before):
        message = f"it changes nothing: {layer.subject} behind it takes away all below 0"
        return _useless(before, message, layer)
    return None


def _useless(layer: TracedLayer, message: str, by: TracedLayer | None) -> Verdict:
    consequence = "it costs a pass over the numbers, and an activation may be missing elsewhere"
    return Verdict(layer, message, consequence, "remove it, or put it where it was meant to be", by)


def _in_a_row(context: Context, layer: TracedLayer) -> Verdict | None:
    """Its range is out of reach for what the activation before it gives, or one of the two is too many."""
    before = producer(context, layer.inputs[0], drops)
    if before is None:
        return None
    both = layer, before
    hint = f"keep one of the two, {before.name} or {layer.name}"
    if layer.arguments.distributes and (is_gate(before) or is_probability(before)):
        message = (
            f"it reads {before.subject}, numbers from 0 to 1: probabilities differ {RATIO} times at most"
        )
        consequence = "it comes close to a plain mean, however sure the layers before it are"
        return Verdict(layer, message, consequence, hint, needless=both)
    if squashes(layer) and _is_narrow(before):
        reach = context.ranges.get(layer.name, ANY)
        message = f"it reads {before.subject}, so that it gives {told(reach)}"
        return Verdict(layer, message, "the rest of its range is out of reach", hint, needless=both)
    alike = layer.type == before.type and bends(layer)
    # A squashing function may also gate or scale what a rectifier gives.
    hidden = bends(before) and before.arguments.rectifies and (layer.arguments.rectifies or squashes(layer))
    if alike or (hidden and follower(context, before, drops) is layer):
        message = f"it reads {before.subject}, and no weights stand between: two activations in a row"
        consequence = "the two are one fixed function, or a map between them is missing"
        return Verdict(layer, message, consequence, hint, needless=both)
    return None


def _is_narrow(layer: TracedLayer) -> bool:
    """Whether half of a squashing function, or more, is never reached behind it."""
    positive = layer.arguments.rectifies and gives(layer).low >= 0
    return positive or squashes(layer) or is_probability(layer)


def told(reach: Range) -> str:
    """A range in words: numbers from 0 to 1."""
    if reach.low == -inf:
        return f"numbers up to {reach.high:.3g}"
    return f"numbers from {reach.low:.3g}" + (f" to {reach.high:.3g}" if reach.high < inf else " on")


RULE = Rule(
    code="AC306",
    name="double-activation",
    severity="warning",
    what="An activation whose input another activation has bent already, with no weights between.",
    why=(
        "Some pairs do nothing: ReLU leaves the numbers of a ReLU as they are, also past a pool or a"
        " Concat; a LeakyReLU or ELU before a ReLU is undone by it. Others waste what the"
        " second one can give: a sigmoid of numbers from 0 on is never below 0.5, a softmax of numbers from"
        " 0 to 1 gives probabilities that differ at most by the factor e. Others make one odd function,"
        " because a map was left out or an activation put in. What can do work is left in peace:"
        " ReLU behind Tanh, Tanh behind Softplus (Mish), Softmax behind ReLU or LeakyReLU (scores of graphs),"
        " Hardtanh as a clip."
    ),
    instead="One activation behind each linear map.",
    source="the functions' ranges, as torch.nn documents them",
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - ReLU
  - {type: MaxPool2d, kernel_size: 2}
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - ReLU
""",
        """\
inputs: {features: [16]}
layers:
  - {type: Linear, name: fc, out_features: 32}
  - Softplus
  - Tanh
  - {type: Multiply, name: mish, from: [fc, tanh_0]}
  - {type: Linear, out_features: 32}
  - Tanh
  - {type: ReLU, note: a gate that can be shut}
  - {type: Hardtanh, min_val: 0, max_val: 0.5}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - ReLU
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
  - {type: ReLU, note: "behind a sum, one part of which may be below 0"}
""",
        """\
inputs: {frames: [4, 100]}
layers:
  - type: Sequential
    name: level
    repeat: 3
    layers:
      - type: Residual
        body:
          - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 1}
          - {type: ReLU, ignore: [AC503]}
        shortcut:
          - {type: Conv1d, when: =i == 0, out_channels: 8, kernel_size: 1}
      - {type: ReLU, note: "changes the first sum, and not the others"}
""",
        """\
inputs: {scores: [12, 12]}
layers:
  - ReLU
  - {type: Softmax, dim: -1}
  - {type: Dropout, p: 0.1}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - {type: ReLU, name: relu1}
  - {type: MaxPool2d, kernel_size: 2}
  - {type: ReLU, name: relu2}
""",
            line=6,
            column=5,
            message="it changes nothing: relu1 (ReLU) before it gives numbers from 0 on",
        ),
        Bad(
            """\
inputs: {features: [16]}
layers:
  - {type: Linear, out_features: 32}
  - {type: ReLU, name: relu}
  - {type: Sigmoid, name: gate}
""",
            line=5,
            message="it reads relu (ReLU), so that it gives numbers from 0.5 to 1",
            fixable=False,
        ),
        Bad(
            """\
inputs: {features: [16]}
layers:
  - {type: Linear, out_features: 32}
  - {type: LeakyReLU, name: leaky}
  - {type: ReLU, name: relu}
""",
            line=4,
            message="it changes nothing: relu (ReLU) behind it takes away all below 0",
        ),
        Bad(
            """\
inputs: {features: [16]}
layers:
  - {type: Linear, out_features: 32}
  - {type: GELU, name: gelu}
  - {type: Dropout, p: 0.1}
  - {type: Tanh, name: tanh}
""",
            line=6,
            message="it reads gelu (GELU), and no weights stand between: two activations in a row",
            fixable=False,
        ),
        Bad(
            """\
inputs: {features: [16]}
layers:
  - {type: Linear, out_features: 32}
  - {type: Softmax, name: first, dim: 1}
  - {type: Softmax, name: again, dim: 1}
""",
            line=5,
            message="it reads first (Softmax), numbers from 0 to 1: probabilities differ 2.72 times at most",
            fixable=False,
        ),
    ),
    check=check,
    fixable=True,
)
