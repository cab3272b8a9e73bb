"""AC307: a BatchNorm whose variance a Dropout raises in training alone."""

from typing import cast

from archcalc.cures.making import all_of, moved, setting
from archcalc.layers.mathematics import Statistics
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.functions import drops
from archcalc.rules.questions.maps import is_map
from archcalc.rules.questions.neighbours import producer


def check(context: Context) -> Findings:
    """BatchNorms that read what a Dropout gives, with no weights between."""
    for norm in context.layers:
        if norm.arguments.normalizes is not Statistics.BATCH or norm.frozen or not norm.facts.buffers:
            continue
        # A factor passes such a function: what is dropped stays 0, the rest stays scaled.
        dropout = producer(context, norm.inputs[0], lambda layer: layer.arguments.homogeneous)
        if dropout is None or not drops(dropout) or dropout.arguments.keeps_moments:
            continue
        p = cast("float", getattr(dropout.arguments, "p", 0))
        if not 0 < p < 1:
            continue
        yield at(
            dropout,
            f"with p {p:g} it raises the variance that {norm.subject} sees {1 / (1 - p):.3g} times"
            " in training, and not at inference",
            consequence="the running variance is that of training, so everything comes out too small later",
            key="p",
            hint="put it behind the normalisation, best behind the last one, or leave it out",
            cures=_cures(context, dropout, norm),
        )


def _cures(context: Context, dropout: TracedLayer, norm: TracedLayer) -> tuple[Cure, ...]:
    """The dropout elsewhere or gone, and no bias that the norm would take away then."""
    from archcalc.rules.questions.removal import leaving_out

    elsewhere = (moved(dropout, norm), *leaving_out(context, dropout))
    linear = producer(context, dropout.inputs[0])
    if producer(context, norm.inputs[0]) is not dropout or linear is None or not is_map(linear):
        return elsewhere
    unbiased = (setting(linear, bias=False),) if "bias" in linear.facts.weights else ()
    return tuple(all_of(cure, *unbiased) for cure in elsewhere)


RULE = Rule(
    code="AC307",
    name="dropout-before-batch-norm",
    severity="warning",
    what="A Dropout whose numbers a BatchNorm reads with no weights between.",
    why=(
        "Dropout sets a share p of the numbers to 0 and divides the others by 1 - p. The mean stays, but the"
        " variance grows at least 1 / (1 - p) times. BatchNorm learns its running variance from that, and at"
        " inference, where nothing is dropped, divides by a standard deviation that is too large. Li et al."
        " measured this shift of the variance and what it costs; with weights between, the more features"
        " they mix the smaller it is, which is why only the direct case is reported."
    ),
    instead="Dropout behind the normalisation and its activation, or only behind the last BatchNorm.",
    source=(
        "Li, Chen, Hu & Yang, Understanding the Disharmony between Dropout and Batch Normalization by"
        " Variance Shift, 2018 (arXiv 1801.05134)"
    ),
    good=(
        """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 64, bias: false}
  - BatchNorm1d
  - ReLU
  - {type: Dropout, p: 0.5}
  - {type: Linear, out_features: 4}
""",
        """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 64}
  - {type: Dropout, p: 0.0, note: switched off}
  - BatchNorm1d
""",
        """\
inputs: {features: [32]}
layers:
  - {type: Dropout, p: 0.2}
  - {type: Linear, out_features: 64, bias: false, note: mixes 32 features}
  - BatchNorm1d
""",
        """\
inputs: {features: [32]}
layers:
  - SELU
  - {type: AlphaDropout, p: 0.1, note: keeps mean and variance}
  - BatchNorm1d
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [32]}
layers:
  - {type: Linear, out_features: 64}
  - {type: Dropout, p: 0.5}
  - {type: BatchNorm1d, name: bn}
""",
            line=4,
            column=24,
            message="with p 0.5 it raises the variance that bn (BatchNorm1d) sees 2 times in training",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - type: Dropout2d
    p: 0.2
  - ReLU
  - {type: BatchNorm2d, name: bn}
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
""",
            line=5,
            message="it raises the variance that bn (BatchNorm2d) sees 1.25 times",
        ),
    ),
    check=check,
)
