"""AC102: an input that no layer reads."""

from archcalc.rules.language import Bad, Context, Cure, DropKey, Findings, Rule, at_spec
from archcalc.tracing.records import Origin


def check(context: Context) -> Findings:
    """Inputs that no layer reads."""
    inputs = Origin(context.model.document, ("inputs",))
    for found in context.trace.findings:
        if found.is_input:
            yield at_spec(
                context,
                ("inputs", found.source),
                found.what,
                at_key=True,
                consequence="the network's answer cannot depend on it",
                hint=found.hint,
                cures=(Cure((DropKey(inputs, found.source),)),),
            )


RULE = Rule(
    code="AC102",
    name="unused-input",
    severity="warning",
    what="An input that no layer reads.",
    why=(
        "Layers read the one before them, and the first layer the first input: a second input is only"
        " read where a `from` names it. Data that are loaded and never read are mostly a forgotten merge."
    ),
    instead="Name the input in the `from` of the layer that is to read it, or remove it.",
    source=("archcalc's spec language: order and wiring"),
    good=(
        """\
inputs: {image: [8, 32, 32], depth: [8, 32, 32]}
layers:
  - {type: Concat, from: [image, depth]}
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
""",
    ),
    bad=(
        Bad(
            """\
inputs:
  image: [3, 32, 32]
  depth: [1, 32, 32]
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
""",
            line=3,
            column=3,
            message="no layer reads this input",
        ),
    ),
    check=check,
)
