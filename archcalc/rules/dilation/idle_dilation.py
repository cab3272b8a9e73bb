"""AC207: a dilation without taps to put apart."""

from archcalc.rules.entries import has_expression
from archcalc.rules.language import Bad, Context, Cure, DropKey, Findings, Rule, SetKey, TracedLayer, at
from archcalc.rules.questions.repeats import idle
from archcalc.rules.questions.windows import each_axis


def check(context: Context) -> Findings:
    """Windows that are dilated along axes where they have one tap, and along no other.

    An entry that is built several times is no mistake where its dilation does something once.
    """
    for layer in idle(context, _spreads):
        rates = each_axis(layer, "dilation")
        written = rates[0] if len(set(rates)) == 1 else list(rates)
        kernel = each_axis(layer, "kernel_size")
        taps = "1" if set(kernel) == {1} else f"{list(kernel)}, which has 1 tap along the dilated axis"
        yield at(
            layer,
            f"dilation {written} does nothing with kernel {taps}",
            key="dilation",
            consequence="one tap has no neighbour to be put apart from: the receptive field does not grow",
            hint="leave out dilation, or write the kernel that was meant to be dilated",
            edits=_edits(layer),
            cures=(Cure((DropKey(layer.origin, "dilation"),), "nothing changes"),),
        )


def _spreads(layer: TracedLayer) -> bool | None:
    """Whether a dilation puts taps apart; None: there is none."""
    fields = type(layer.arguments).model_fields
    if "dilation" not in fields or "kernel_size" not in fields:
        return None
    sizes = zip(each_axis(layer, "kernel_size"), each_axis(layer, "dilation"), strict=True)
    dilated = [kernel for kernel, rate in sizes if rate > 1]
    return any(kernel > 1 for kernel in dilated) if dilated else None


def _edits(layer: TracedLayer) -> tuple[SetKey, ...]:
    """Without the dilation, unless an expression could make it needed."""
    given = (layer.origin.written(key) for key in ("dilation", "kernel_size", "type"))
    return () if any(map(has_expression, given)) else (SetKey(layer.origin, "dilation", "1"),)


RULE = Rule(
    code="AC207",
    name="idle-dilation",
    severity="warning",
    what="A convolution or pool with a dilation along axes on which its kernel has one tap.",
    why=(
        "Dilation is the distance between neighbouring taps of a kernel. A kernel of 1 has no neighbours, so"
        " that the layer computes the same with any dilation, and its receptive field stays one position."
        " The author mostly means another kernel (3 with this rate), or another axis: `kernel_size: [1, 3]`"
        " with `dilation: [2, 1]` dilates the axis with one tap. One number for all axes"
        " is no mistake as long as it does something along one of them, nor is an entry that is"
        " built with several kernels, as a pyramid of rates whose first branch is a 1x1."
    ),
    instead="Leave `dilation` out, or write the kernel that it is for.",
    source=(
        "Dumoulin & Visin, A guide to convolution arithmetic for deep learning, 2016 (arXiv 1603.07285),"
        " section 5.1: k + (k - 1)(d - 1) positions, which is 1 for kernel 1 and every d"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: 1}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: [1, 3], padding: [0, 1]}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: [1, 3], padding: [0, 2], dilation: 2, note: along a row}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - ReLU
  - type: Sequential
    repeat: 2
    layers:
      - {type: Conv2d, out_channels: 8, kernel_size: =1 + 2 * i, padding: =2 * i, dilation: 2, note: 1 then 3}
      - ReLU
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 1, dilation: 2}
""",
            line=3,
            column=63,
            message="dilation 2 does nothing with kernel 1",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: [1, 3], padding: [0, 1], dilation: [2, 1]}
""",
            line=3,
            message="dilation [2, 1] does nothing with kernel [1, 3], which has 1 tap along the dilated axis",
        ),
        Bad(
            """\
inputs: {samples: [8, 100]}
vars: {kernel: 1}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: =kernel, dilation: 4}
""",
            line=4,
            message="dilation 4 does nothing with kernel 1",
            fixable=False,
        ),
    ),
    check=check,
    fixable=True,
)
