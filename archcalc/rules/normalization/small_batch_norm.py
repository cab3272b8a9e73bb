"""AC303: statistics over a batch of a few samples."""

from math import prod

from archcalc.cures.making import all_of, retyped, stating
from archcalc.layers.mathematics import Statistics
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at_spec
from archcalc.rules.questions.maps import is_of_nodes

MOST_GROUPS = 32
"""Groups that Wu & He take."""
FEWEST = 8
"""Samples on a device from which on Wu & He measured less than 2 points more error than with 32."""


def check(context: Context) -> Findings:
    """Batches of fewer than ``FEWEST`` samples with BatchNorms in training."""
    batch = context.spec.training.batch_size
    if batch is None or batch >= FEWEST:
        return
    if any(map(is_of_nodes, context.layers)):
        return  # a sample is a graph, whose nodes are samples to its layers
    norms = [layer for layer in context.layers if by_batch(layer) and values(layer, batch) > 1]
    if not norms:
        return
    fewest = min(norms, key=lambda layer: values(layer, batch))
    count = f"{context.count(norms):,} BatchNorm layers take" if len(norms) > 1 else "1 BatchNorm layer takes"
    samples = f"{batch} samples" if batch > 1 else "1 sample"
    yield at_spec(
        context,
        ("training", "batch_size"),
        f"{count} statistics over {samples}, {fewest.subject} over {values(fewest, batch):,} values",
        consequence="means of so few samples are noise: at Wu & He 2 samples had 34.7% error, 32 had 23.6%",
        hint=f"{FEWEST} samples or more on a device, SyncBatchNorm over several devices, or GroupNorm",
        cures=(
            stating(("training", "batch_size"), FEWEST, because="on each device"),
            all_of(*(_by_group(layer) for layer in norms), because="its means are of one sample"),
        ),
    )


def _by_group(layer: TracedLayer) -> Cure:
    """A norm of each sample in the place of one over the batch: groups of 8 channels or more, 32 at most."""
    channels = layer.output.shape[layer.mapped]
    fitting = (count for count in range(MOST_GROUPS, 1, -1) if channels % count == 0)
    groups = next((count for count in fitting if channels // count >= FEWEST), 1)
    return retyped(layer, "GroupNorm", num_groups=groups)


def by_batch(layer: TracedLayer) -> bool:
    """Whether it is a BatchNorm that normalises with the statistics of the batch in training.

    A frozen one has the running statistics that it came with, where it has any.
    """
    kept = layer.frozen and layer.facts.buffers
    return layer.arguments.normalizes is Statistics.BATCH and not kept


def values(layer: TracedLayer, batch: int) -> int:
    """Numbers of which each mean is taken: samples times positions, and those along which it is mapped."""
    own, shape = layer.mapped, layer.output.shape
    return batch * prod(shape[:own]) * prod(shape[own + 1 :])


RULE = Rule(
    code="AC303",
    name="small-batch-norm",
    severity="warning",
    what=f"BatchNorm in a network whose `training: {{batch_size}}` is less than {FEWEST}.",
    why=(
        "In training BatchNorm uses the mean and the variance of the batch as if they were those of the"
        " data. The positions of one image are much alike, so what counts is the number of samples: Wu & He"
        " trained ResNet-50 on ImageNet with 32, 16, 8, 4 and 2 images on a device and had 23.6, 23.7, 24.8,"
        " 27.3 and 34.7% validation error, where GroupNorm had between 24.0 and 24.2%. `batch_size` counts"
        " the samples on one device; where SyncBatchNorm takes the statistics over several devices, ignore"
        " the rule and say so. A frozen BatchNorm uses fixed statistics and is not meant."
    ),
    instead=(
        "GroupNorm (32 groups in the paper) or InstanceNorm; statistics over all devices (SyncBatchNorm);"
        " a pretrained BatchNorm that is `frozen`; or a larger batch."
    ),
    source="Wu & He, Group Normalization, 2018 (arXiv 1803.08494), table 2",
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  - BatchNorm2d
training: {batch_size: 8}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - {type: GroupNorm, num_groups: 4}
training: {batch_size: 2}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false, frozen: true}
  - {type: BatchNorm2d, frozen: true, note: a detector's pretrained backbone}
training: {batch_size: 2}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  - BatchNorm2d
training: {batch_size: 2}
""",
            line=5,
            column=24,
            message="layer takes statistics over 2 samples, batchnorm2d_0 (BatchNorm2d) over 1,800 values",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: DoubleConv, width: 8, padding: 1, norm: true}
training:
  batch_size: 4   # all that fits
  samples: 10000
""",
            line=5,
            message="2 BatchNorm layers take statistics over 4 samples",
        ),
    ),
    check=check,
)
