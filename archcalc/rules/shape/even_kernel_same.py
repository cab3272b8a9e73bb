"""AC105: padding 'same' where it cannot be the same on both sides."""

from archcalc.cures.making import as_argument, setting
from archcalc.formulas.windows import same_padding
from archcalc.layers.arguments import per_axis
from archcalc.layers.convolution import Convolution
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at


def check(context: Context) -> Findings:
    """Convolutions with 'same' and an odd number of positions to pad along some axis."""
    for layer in context.layers:
        own = layer.arguments
        if not isinstance(own, Convolution) or own.padding != "same":
            continue
        kernels = per_axis(own.kernel_size, own.rank, "kernel_size")
        rates = per_axis(own.dilation, own.rank, "dilation")
        for kernel, rate in zip(kernels, rates, strict=True):
            before, after = same_padding(kernel, rate)
            if before != after:
                yield at(
                    layer,
                    f"kernel {kernel} with padding 'same' pads {before} before and {after} behind:"
                    " the output is half a position off",
                    key="kernel_size",
                    consequence="the shift adds up from layer to layer, and torch copies the input to pad it",
                    hint=f"use an odd kernel, such as {kernel + 1}",
                    cures=_odd(layer, kernels),
                )
                break


def _odd(layer: TracedLayer, kernels: "tuple[int, ...]") -> tuple[Cure, ...]:
    """Odd kernels in the place of even ones: one more, or one less."""
    sizes = ([kernel + step * (kernel % 2 == 0) for kernel in kernels] for step in (1, -1))
    return tuple(setting(layer, kernel_size=as_argument(each)) for each in sizes)


RULE = Rule(
    code="AC105",
    name="even-kernel-same",
    severity="warning",
    what="A convolution with padding 'same' and an even kernel, padded by one position more on one side.",
    why=(
        "An even kernel has no middle. 'same' pads one position more behind than before, and every output"
        " stands half a position before the middle of what it reads; four such layers shift the map by two"
        " positions against the input, and against a skip around them. torch cannot pad one side in the"
        " convolution itself and makes a padded copy of the input first. An even kernel with an even dilation"
        " needs an even number of positions and is no mistake, nor are even kernels that halve (stride 2)."
    ),
    instead="Use an odd kernel, or pad by hand and say on which side the extra position is wanted.",
    source=(
        "PyTorch, torch.nn.functional.conv2d: `padding='same'` with an even kernel and an odd dilation may"
        " need a full pad operation internally"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: [3, 5], padding: same}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 4, stride: 2, padding: 1}
""",
        """\
inputs: {samples: [1, 400]}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: 5, padding: same}
  - {type: Conv1d, out_channels: 8, kernel_size: 2, dilation: 2, padding: same}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 4, padding: same}
""",
            line=3,
            column=50,
            message="kernel 4 with padding 'same' pads 1 before and 2 behind",
        ),
        Bad(
            """\
inputs: {samples: [1, 400]}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: same}
  - {type: Conv1d, out_channels: 8, kernel_size: 8, padding: same, dilation: 3}
""",
            line=4,
            message="kernel 8 with padding 'same' pads 10 before and 11 behind",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: [3, 2], padding: same}
""",
            line=3,
            message="kernel 2 with padding 'same' pads 0 before and 1 behind",
        ),
    ),
    check=check,
)
