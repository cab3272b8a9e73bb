"""AC502: a projection on a shortcut that could be the identity."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.cures.making import keys_set
from archcalc.rules.language import Bad, Context, Cure, DropKey, Findings, Rule, SetKey, TracedLayer, at
from archcalc.rules.questions.functions import in_place, normalizes
from archcalc.rules.questions.maps import is_projection
from archcalc.rules.questions.shortcuts import Shortcut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.tracing.records import Origin


def check(context: Context) -> Findings:
    """Shortcuts with one linear map at every position, which keeps the shape."""
    seen: set[str] = set()
    for shortcut in context.shortcuts:
        maps = [layer for layer in shortcut.way if not (in_place(layer) or normalizes(layer))]
        if len(maps) != 1 or not is_projection(maps[0]) or not _needless(shortcut) or maps[0].name in seen:
            continue
        seen.add(maps[0].name)
        own = maps[0].facts.elements
        shape = list(shortcut.fork.tensor.shape)
        yield at(
            maps[0],
            f"it projects {shape} of {shortcut.fork} onto {shape}, where the identity would do"
            f" ({own:,} params)",
            consequence="signal and gradient pass a product of all projections instead of arriving unchanged",
            hint="leave it out; a block that changes shapes too can give it a `when`, as BasicBlock does",
            cures=_cures(context, shortcut, maps[0]),
        )


def _cures(context: Context, shortcut: Shortcut, projection: TracedLayer) -> tuple[Cure, ...]:
    """The whole shortcut left out of a Residual, or the one layer on a way that is written by hand."""
    origin = shortcut.way[0].origin
    if "shortcut" in origin.path:
        outer = len(origin.path) - origin.path[::-1].index("shortcut") - 1
        container = replace(origin, path=origin.path[:outer])
        whole = Cure((DropKey(container, "shortcut"),), "the identity would do")
        return whole, *_where_needed(container, projection)
    from archcalc.rules.questions.removal import leaving_out

    return leaving_out(context, shortcut.way[0]) if len(shortcut.way) == 1 else ()


def _where_needed(container: "Origin", projection: TracedLayer) -> "Iterator[Cure]":
    """A shortcut of a block of the spec that is there where the block changes the shape."""
    channels = projection.origin.written("out_channels")
    entries = container.written("shortcut")
    if container.use is None or channels is None or not isinstance(entries, list):
        return
    stride = projection.origin.written("stride") or 1
    wanted, step = (f"({str(value).removeprefix('=').strip()})" for value in (channels, stride))
    changing = f"({step} != 1 or block.in_channels != {wanted})"
    changes: list[SetKey] = []
    for index in range(len(cast("list[object]", entries))):
        place = replace(container, path=(*container.path, "shortcut", index))
        now = place.written("when")
        also = f"({str(now).removeprefix('=').strip()}) and " if isinstance(now, str) else ""
        changes += keys_set(place, when=f"={also}{changing}")
    yield Cure(tuple(changes), "the identity does where the block keeps the shape")


def _needless(shortcut: Shortcut) -> bool:
    """Whether what is read could be added as it is, to a branch that is no linear map itself."""
    reads = shortcut.merge.inputs
    fits = shortcut.fork.tensor.shape == shortcut.merge.output.shape
    alone = shortcut.fork not in reads and shortcut.reads_fork_alone
    return fits and alone and shortcut.bends and shortcut.keeps_places


RULE = Rule(
    code="AC502",
    name="shortcut-not-identity",
    severity="warning",
    what="A 1x1 convolution or Linear on a shortcut whose input already has the shape that is added.",
    why=(
        "Through identities a signal and its gradient reach every block unchanged, whatever the branches do."
        " A projection on each shortcut makes a product of as many factors, and costs parameters: 1x1"
        " shortcuts everywhere took a ResNet of 110 layers from 6.6 % to 12.2 % error on CIFAR-10. A"
        " projection is for the blocks where the stride or the width changes. Sums of linear maps (as RepVGG"
        " trains, or a graph convolution beside a Linear), merges of different resolutions (feature pyramids)"
        " and branches that read another stream besides (the sums of skips of a WaveNet) are no residual"
        " blocks and not meant."
    ),
    instead="Leave the shortcut empty, or give its layers a `when` that holds only where the shape changes.",
    source="He et al., Identity Mappings in Deep Residual Networks, 2016 (arXiv 1603.05027), section 3",
    good=(
        """\
inputs: {image: [64, 28, 28]}
blocks:
  unit:
    args: {width: required, stride: 1}
    layers:
      - type: Residual
        body:
          - {type: Conv2d, out_channels: =width, kernel_size: 3, stride: =stride, padding: 1, bias: false}
          - BatchNorm2d
          - ReLU
          - {type: Conv2d, out_channels: =width, kernel_size: 3, padding: 1, bias: false}
          - BatchNorm2d
        shortcut:
          - type: Sequential
            when: =stride != 1 or block.in_channels != width
            layers:
              - {type: Conv2d, out_channels: =width, kernel_size: 1, stride: =stride, bias: false}
              - BatchNorm2d
      - ReLU
layers:
  - {type: unit, width: 128, stride: =2 if i == 0 else 1, repeat: 2}
  - {type: unit, width: 256}
""",
        """\
inputs: {image: [16, 28, 28]}
layers:
  - type: Branches      # RepVGG: one linear map after training
    branches:
      - - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1, bias: false}
        - BatchNorm2d
      - - {type: Conv2d, out_channels: 16, kernel_size: 1, bias: false}
        - BatchNorm2d
    merge: Add
  - ReLU
""",
        """\
inputs: {image: [16, 28, 28]}
layers:
  - {type: Conv2d, name: c2, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: ReLU, name: r2}
  - {type: Conv2d, name: c3, out_channels: 32, kernel_size: 3, stride: 2, padding: 1}
  - {type: ReLU, name: r3}
  - {type: Conv2d, name: top, out_channels: 16, kernel_size: 1}
  - {type: Upsample, name: up, scale_factor: 2}
  - {type: Conv2d, name: lateral, from: r2, out_channels: 16, kernel_size: 1}
  - {type: Add, name: p2, from: [up, lateral]}
""",
        """\
inputs: {wave: [16, 100]}
layers:
  - {type: Tanh, name: gate0}
  - {type: Conv1d, name: skip0, out_channels: 16, kernel_size: 1}
  - {type: Conv1d, name: res0, from: gate0, out_channels: 16, kernel_size: 1}
  - {type: Add, name: wave1, from: [wave, res0]}
  - {type: Tanh, name: gate1}
  - {type: Conv1d, name: skip1, out_channels: 16, kernel_size: 1}
  - {type: Add, name: skips, from: [skip0, skip1]}
  - ReLU
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [64, 28, 28]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
      - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
    shortcut:
      - {type: Conv2d, out_channels: 64, kernel_size: 1, bias: false}
      - BatchNorm2d
  - ReLU
""",
            line=11,
            column=9,
            message="it projects [64, 28, 28] of image onto [64, 28, 28], where the identity would do (4,096",
        ),
        Bad(
            """\
inputs: {features: [32]}
blocks:
  unit:
    layers:
      - type: Residual
        body:
          - {type: Linear, out_features: 128}
          - GELU
          - {type: Linear, out_features: 32}
        shortcut:
          - {type: Linear, name: skip, out_features: 32}
layers:
  - {type: unit, repeat: 3}
""",
            line=11,
            message="it projects [32] of features onto [32], where the identity would do (1,056 params)",
        ),
    ),
    check=check,
)
