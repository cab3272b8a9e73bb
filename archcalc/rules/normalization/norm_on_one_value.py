"""AC312: a mean of one number within a sample."""

from math import prod

from archcalc.facts import FEATURES, IDENTITY
from archcalc.layers.mathematics import Statistics
from archcalc.rules.language import Bad, Context, Cure, Findings, RemoveEntry, Rule, SetKey, TracedLayer, at

ROOMY = 16
"""Channels of a group that are proposed where there are as many."""


def check(context: Context) -> Findings:
    """Norms within a sample whose every mean is of one number."""
    for layer in context.layers:
        if layer.arguments.normalizes is not None and _of_one(layer):
            refused = layer.arguments.normalizes is Statistics.CHANNEL
            yield at(
                layer,
                f"1 value per mean: a sample is {list(layer.output.shape)}",
                key="num_groups"
                if "num_groups" in type(layer.arguments).model_fields
                else "normalized_shape",
                consequence="the value is its own mean, and torch refuses to train: more than 1 is needed"
                if refused
                else "less its mean a number is 0, divided by its own size 1 or -1: what it was is lost",
                hint="put it where there are several values to compare, or leave it out",
                cures=_cures(layer),
            )


def _of_one(layer: TracedLayer) -> bool:
    """Whether each mean is of a single number, in training too; one over the batch is for AC304."""
    statistics, own = layer.arguments.normalizes, layer.mapped
    shape = layer.output.shape[own:]
    if statistics is Statistics.CHANNEL:
        kept = layer.frozen and layer.facts.buffers
        return prod(shape[1:]) == 1 and not kept
    if statistics not in (Statistics.GROUP, Statistics.FEATURES):
        return False
    reads = layer.facts.first_reads[own:]
    mixed = [read.reach == FEATURES or read.statistic for read in reads]
    # Of a group of several channels the axis is mixed; of groups of one it is read place by place.
    grouped = statistics is Statistics.GROUP and reads[0].reach == IDENTITY
    return (grouped or any(mixed)) and prod(
        size for size, axis in zip(shape, mixed, strict=True) if axis
    ) == 1


def _cures(layer: TracedLayer) -> tuple[Cure, ...]:
    """Means over more values of the sample, where it has more and the kind can take them; or no norm."""
    shape, fields = layer.output.shape[layer.mapped :], type(layer.arguments).model_fields
    removed = Cure((RemoveEntry(layer.origin),))
    if "normalized_shape" in fields and prod(shape) > 1:
        wider = SetKey(layer.origin, "normalized_shape", f"{list(shape)}")
        return Cure((wider,), f"{prod(shape):,} values"), removed
    if "num_groups" in fields and shape[0] > 1:
        groups = roomy_groups(shape[0])
        fewer = SetKey(layer.origin, "num_groups", f"{groups}")
        return Cure((fewer,), f"groups of {shape[0] // groups:,} values"), removed
    return (removed,)


def roomy_groups(channels: int) -> int:
    """The most groups of some channels each that the channels divide into; 1 where they are few."""
    fitting = (groups for groups in range(channels // ROOMY, 1, -1) if channels % groups == 0)
    return next(fitting, 1)


RULE = Rule(
    code="AC312",
    name="norm-on-one-value",
    severity="error",
    what="A GroupNorm, LayerNorm, RMSNorm or InstanceNorm whose every mean is of one number.",
    why=(
        "A normalisation takes the mean away and divides by what is left. Of one number nothing is left: a"
        " LayerNorm over a single feature and a GroupNorm with a channel to a group on a single position"
        " give their shift, whatever arrives, and an RMSNorm of one feature gives its sign. No gradient"
        " passes. It happens behind a global pool, where the positions that the groups used to have are"
        " gone, to series of one feature (steps, 1), and to LayerNorm on (C, 1, 1), which takes"
        " the last axis. torch refuses some of it: InstanceNorm on one position, also with running"
        " statistics as long as it trains, and GroupNorm for a batch of one. BatchNorm is AC304's."
    ),
    instead=(
        "Fewer groups than channels; `normalized_shape` with the axis of the channels; the norm before the"
        " pool; or none."
    ),
    source=(
        "torch.nn.functional.group_norm and instance_norm (their checks of the sizes); Wu & He, Group"
        " Normalization, 2018 (arXiv 1803.08494), section 3.1: the set over which a mean is taken; Ba, Kiros"
        " & Hinton, Layer Normalization, 2016 (arXiv 1607.06450)"
    ),
    good=(
        """\
inputs: {image: [64, 8, 8]}
layers:
  - {type: GroupNorm, num_groups: 64, note: an InstanceNorm by another name}
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - {type: GroupNorm, num_groups: 32}
""",
        """\
inputs: {image: [64, 8, 8]}
layers:
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - {type: LayerNorm, normalized_shape: [64, 1, 1]}
  - Flatten
  - LayerNorm
""",
        """\
inputs: {series: [100, 1]}
layers:
  - {type: LayerNorm, normalized_shape: [100, 1]}
  - {type: Transpose, dim0: 0, dim1: 1}
  - InstanceNorm1d
""",
        """\
inputs: {image: [64, 8, 8]}
layers:
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - {type: LocalResponseNorm, size: 1, note: takes no mean away}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [64, 8, 8]}
layers:
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - {type: GroupNorm, num_groups: 64}
""",
            line=4,
            column=35,
            message="1 value per mean: a sample is [64, 1, 1]",
        ),
        Bad(
            """\
inputs: {series: [100, 1]}
layers:
  - LayerNorm
  - {type: LSTM, hidden_size: 32}
""",
            line=3,
            column=5,
            message="1 value per mean: a sample is [100, 1]",
        ),
        Bad(
            """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 1}
  - {type: RMSNorm, normalized_shape: 1}
""",
            line=4,
            column=39,
            message="1 value per mean: a sample is [1]",
        ),
        Bad(
            """\
inputs: {image: [64, 8, 8]}
layers:
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - {type: InstanceNorm2d, name: norm, track_running_stats: true}
""",
            line=4,
            message="1 value per mean: a sample is [64, 1, 1]",
        ),
    ),
    check=check,
)
