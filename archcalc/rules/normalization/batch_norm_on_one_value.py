"""AC304: a mean of one number."""

from typing import TYPE_CHECKING

from archcalc.cures.making import stating
from archcalc.rules.language import (
    Bad,
    Context,
    Cure,
    Findings,
    Replace,
    Rule,
    SetValue,
    TracedLayer,
    at,
    at_spec,
)
from archcalc.rules.normalization.norm_on_one_value import roomy_groups
from archcalc.rules.normalization.small_batch_norm import FEWEST, by_batch, values
from archcalc.rules.questions.batches import batch_size_near, last_batch
from archcalc.rules.questions.maps import is_of_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence


def check(context: Context) -> Findings:
    """BatchNorms with one value per channel: a batch of one sample that has one position."""
    training = context.spec.training
    single = training.batch_size == 1
    if not single and last_batch(context) != 1:
        return
    alone = [layer for layer in context.layers if by_batch(layer) and values(layer, 1) == 1]
    if any(map(is_of_nodes, context.layers)):  # with two axes it is on nodes, of which a sample has many
        alone = [layer for layer in alone if len(layer.output.shape) == layer.mapped + 1]
    if not single:
        yield from _left_over(context, alone)
        return
    for layer in alone:
        yield at(
            layer,
            f"1 value per channel: training.batch_size is 1, and a sample is {list(layer.output.shape)}",
            consequence="the value is its own mean, and torch refuses to train: more than 1 is needed",
            hint="LayerNorm or GroupNorm take the mean over features; or train with larger batches",
            cures=(*_within_a_sample(layer), stating(("training", "batch_size"), FEWEST)),
        )


def _within_a_sample(layer: TracedLayer) -> tuple[Cure, ...]:
    """Means over the features of a sample, under the same name."""
    channels, name = layer.output.shape[layer.mapped], layer.origin.written("name")
    if channels == 1:
        return ()
    groups = roomy_groups(channels)
    entry = {"type": "GroupNorm", **({"name": name} if name else {}), "num_groups": groups}
    return (
        Cure((Replace(layer.origin, (entry,)),), f"means over {channels // groups:,} features of a sample"),
    )


def _left_over(context: Context, alone: "Sequence[TracedLayer]") -> Findings:
    """The last batch of an epoch, of one sample: one finding, however many layers it stops at."""
    batch, samples = context.spec.training.batch_size, context.spec.training.samples
    if not alone or batch is None or samples is None:
        return
    first, more = alone[0], context.count(alone) - 1
    others = f" (and {more:,} more)" if more else ""
    yield at_spec(
        context,
        ("training", "batch_size"),
        f"{samples:,} samples in batches of {batch:,} leave a last batch of 1, in which {first.subject}"
        f"{others} has 1 value per channel: a sample is {list(first.output.shape)}",
        consequence="the value is its own mean, and torch stops there: more than 1 is needed to train",
        hint="train on more than 1 sample",
        cures=_other_batches(batch, samples) if samples > 1 else (),
    )


def _other_batches(batch: int, samples: int) -> tuple[Cure, ...]:
    dropped = Cure((SetValue(("training", "drop_last"), True),), "the last batch is left out")  # noqa: FBT003  as it is written
    other = batch_size_near(batch, samples)
    if other is None:
        return (dropped,)
    left = f"the last batch has {samples % other or other:,}"
    return dropped, Cure((SetValue(("training", "batch_size"), other),), left)


RULE = Rule(
    code="AC304",
    name="batch-norm-on-one-value",
    severity="error",
    what=(
        "A BatchNorm over features, or over maps of one position, in a batch of one sample: `training:"
        " {batch_size: 1}`, or the one that `samples` leave over."
    ),
    why=(
        "The mean of one number is the number and its variance is 0, so every channel would become its"
        " shift, whatever came in. torch stops the training there: `Expected more than 1 value per channel"
        " when training`. It happens behind global pools, as in the image branch of an ASPP, and to the last"
        " batch of an epoch where one sample is left over: 2,975 images in batches of 2 train for 1,487"
        " steps and then stop. The DataLoader's `drop_last` leaves that batch out. With two samples"
        " each channel becomes plus or minus 1 before its scale and shift; AC303 tells of such small batches."
    ),
    instead=(
        "LayerNorm, or GroupNorm before the pool; no normalisation behind a global pool; a larger batch."
        " For a last batch of one `drop_last: true`, or a batch size with another remainder."
    ),
    source=(
        "torch.nn.functional.batch_norm (its check of the batch in training); torch.utils.data.DataLoader"
        " (documentation of drop_last)"
    ),
    good=(
        """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 16, bias: false}
  - BatchNorm1d
training: {batch_size: 64}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - {type: BatchNorm2d, note: how large the batch is is not said}
""",
        """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 16}
  - LayerNorm
training: {batch_size: 1}
""",
        """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 16}
  - {type: BatchNorm1d, frozen: true}
training: {batch_size: 1}
""",
        """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 16, bias: false}
  - BatchNorm1d
training: {batch_size: 16, samples: 2977, drop_last: true}
""",
        """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 16, bias: false}
  - BatchNorm1d
training: {batch_size: 16, samples: 2978}   # two are left over
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  - {type: BatchNorm2d, note: one image has 900 values per channel}
training: {batch_size: 16, samples: 2977}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 16, bias: false}
  - BatchNorm1d
training: {batch_size: 1}
""",
            line=4,
            column=5,
            message="1 value per channel: training.batch_size is 1, and a sample is [16]",
        ),
        Bad(
            """\
inputs: {image: [64, 8, 8]}
layers:
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - {type: Conv2d, out_channels: 16, kernel_size: 1, bias: false}
  - {type: BatchNorm2d, name: bn}
training: {batch_size: 1}
""",
            line=5,
            message="1 value per channel: training.batch_size is 1, and a sample is [16, 1, 1]",
        ),
        Bad(
            """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 16, bias: false}
  - {type: BatchNorm1d, name: bn}
  - ReLU
  - {type: Linear, out_features: 4}
training:
  samples: 50001
  batch_size: 100
""",
            line=9,
            column=15,
            message="50,001 samples in batches of 100 leave a last batch of 1, in which bn (BatchNorm1d)",
        ),
    ),
    check=check,
)
