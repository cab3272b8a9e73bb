"""AC304: a mean of one number."""

from archcalc.cures.making import retyped, stating
from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.normalization.small_batch_norm import FEWEST, by_batch, by_group, values


def check(context: Context) -> Findings:
    """BatchNorms with one value per channel: a batch of one sample that has one position."""
    batch = context.spec.training.batch_size
    for layer in context.layers if batch == 1 else ():
        if by_batch(layer) and values(layer, 1) == 1:
            yield at(
                layer,
                f"1 value per channel: training.batch_size is 1, and a sample is {list(layer.output.shape)}",
                consequence="the value is its own mean, and torch refuses to train: more than 1 is needed",
                hint="LayerNorm or GroupNorm take the mean over features; or train with larger batches",
                cures=(
                    by_group(layer) if len(layer.output.shape) > 1 else retyped(layer, "LayerNorm"),
                    stating(("training", "batch_size"), FEWEST),
                ),
            )


RULE = Rule(
    code="AC304",
    name="batch-norm-on-one-value",
    severity="error",
    what="A BatchNorm over features, or over maps of one position, with `training: {batch_size: 1}`.",
    why=(
        "The mean of one number is the number and its variance is 0, so every channel would become its"
        " shift, whatever came in. torch stops the training there: `Expected more than 1 value per channel"
        " when training`. It happens behind global pools, as in the image branch of an ASPP, and to the last"
        " batch of an epoch where one sample is left over (`drop_last` of the DataLoader). With two samples"
        " each channel becomes plus or minus 1 before its scale and shift; AC303 tells of such small batches."
    ),
    instead="LayerNorm, or GroupNorm before the pool; no normalisation behind a global pool; a larger batch.",
    source="torch.nn.functional.batch_norm (its check of the batch in training)",
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
    ),
    check=check,
)
