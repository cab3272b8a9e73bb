"""AC503: a residual branch that ends with an activation and so can only add, never take away."""

from math import prod

from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.functions import bends, drops
from archcalc.rules.questions.maps import is_weighted
from archcalc.rules.questions.neighbours import producer


def check(context: Context) -> Findings:
    """Branches whose last activation lets no negative number through to the addition."""
    seen: set[str] = set()
    for shortcut in context.shortcuts:
        end = producer(context, shortcut.end, drops)
        known = context.ranges.get(end.name) if end else None
        if known is None or known.low < 0 or known.by is None or known.by.name in seen:
            continue
        in_branch = known.by in shortcut.body and any(map(is_weighted, shortcut.body))
        if not in_branch or not bends(known.by) or not shortcut.keeps_places:
            continue
        seen.add(known.by.name)
        from archcalc.rules.questions.removal import leaving_out

        yield at(
            known.by,
            f"it ends the branch that {shortcut.merge.subject} adds to {shortcut.fork}:"
            f" all its {prod(shortcut.end.tensor.shape):,} numbers are 0 or more",
            consequence="the sum can only grow from block to block: no branch can take anything back",
            hint="end the branch with its map or norm; activations go in front of it or behind the sum",
            cures=leaving_out(context, known.by, "the branch ends with its map or norm"),
        )


RULE = Rule(
    code="AC503",
    name="activation-on-residual-path",
    severity="warning",
    what="A residual branch whose last layer before the addition is an activation without negative numbers.",
    why=(
        "What a branch adds to the identity should be able to have either sign. Behind a ReLU, a Sigmoid or"
        " another function without negative numbers it can only add, so the signal grows from block to block"
        " and a later block cannot correct an earlier one. A ResNet of 110 layers with its ReLU moved there"
        " went from 6.6 % to 7.8 % error on CIFAR-10, and graph networks of the form x + ReLU(F(x)) gained"
        " from moving it. An activation behind the sum (the first ResNets) or in front of the branch is not"
        " meant, nor one that lets negative numbers through, nor a skip over other resolutions, where the"
        " sum joins features instead of correcting them."
    ),
    instead="Let the branch end with a convolution, a linear map or a norm.",
    source=(
        "He et al., Identity Mappings in Deep Residual Networks, 2016 (arXiv 1603.05027), section 4.1;"
        " Li et al., DeeperGCN, 2020 (arXiv 2006.07739)"
    ),
    good=(
        """\
inputs: {image: [16, 28, 28]}
layers:
  - {type: BasicBlock, width: 16, repeat: 2}
  - {type: PreActBlock, width: 16, repeat: 2}
""",
        """\
inputs: {image: [16, 28, 28]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
      - {type: LeakyReLU, negative_slope: 0.1}
""",
        """\
inputs: {image: [16, 28, 28]}
layers:
  - type: Residual      # LinkNet: features of two resolutions are joined
    body:
      - {type: Conv2d, out_channels: 32, kernel_size: 3, stride: 2, padding: 1}
      - ReLU
      - {type: ConvTranspose2d, out_channels: 16, kernel_size: 2, stride: 2}
      - ReLU
""",
        """\
inputs: {image: [16, 28, 28]}
layers:
  - type: Residual      # a gate, which multiplies
    body:
      - {type: Conv2d, out_channels: 16, kernel_size: 1}
      - Sigmoid
    merge: Multiply
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [16, 28, 28]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
      - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - {type: ReLU, name: relu}
    merge: {type: Add, name: add}
""",
            line=10,
            column=9,
            message="it ends the branch that add (Add) adds to image: all its 12,544 numbers are 0 or more",
        ),
        Bad(
            """\
inputs:
  x: [34, 16]
  edges: {shape: [2, 156], dtype: int64}
layers:
  - {type: GCNConv, name: conv, from: [x, edges], out_channels: 16}
  - {type: ReLU, name: relu}
  - {type: Dropout, name: drop}
  - {type: Add, from: [x, drop]}
""",
            line=6,
            message="adds to x: all its 544 numbers are 0 or more",
        ),
    ),
    check=check,
)
