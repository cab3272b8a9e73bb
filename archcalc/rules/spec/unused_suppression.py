"""AC002: a suppression that suppresses nothing."""

from archcalc.rules.language import Bad, Rule

RULE = Rule(
    code="AC002",
    name="unused-suppression",
    severity="warning",
    what="An `ignore` of a spec, a layer or a comment that no finding needs.",
    why=(
        "It says that something is wrong here which no longer is, and would hide the mistake when it"
        " comes back. Codes of rules that do not run (not selected, or off by default) are not judged."
    ),
    instead="Remove the code.",
    source=("archcalc's design rules"),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, ignore: [AC301]}
  - BatchNorm2d
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}  # archcalc: ignore[AC301] so are the weights
  - BatchNorm2d
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, ignore: [AC301]}
  - ReLU
""",
            line=3,
            column=62,
            message="AC301 is ignored here, but nothing of it is found",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - ReLU   # archcalc: ignore[AC301] no norm behind it
""",
            line=4,
            column=31,
            message="AC301 is ignored here, but nothing of it is found",
        ),
    ),
    check=None,
)
