"""AC405: a regression that can give no negative number."""

from math import inf

from archcalc.cures.making import retyped
from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.functions import cuts_below_zero, gives
from archcalc.rules.questions.goal import heads, regresses


def check(context: Context) -> Findings:
    """ReLUs whose numbers leave a network with ``task: regression``."""
    if not regresses(context):
        return
    for head in heads(context, cuts_below_zero):
        high = gives(head.layer).high
        ends = "below 0" if high == inf else f"below 0 or above {high:g}"
        from archcalc.rules.questions.removal import leaving_out

        yield at(
            head.layer,
            f"no prediction can be {ends}",
            consequence="targets beyond are never met, and where it gives 0 nothing is learnt from the error",
            hint="remove it; for targets that are never negative Softplus keeps a gradient",
            cures=(
                *leaving_out(context, head.layer),
                retyped(head.layer, "Softplus", "targets that are never negative keep a gradient"),
            ),
        )


RULE = Rule(
    code="AC405",
    name="relu-on-regression-output",
    severity="warning",
    what="A ReLU at the end of a network with `task: regression`.",
    why=(
        "A linear output can give every number, a ReLU none below 0. Worse, its gradient is 0 there: a"
        " prediction that has fallen to 0 for all samples stays at 0, however large the error. Only `task:"
        " regression` is judged; a network for images or depth may have good reasons."
    ),
    instead="No activation; Softplus, or the exponential of the output, for targets that are never negative.",
    source="Goodfellow, Bengio & Courville, Deep Learning, 2016, section 6.2.2 (output units)",
    good=(
        """\
inputs: {features: [16]}
task: regression
loss: MSELoss
layers:
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Linear, out_features: 1}
""",
        """\
inputs: {features: [16]}
task: regression
loss: L1Loss
layers:
  - {type: Linear, out_features: 1}
  - {type: Softplus, note: a price}
""",
        """\
inputs: {image: [3, 32, 32]}
task: depth_estimation
loss: L1Loss
layers:
  - {type: Conv2d, out_channels: 1, kernel_size: 3}
  - {type: ReLU, note: depth is never negative}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [16]}
task: regression
loss: MSELoss
layers:
  - {type: Linear, out_features: 1}
  - ReLU
""",
            line=6,
            column=5,
            message="no prediction can be below 0",
        ),
        Bad(
            """\
inputs: {features: [16]}
task: age_regression
layers:
  - {type: Linear, name: age, out_features: 1}
  - {type: ReLU6, name: bounded}
  - {type: Unsqueeze, dim: 0}
""",
            line=5,
            message="no prediction can be below 0 or above 6",
        ),
    ),
    check=check,
)
