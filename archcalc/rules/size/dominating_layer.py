"""AC703: a classifier most of whose parameters are in its first Linear behind a Flatten."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.cures.making import in_front
from archcalc.layers.mathematics import Statistics
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import bends, in_place, regroups
from archcalc.rules.questions.goal import has_task, loss
from archcalc.rules.questions.maps import has_kernels, is_map
from archcalc.rules.questions.neighbours import way_before
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.cures.changes import Entry

POOLED = (1, 2, 3)
"""Axes over which a pool goes."""
MOST = 0.5
"""Share of the parameters from which a layer has most of them."""
LARGE = 1_000_000
"""Parameters below which a layer is not worth a word."""


class Flattened(NamedTuple):
    """A map of channels x positions as one vector."""

    channels: int
    positions: "tuple[int, ...]"
    layer: TracedLayer
    """What makes it one."""


def check(context: Context) -> Findings:
    """Linear layers with most of the parameters, all of whose features are places of one map."""
    total = context.params.params
    if not _classifies(context):
        return
    for layer in context.layers:
        own = context.params.layers[layer.name].params
        if layer.frozen or own < LARGE or own <= MOST * total or not is_map(layer):
            continue
        flat = _flattened(context, layer)
        if flat is None:
            continue
        less = own - layer.output.shape[-1] * flat.channels * (prod(flat.positions) - 1)
        size = " x ".join(map(str, (flat.channels, *flat.positions)))
        yield at(
            layer,
            f"{own:,} of {total:,} params ({own / total:.0%}) are in this layer, behind a map of {size}",
            consequence="it has a weight for each place of each channel: the first to overfit",
            hint=f"pool the map to 1 place first: {less:,} params here, {total - own + less:,} in all",
            cures=_cures(flat, f"{less:,} params here, {total - own + less:,} in all"),
        )


def _cures(flat: Flattened, because: str) -> tuple[Cure, ...]:
    axes = len(flat.positions)
    if axes not in POOLED:
        return ()
    pool: Entry = {"type": f"AdaptiveAvgPool{axes}d", "output_size": 1}
    return (in_front(flat.layer, pool, because=because),)


def _classifies(context: Context) -> bool:
    """Whether the network says what is there and not where, by its task, or by its loss where it has none."""
    if context.spec.task:
        return has_task(context, "classif")
    return loss(context) in ("CrossEntropyLoss", "NLLLoss")


def _stays_flat(layer: TracedLayer) -> bool:
    """Whether it stands between a Flatten and a Linear as well as before them."""
    by_batch = layer.arguments.normalizes is Statistics.BATCH
    return by_batch or in_place(layer) or bends(layer)


def _flattened(context: Context, layer: TracedLayer) -> Flattened | None:
    """The map whose numbers a Linear reads as a vector; None where they are no map of a convolution."""
    _, flat = way_before(context, layer.inputs[0], _stays_flat)
    if flat is None or not regroups(flat) or len(flat.output.shape) != 1:
        return None
    channels, *positions = flat.inputs[0].tensor.shape
    if prod(positions) == 1 or not any(map(has_kernels, context.trace.above(flat.inputs))):
        return None
    return Flattened(channels, tuple(positions), flat)


RULE = Rule(
    code="AC703",
    name="dominating-layer",
    severity="warning",
    what="A classifier with most of its parameters (a million or more) in one Linear behind a flattened map.",
    why=(
        "A Linear behind Flatten has a weight for every place of every channel and every unit: 7 x 7 places"
        " cost 49 times what their mean costs. In VGG-16 it holds 74 % of 138 million parameters, in AlexNet"
        " 62 %. Where a thing stands hardly matters to what it is, and such layers are the first to overfit:"
        " both networks have dropout there. GoogLeNet takes the mean over the places instead, and won the"
        " classification of ILSVRC 2014 with less than a tenth of VGG-16's parameters. Tasks that ask where"
        " something is are not meant."
    ),
    instead="Put an `AdaptiveAvgPool` with `output_size: 1` before the Flatten.",
    source=(
        "Lin et al., Network In Network, 2013 (arXiv 1312.4400), section 3.2; Szegedy et al., Going Deeper"
        " with Convolutions, 2014 (arXiv 1409.4842), section 5"
    ),
    good=(
        """\
task: classification
inputs: {image: [64, 28, 28]}
layers:
  - {type: Conv2d, out_channels: 512, kernel_size: 3}
  - ReLU
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - Flatten
  - {type: Linear, out_features: 4096}
""",
        """\
task: classification
inputs: {image: [3, 32, 32]}       # no convolution: there are no channels to pool
layers:
  - Flatten
  - {type: Linear, out_features: 512}
  - ReLU
  - {type: Linear, out_features: 10}
""",
        """\
task: detection                    # where things are is what it has to tell
inputs: {image: [3, 28, 28]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 3}
  - ReLU
  - Flatten
  - {type: Linear, out_features: 512}
""",
    ),
    bad=(
        Bad(
            """\
task: classification
loss: CrossEntropyLoss
inputs: {image: [1, 28, 28]}
layers:
  - {type: Conv2d, out_channels: 32, kernel_size: 3}
  - ReLU
  - {type: Conv2d, out_channels: 64, kernel_size: 3}
  - ReLU
  - {type: MaxPool2d, kernel_size: 2}
  - Dropout
  - Flatten
  - {type: Linear, name: fc1, out_features: 128}
  - ReLU
  - {type: Linear, out_features: 10}
""",
            line=12,
            column=5,
            message="1,179,776 of 1,199,882 params (98%) are in this layer, behind a map of 64 x 12 x 12",
        ),
        Bad(
            """\
loss: CrossEntropyLoss
inputs: {series: [4, 1000]}
layers:
  - {type: Conv1d, out_channels: 16, kernel_size: 5}
  - {type: ReLU}
  - {type: Reshape, shape: [-1]}
  - {type: Linear, out_features: 100}
  - ReLU
  - {type: Linear, out_features: 5}
""",
            line=7,
            message="1,593,700 of 1,594,541 params (100%) are in this layer, behind a map of 16 x 996",
        ),
    ),
    check=check,
)
