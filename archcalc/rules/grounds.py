"""What a network must have before a rule can find anything in it: without that its file is not imported.

A ground may hold where a rule finds nothing, and must hold wherever it finds something.
"""

from typing import TYPE_CHECKING

from archcalc.facts import FEATURES, Phased, Window
from archcalc.layers.mathematics import Merge, Passing, Statistics
from archcalc.rules.questions.functions import bends, distributes, drops, is_gate
from archcalc.rules.questions.maps import has_kernels, is_convolution, is_weighted
from archcalc.rules.questions.vocabulary import looks_up
from archcalc.spec.goals import loss_name, task_name
from archcalc.tracing.shortening import dilates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from archcalc.facts import AxisRead
    from archcalc.rules.context import Context
    from archcalc.tracing import TracedLayer

NEEDS: "dict[str, tuple[str, ...]]" = {
    "AC001": ("a refused layer",),
    "AC002": ("a suppression",),
    "AC003": ("a suppression",),
    "AC101": ("unread outputs",),
    "AC102": ("unread layers",),
    "AC103": ("strides",),
    "AC104": ("merges", "resampling"),
    "AC105": ("padding same",),
    "AC106": ("convolutions",),
    "AC107": ("convolutions",),
    "AC108": ("a refused layer",),
    "AC109": ("merges",),
    "AC110": ("kernels",),
    "AC111": ("windows over steps",),
    "AC112": ("norms of channels", "features behind positions"),
    "AC113": ("kernels", "features behind positions"),
    "AC114": ("kernels", "concatenations"),
    "AC116": ("kernels", "features behind positions"),
    "AC201": ("dilation",),
    "AC202": ("dilation",),
    "AC203": ("strides",),
    "AC204": ("transposed kernels",),
    "AC205": ("a purpose",),
    "AC206": ("convolutions",),
    "AC207": ("dilation arguments",),
    "AC301": ("norms of channels", "biases"),
    "AC302": ("norms of channels", "activations"),
    "AC303": ("norms of channels", "a batch size"),
    "AC304": ("norms of channels", "a batch size"),
    "AC306": ("activations",),
    "AC307": ("norms of channels", "dropout"),
    "AC308": ("gates",),
    "AC309": ("halving",),
    "AC310": ("distributions",),
    "AC311": ("distributions",),
    "AC312": ("norms of samples",),
    "AC313": ("first weights",),
    "AC401": ("CrossEntropyLoss", "distributions"),
    "AC402": ("BCEWithLogitsLoss",),
    "AC403": ("BCELoss",),
    "AC404": ("a purpose", "activations"),
    "AC405": ("a purpose",),
    "AC406": ("a purpose", "dropout"),
    "AC407": ("a purpose",),
    "AC408": ("CrossEntropyLoss",),
    "AC409": ("NLLLoss",),
    "AC410": ("joined heads",),
    "AC501": ("30 weighted layers",),
    "AC502": ("sums",),
    "AC503": ("sums",),
    "AC504": ("sums",),
    "AC505": ("8 weighted layers",),
    "AC506": ("first weights",),
    "AC601": ("attention",),
    "AC602": ("attention",),
    "AC603": ("a refused layer",),
    "AC604": ("attention",),
    "AC605": ("tables",),
    "AC606": ("attention", "sums"),
    "AC607": ("recurrence",),
    "AC608": ("tables",),
    "AC609": ("recurrence",),
    "AC610": ("attention",),
    "AC701": ("budgets",),
    "AC702": ("samples",),
    "AC703": ("a purpose",),
}
"""Code -> grounds, all of which must hold; a rule that is not here looks at every network.

What rules say of a layer that is refused, and what the engine says itself, is found in no traced network.
"""


def can_find(context: "Context", code: str) -> bool:
    """Whether a rule may find anything in a network."""
    return context.grounds.issuperset(NEEDS.get(code, ()))


def grounds(context: "Context") -> "Iterator[str]":
    """Those that a network has; layers of the same facts are looked at once."""
    alike = {(id(layer.facts), layer.mapped): layer for layer in context.layers}
    layers = tuple(alike.values())
    yield from (name for name, holds in OF_LAYERS.items() if any(map(holds, layers)))
    weighted = context.count(filter(is_weighted, context.layers))
    yield from (f"{least} weighted layers" for least in (8, 30) if weighted >= least)
    if any(layer.init for layer in context.layers):
        yield "first weights"
    yield from _of_spec(context)


def _of_spec(context: "Context") -> "Iterator[str]":
    """What follows from what a spec says beside its layers."""
    spec, trace = context.spec, context.trace
    yield loss_name(spec.loss)
    if spec.loss is not None or task_name(spec.task) or spec.min_receptive_field is not None:
        yield "a purpose"
    if spec.training.batch_size is not None:
        yield "a batch size"
    if spec.training.samples is not None:
        yield "samples"
    if spec.budgets.scopes or any(spec.budgets.written()):
        yield "budgets"
    if trace.findings:
        yield "unread layers"
    if trace.findings or any(_leaves_parts(context, layer) for layer in context.layers):
        yield "unread outputs"


def _leaves_parts(context: "Context", layer: "TracedLayer") -> bool:
    """Whether it gives parts of what it reads, not all of which a layer reads."""
    if layer.arguments.passes is not Passing.CHOSEN or not layer.facts.other_reads:
        return False
    read = {reader.output for reader in context.trace.readers_of(layer.name)}
    return not read.issuperset(layer.facts.outputs)


def _reads(layer: "TracedLayer") -> "Iterator[AxisRead]":
    """How every output reads every axis."""
    for inputs in (layer.facts.reads, *layer.facts.other_reads.values()):
        for axes in inputs:
            yield from axes


def _strides(layer: "TracedLayer") -> bool:
    return any(isinstance(read.reach, Window) and read.reach.stride > 1 for read in _reads(layer))


def _resamples(layer: "TracedLayer") -> bool:
    return _strides(layer) or any(isinstance(read.reach, Phased) for read in _reads(layer))


def _has_features_behind(layer: "TracedLayer") -> bool:
    """Whether features lie on another axis than the first, or come to lie there."""
    if layer.facts.attention is not None or looks_up(layer):
        return True
    if is_weighted(layer) and any(read.reach == FEATURES and read.to for read in _reads(layer)):
        return True
    ways = (axes for inputs in (layer.facts.reads, *layer.facts.other_reads.values()) for axes in inputs)
    return any(read.to is not None and read.to > axis for axes in ways for axis, read in enumerate(axes))


def _over_steps(layer: "TracedLayer") -> bool:
    """Whether a window may move along the positions of a sequence."""
    fields = type(layer.arguments).model_fields
    windows = "kernel_size" in fields or "output_size" in fields
    return windows and bool(layer.inputs) and len(layer.inputs[0].tensor.shape) == layer.mapped + 2


def _normalizes_channels(layer: "TracedLayer") -> bool:
    return layer.arguments.normalizes in (Statistics.BATCH, Statistics.CHANNEL, Statistics.GROUP)


OF_LAYERS: "Mapping[str, Callable[[TracedLayer], bool]]" = {
    "strides": _strides,
    "resampling": _resamples,
    "merges": lambda layer: len(layer.inputs) > 1,
    "concatenations": lambda layer: layer.arguments.merges is Merge.CONCATENATION,
    "sums": lambda layer: layer.arguments.merges is Merge.SUM,
    "kernels": has_kernels,
    "convolutions": is_convolution,
    "transposed kernels": lambda layer: layer.arguments.transposed and has_kernels(layer),
    "padding same": lambda layer: getattr(layer.arguments, "padding", None) == "same",
    "dilation": dilates,
    "dilation arguments": lambda layer: getattr(layer.arguments, "dilation", 1) != 1,
    "windows over steps": _over_steps,
    "features behind positions": _has_features_behind,
    "norms of channels": _normalizes_channels,
    "norms of samples": lambda layer: layer.arguments.normalizes not in (None, Statistics.BATCH),
    "biases": lambda layer: "bias" in layer.facts.weights,
    "activations": lambda layer: bends(layer) or distributes(layer),
    "gates": is_gate,
    "halving": lambda layer: layer.arguments.halves,
    "distributions": distributes,
    "dropout": drops,
    "joined heads": lambda layer: layer.arguments.joined_heads > 1,
    "attention": lambda layer: layer.facts.attention is not None,
    "recurrence": lambda layer: (
        "num_layers" in type(layer.arguments).model_fields or "weight_hh_l0" in layer.facts.weights
    ),
    "tables": looks_up,
}
"""Ground -> what one layer at least must be."""
