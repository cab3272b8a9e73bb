"""AC301: a bias that the normalisation behind it takes away again."""

from math import prod

from archcalc.facts import IDENTITY, AxisRead
from archcalc.layers.mathematics import Statistics
from archcalc.rules.entries import conditional
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, SetKey, TracedLayer, at
from archcalc.rules.questions.maps import mixed_axis
from archcalc.rules.questions.neighbours import way_behind


def check(context: Context) -> Findings:
    """Convolutions and linear maps with a bias that only a norm with a mean per channel reads."""
    for layer in context.layers:
        if not _adds_per_channel(layer):
            continue
        between, norm = way_behind(context, layer, _hands_on_bias)
        if norm is None or not _takes_means_per_channel(norm):
            continue
        if f"{layer.name}.bias" in context.trace.shared:
            continue  # another layer with the same bias may well feel it
        numbers = prod(layer.facts.weights["bias"])
        behind = f", behind {between[0].subject}" if between else ""
        shift = (
            "the normalisation has a shift of its own" if "bias" in norm.facts.weights else "nothing changes"
        )
        yield at(
            layer,
            f"its bias of {numbers:,} numbers has no effect: only {norm.subject} reads it{behind}",
            key="bias",
            consequence="the mean of each channel is subtracted, and the bias with it: its gradient is 0",
            hint=f"write bias: false; {shift}",
            edits=_edits(layer, (*between, norm)),
            cures=(Cure((SetKey(layer.origin, "bias", "false"),), shift),),
        )


def _takes_means_per_channel(norm: TracedLayer) -> bool:
    """Whether it subtracts the mean of each channel (axis 0), as of what arrives now."""
    centred = norm.arguments.normalizes in (Statistics.BATCH, Statistics.CHANNEL, Statistics.GROUP)
    if not centred or (norm.frozen and norm.facts.buffers):
        return False
    return norm.facts.first_reads[norm.mapped].reach == IDENTITY


def _hands_on_bias(layer: TracedLayer) -> bool:
    """Whether a number added to a whole channel is added to what it gives: max(x + b) = max(x) + b."""
    own = layer.mapped
    kept = layer.arguments.passes is not None and layer.facts.first_reads[own : own + 1] == (
        AxisRead(own, IDENTITY),
    )
    return kept and all(layer.arguments.image((x, x)) == (x, x) for x in (1.0, 2.0))  # no constant beside it


def _adds_per_channel(layer: TracedLayer) -> bool:
    """Whether it adds one number to each channel (axis 0), where BatchNorm takes its means."""
    biased = "bias" in layer.facts.weights and "bias" in type(layer.arguments).model_fields
    return biased and layer.arguments.linear and mixed_axis(layer) == layer.mapped


def _edits(layer: TracedLayer, readers: tuple[TracedLayer, ...]) -> tuple[SetKey, ...]:
    """Without a bias, unless the normalisation can be left out or the bias hangs on an expression."""
    varies = any(conditional(reader.origin, beside=layer.origin) for reader in readers)
    if varies or isinstance(layer.origin.written("bias"), str):
        return ()
    return (SetKey(layer.origin, "bias", "false"),)


RULE = Rule(
    code="AC301",
    name="bias-before-norm",
    severity="warning",
    what="A convolution or linear layer with a bias whose only reader is a BatchNorm or InstanceNorm.",
    why=(
        "They subtract the mean of each channel, so a number that was added to the whole channel is taken"
        " away again, also behind a max pool: the bias changes nothing, its gradient is zero, and weight"
        " decay and the optimizer's states are spent on it. GroupNorm with a channel to a group does the"
        " same. LayerNorm, and GroupNorm over several channels, take one mean over many channels and keep"
        " the differences between biases, so they are not meant here; nor is a frozen BatchNorm, whose"
        " means no longer follow the bias."
    ),
    instead="Write `bias: false`; the shift of the normalisation does what the bias was for.",
    source=(
        "Ioffe & Szegedy, Batch Normalization, 2015 (arXiv 1502.03167), section 3.2; Ulyanov, Vedaldi &"
        " Lempitsky, Instance Normalization, 2016 (arXiv 1607.08022)"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  - BatchNorm2d
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - {type: GroupNorm, num_groups: 2}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: read_twice, out_channels: 8, kernel_size: 3}
  - BatchNorm2d
  - {type: Add, from: [read_twice, batchnorm2d_0]}
""",
        """\
inputs: {tokens: [16, 8]}
layers:
  - {type: Linear, out_features: 8}
  - {type: BatchNorm1d, note: its channels are the 16 tokens, ignore: [AC112]}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}   # the default is a bias
  - BatchNorm2d
""",
            line=3,
            column=5,
            message="its bias of 8 numbers has no effect: only batchnorm2d_0 (BatchNorm2d) reads it",
        ),
        Bad(
            """\
inputs: {features: [32]}
layers:
  - type: Linear
    out_features: 16
    bias: true        # put in by hand
  - BatchNorm1d
  - ReLU
""",
            line=5,
            column=11,
            message="its bias of 16 numbers has no effect",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - {type: MaxPool2d, name: pool, kernel_size: 2}
  - {type: InstanceNorm2d, name: norm}
  - ReLU
""",
            line=3,
            message="has no effect: only norm (InstanceNorm2d) reads it, behind pool (MaxPool2d)",
        ),
    ),
    check=check,
    fixable=True,
)
