"""AC003: a suppression that names no rule."""

from archcalc.rules.language import Bad, Rule

RULE = Rule(
    code="AC003",
    name="unknown-code",
    severity="warning",
    what="An `ignore` of a spec, a layer or a comment with a code that no rule has, or with none.",
    why="It suppresses nothing, mostly because of a slip of the pen.",
    instead="Write a code or a name that `archcalc explain` knows, or the beginning of a code such as AC3.",
    source=("archcalc's design rules"),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, ignore: [AC3]}
  - BatchNorm2d
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}   # archcalc: ignore[bias-before-norm] as published
  - BatchNorm2d
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, ignore: [AC999]}
""",
            line=3,
            column=62,
            message="unknown rule code 'AC999'",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}   # archcalc: ignore it is meant
""",
            line=3,
            column=55,
            message="names no rule code",
        ),
    ),
    check=None,
)
