"""AC001: a spec that cannot be read, traced or analysed."""

from archcalc.rules.language import Bad, Rule

RULE = Rule(
    code="AC001",
    name="untraceable",
    severity="error",
    what="A spec that cannot be read or traced: one finding for each independent error.",
    why=(
        "No other rule can look at it, so it is reported whatever is selected. It can be ignored by its"
        " code on the command line, in pyproject.toml and per file, but not from within the spec."
    ),
    instead="Mend the errors, the first one first; `archcalc shapes` shows the layers above it.",
    source=("archcalc's spec language"),
    good=("inputs: {x: [3, 8, 8]}\nlayers: [ReLU]\n",),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: stem, out_channels: 8, kernel: 3}
""",
            line=3,
            column=49,
            message="unknown key 'kernel'",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, groups: 2}
""",
            line=3,
            column=61,
            message="3 input channels do not divide into 2 groups",
        ),
    ),
    check=None,
)
