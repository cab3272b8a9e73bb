"""What the network is for and what its loss reads: task, loss, and the layers behind which outputs leave."""

import re
from math import prod
from typing import TYPE_CHECKING

from archcalc.facts import IDENTITY, AxisRead, unread
from archcalc.rules.language import Context, Port, RemoveEntry, TracedLayer
from archcalc.rules.questions.functions import averages, bends, distributes, hands_on, normalizes, regroups
from archcalc.rules.questions.maps import is_map, is_of_nodes, is_weighted, mixed_axis
from archcalc.rules.questions.neighbours import producer
from archcalc.spec.goals import loss_name, task_name
from archcalc.tracing.setup import variables
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


CLASSIFYING = ("CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss")
"""Losses of classifiers."""
MAKES_DATA = r"generat|synthesis|translation|transfer|super.?resolution|inpainting|colori"
"""Tasks whose network may be a generator: its output goes into a discriminator, not into the loss."""
CLASSES = ("classes", "num_classes")
"""Variables by which a spec states how many classes there are."""


def loss(context: Context) -> str:
    """torch.nn's name of the loss, however it is written; empty where there is none, or a custom one."""
    return loss_name(context.spec.loss)


def has_task(context: Context, *words: str) -> bool:
    """Whether the task has one of these words in it: ``node_classification`` has ``classification``."""
    task = task_name(context.spec.task)
    return any(word in task for word in words)


def makes_data(context: Context) -> bool:
    """Whether the network may be a generator, whose adversarial loss reads another network's output."""
    return bool(re.search(MAKES_DATA, task_name(context.spec.task)))


def regresses(context: Context) -> bool:
    """Whether the network predicts numbers, by its task; logistic and softmax regression classify."""
    return has_task(context, "regression") and not (
        has_task(context, "logistic", "softmax", "ordinal") or loss(context) in CLASSIFYING
    )


class Head(NamedTuple):
    """An output of the network and the layer that calculates its numbers, past what regroups or resizes."""

    port: Port
    layer: TracedLayer


def resizes(layer: TracedLayer) -> bool:
    """Whether it brings scores to the size of their targets: what is wrong with them is wrong behind it."""
    return averages(layer) and prod(layer.output.shape) >= prod(layer.inputs[0].tensor.shape)


def heads(
    context: Context,
    wrong: "Callable[[TracedLayer], bool]",
    passing: "Callable[[TracedLayer], bool]" = resizes,
) -> tuple[Head, ...]:
    """Every output of the network, where ``wrong`` is true of all; none where one may be meant for the loss.

    Outputs that stand beside the one that is trained (features, probabilities for readers) are no mistake.
    """
    found: dict[str, Head] = {}
    for port in context.trace.outputs:
        layer = producer(context, port, passing)
        if layer is None or not wrong(layer):
            return ()
        found.setdefault(layer.name, Head(port, layer))
    return tuple(found.values())


def leaves(context: Context, layer: TracedLayer) -> bool:
    """Whether its numbers leave the network, past what regroups or resizes."""
    return any(producer(context, port, resizes) is layer for port in context.trace.outputs)


def without_head(context: Context, layer: TracedLayer) -> tuple[RemoveEntry, ...]:
    """The edit that removes a layer whose numbers leave the network and are read by nothing within it."""
    waiting = [layer]
    while waiting:
        readers = [reader.layer for reader in context.trace.readers_of(waiting.pop().name)]
        if not all(map(regroups, readers)):
            return ()
        waiting += readers
    from archcalc.rules.questions.removal import removal

    return removal(context, layer)


def is_scores(layer: TracedLayer) -> bool:
    """Whether its numbers have no bounds: a linear map or a normalisation."""
    linear = layer.arguments.linear and is_weighted(layer)
    return linear or is_of_nodes(layer) or normalizes(layer)


def states_numbers(layer: TracedLayer) -> bool:
    """Whether its kind says what its numbers may be: a linear map, a normalisation, an activation."""
    return is_scores(layer) or bends(layer) or distributes(layer)


def scores(context: Context, port: Port) -> tuple[TracedLayer, int] | None:
    """The linear or graph layer whose numbers leave, and how many of them it gives at every position.

    Behind it may come what keeps the axis of the channels; None where anything else does.
    """
    layer = context.trace.source(port)
    while layer is not None and _keeps_channels(layer):
        layer = context.trace.source(layer.inputs[0])
    if layer is None or not _ends_linear(layer):
        layer = producer(context, port)
        if layer is None or not _ends_linear(layer):
            return None
    axis = len(layer.output.shape) - 1 if is_of_nodes(layer) else mixed_axis(layer)
    return None if axis is None else (layer, layer.output.shape[axis])


def _ends_linear(layer: TracedLayer) -> bool:
    """Whether it ends with a linear map to any number of features."""
    return is_map(layer) or is_of_nodes(layer)


def _keeps_channels(layer: TracedLayer) -> bool:
    """Whether the axis of the channels stays as it is, or is all that there is of a map of one place."""
    if not (hands_on(layer) or bends(layer)) or not all(map(unread, layer.facts.reads[1:])):
        return False
    own = layer.mapped
    sizes = layer.inputs[0].tensor.shape[own:]
    squeezed = (prod(sizes),) == sizes[:1] == layer.output.shape[own : own + 1]
    return squeezed or layer.facts.first_reads[own : own + 1] == (AxisRead(own, IDENTITY),)


def stated_classes(context: Context) -> "tuple[str, int] | None":
    """The variable that says how many classes there are, and its number; None where the spec has none."""
    values = variables(context.model, {})
    for name in CLASSES:
        number = values.get(name)
        if isinstance(number, int) and not isinstance(number, bool) and number > 0:
            return name, number
    return None
