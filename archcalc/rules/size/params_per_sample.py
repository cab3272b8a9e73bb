"""AC702: far more trained parameters than the training set has to say."""

from math import prod

from archcalc.rules.language import Bad, Context, Findings, Port, Rule, at_spec
from archcalc.rules.questions.goal import scores

MANY = 1_000
"""Parameters for every prediction of the training set; published networks from scratch stay below."""


def check(context: Context) -> Findings:
    """More than 1,000 trained parameters for every prediction that the training set can correct."""
    samples = context.spec.training.samples
    trained = context.params.trainable
    if samples is None:
        return
    each = sum(_predictions(context, port) for port in context.trace.outputs)
    if not each or trained <= MANY * samples * each:
        return
    places = "" if each == 1 else f" of {each:,} predictions each"
    largest = max(context.layers, key=lambda layer: context.params.layers[layer.name].trainable)
    share = context.params.layers[largest.name].trainable
    yield at_spec(
        context,
        ("training", "samples"),
        f"{trained:,} trained params for {samples:,} samples{places}: {trained / samples / each:,.0f} for"
        " every prediction",
        consequence="it can learn the training set by heart, and will know little else",
        hint=f"fewer params ({largest.subject} has {share:,}), more samples, or frozen: true for what is"
        " pretrained",
    )


def _predictions(context: Context, port: Port) -> int:
    """Positions of an output: its numbers but for the axis of the classes, the shortest if none is known."""
    counted, numbers = scores(context, port), prod(port.tensor.shape)
    if counted is not None and counted[1] and numbers % counted[1] == 0:
        return numbers // counted[1]
    sizes = [size for size in port.tensor.shape if size > 1]
    return prod(sizes) // min(sizes) if len(sizes) > 1 else 1


RULE = Rule(
    code="AC702",
    name="params-per-sample",
    severity="warning",
    what="More than 1,000 trained parameters a prediction in the training set (`training: {samples}`).",
    why=(
        "Large networks generalise with more parameters than samples, but not with any number of them: where"
        " they can store the set, only augmentation, regularisation and early stopping keep them from it."
        " Image classifiers that were trained from scratch mostly have less than a thousand a sample:"
        " ResNet-50 20 and VGG-16 108 on ImageNet, WRN-28-10 730 on CIFAR-10. Beyond that the weights are"
        " mostly borrowed: pretrained ones, which should be frozen or are fine-tuned with care. Outputs"
        " with positions (segmentation, tokens) are corrected at each of them, and count so often."
    ),
    instead=(
        "Take a smaller network, freeze pretrained layers, get more samples; where all of it is fine-tuned"
        " from pretrained weights, say so with a suppression."
    ),
    source=(
        "Zhang et al., Understanding Deep Learning Requires Rethinking Generalization, 2017 (arXiv"
        " 1611.03530); Zagoruyko & Komodakis, Wide Residual Networks, 2016 (arXiv 1605.07146)"
    ),
    good=(
        """\
inputs: {features: [100]}
layers:
  - {type: Linear, out_features: 1000}
  - ReLU
  - {type: Linear, out_features: 10}
training: {samples: 5000}
""",
        """\
inputs: {features: [2048]}
layers:
  - {type: Linear, out_features: 4096, frozen: true, note: pretrained}
  - ReLU
  - {type: Linear, out_features: 10}
training: {samples: 500}
""",
        """\
inputs: {image: [1, 128, 128]}     # 30 images, each of 16,384 pixels to label
layers:
  - {type: DoubleConv, width: 64, repeat: 4}
  - {type: Conv2d, out_channels: 2, kernel_size: 1}
training: {samples: 30}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [1000]}
layers:
  - {type: Linear, name: wide, out_features: 4096}
  - ReLU
  - {type: Linear, out_features: 10}
training: {samples: 500, batch_size: 32}
""",
            line=6,
            column=21,
            message="4,141,066 trained params for 500 samples: 8,282 for every prediction",
        ),
        Bad(
            """\
inputs: {series: [16, 8]}
layers:
  - {type: LSTM, hidden_size: 256}
  - {type: Linear, out_features: 4}
training:
  samples: 10
""",
            line=6,
            message="273,412 trained params for 10 samples of 16 predictions each",
        ),
    ),
    check=check,
)
