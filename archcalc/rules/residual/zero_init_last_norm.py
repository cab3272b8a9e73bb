"""AC504: the last norm of a residual branch, which could start at 0."""

from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.functions import drops, normalizes
from archcalc.rules.questions.neighbours import producer


def check(context: Context) -> Findings:
    """Norms with a scale that only droppings part from the addition that ends a branch."""
    seen: set[str] = set()
    for shortcut in context.shortcuts:
        norm = producer(context, shortcut.end, drops)
        if norm is None or norm not in shortcut.body or not shortcut.bends or norm.name in seen:
            continue
        if not normalizes(norm) or "weight" not in norm.facts.weights or "weight" in norm.untrained:
            continue
        if not context.first_weights.of(norm).get("weight"):
            continue  # the spec says that they do
        seen.add(norm.name)
        scales = context.params.layers[norm.name].weights["weight"][0]
        yield at(
            norm,
            f"its {scales:,} scales end the branch that {shortcut.merge.subject} adds, and start at 1",
            consequence="the first steps train a block that already adds as much as it passes on",
            hint="set them to 0 before training (zero_init_residual in torchvision); no number here changes",
        )


RULE = Rule(
    code="AC504",
    name="zero-init-last-norm",
    severity="info",
    what="A residual branch that ends with a norm, whose scales could start at 0.",
    why=(
        "With the scales of its last norm at 0 a block is the identity when training begins: the network"
        " starts as a shallow one, and every block adds itself when it has something to add. It makes large"
        " batches and the first epochs easier. Where the spec says `init: zeros` of the norm it starts so;"
        " others say it in the training script, so this is a reminder, and off unless it is selected."
    ),
    instead="Start the scales of that norm at 0: `init: zeros`, or `nn.init.zeros_(block.bn2.weight)`.",
    source="Goyal et al., Accurate, Large Minibatch SGD, 2017 (arXiv 1706.02677), section 5.1",
    good=(
        """\
inputs: {image: [16, 28, 28]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - {type: BatchNorm2d, init: zeros}
""",
        """\
inputs: {image: [16, 28, 28]}
layers:
  - {type: PreActBlock, width: 16, repeat: 2}
""",
        """\
inputs: {image: [16, 28, 28]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - {type: BatchNorm2d, affine: false, note: it has no scales}
""",
        """\
inputs: {tokens: [16, 32]}
layers:
  - type: Residual
    body:
      - {type: Linear, out_features: 64}
      - GELU
      - {type: Linear, out_features: 32}
  - {type: LayerNorm, note: behind the sum}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [16, 28, 28]}
layers:
  - {type: BasicBlock, name: block, width: 16, repeat: 2}
""",
            line=3,
            column=5,
            message="its 16 scales end the branch that block.0.add (Add) adds, and start at 1",
        ),
        Bad(
            """\
inputs: {image: [16, 28, 28]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
      - ReLU
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
      - {type: GroupNorm, num_groups: 4}
      - {type: StochasticDepth, p: 0.1, mode: row}
""",
            line=8,
            message="its 16 scales end the branch that add_0 (Add) adds",
        ),
    ),
    check=check,
)
