"""Sliding windows on one axis: output sizes, padding and the receptive-field step.

Throughout: ``n`` input positions, ``kernel`` taps, ``stride`` and ``dilation`` in input positions,
``before``/``after`` padding positions on the two sides.

Source: Dumoulin & Visin 2016 (arXiv 1603.07285).
"""

from math import gcd

from archcalc.formulas.rounding import ceil_divided


def effective_kernel(kernel: int, dilation: int) -> int:
    """Span of a dilated kernel in positions: d (k - 1) + 1."""
    return dilation * (kernel - 1) + 1


def conv_output(n: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """Output positions of a convolution: floor((n + p_before + p_after - (d (k - 1) + 1)) / s) + 1."""
    return (n + before + after - effective_kernel(kernel, dilation)) // stride + 1


def positions_spanned(outputs: int, stride: int, span: int) -> int:
    """Input positions from the first that m outputs read to the last, each of so many: (m - 1) s + span."""
    return (outputs - 1) * stride + span


def pool_output_ceil(n: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Output positions of a pool with ``ceil_mode``: the floor of the division becomes a ceiling.

    A last window that would start in the padding behind the input is dropped, as torch does:
    min(ceil((n + 2 p - (d (k - 1) + 1)) / s) + 1, ceil((n + p) / s)).

    Source: torch.nn.MaxPool2d and AvgPool2d (ceil_mode).
    """
    return min(
        ceil_divided(n + 2 * padding - effective_kernel(kernel, dilation), stride) + 1,
        ceil_divided(n + padding, stride),
    )


def transposed_output(
    n: int, kernel: int, stride: int, padding: int, output_padding: int, dilation: int
) -> int:
    """Output positions of a transposed convolution: (n - 1) s - 2 p + d (k - 1) + p_out + 1."""
    return (n - 1) * stride - 2 * padding + effective_kernel(kernel, dilation) + output_padding


def transposed_reads(phase: int, kernel: int, stride: int, padding: int, dilation: int) -> range:
    """Inputs that the outputs q s + phase of a transposed convolution read, less q.

    Input i adds to the outputs i s - p + k d for the taps k = 0 .. kernel - 1 (Dumoulin & Visin 2016,
    section 4), so output o reads i = (o + p - k d) / s wherever that is whole. With g = gcd(s, d) that needs
    o + p = 0 modulo g, and then holds for every (s / g)-th tap; from one to the next i falls by d / g.

    Args:
        phase: 0 .. stride - 1, the output's index modulo the stride.
        kernel: taps.
        stride: s, output positions between two neighbouring inputs.
        padding: p, output positions cut off on each side.
        dilation: d, output positions between two neighbouring taps.

    Returns:
        An arithmetic progression, rising; empty where no tap meets an input.
    """
    shared, place = gcd(stride, dilation), phase + padding
    every, step = stride // shared, dilation // shared
    first_tap = place // shared * pow(step, -1, every) % every
    taps = 0 if place % shared else len(range(first_tap, kernel, every))
    highest = (place - first_tap * dilation) // stride
    return range(highest - (taps - 1) * step, highest + 1, step)


def same_padding(kernel: int, dilation: int) -> tuple[int, int]:
    """Padding before and after for ``padding='same'``: d (k - 1) in all, the odd one out goes behind.

    Source: torch.nn.Conv2d (padding).
    """
    return halves(dilation * (kernel - 1))


def halves(total: int) -> tuple[int, int]:
    """What stands before and after of so many positions in all; an odd one goes behind."""
    return total // 2, total - total // 2


def adaptive_start(index: int, n: int, outputs: int) -> int:
    """First input position of an adaptive pool's window: floor(i n / m) for m outputs.

    Source: torch.nn.AdaptiveAvgPool2d.
    """
    return index * n // outputs


def adaptive_end(index: int, n: int, outputs: int) -> int:
    """First input position behind an adaptive pool's window: ceil((i + 1) n / m) for m outputs.

    Source: torch.nn.AdaptiveAvgPool2d.
    """
    return ceil_divided((index + 1) * n, outputs)


def fractional_start(index: int, n: int, kernel: int, outputs: int) -> tuple[int, int]:
    """First and last place of a fractional pool's window: floor and ceil of i a, a = (n - k) / (m - 1).

    It starts at floor((i + u) a) - floor(u a) for some u in [0, 1), which is one of the two, and both occur
    since a >= 1.

    Source: Graham 2014 (arXiv 1412.6071).
    """
    place, gaps = index * (n - kernel), outputs - 1
    return place // gaps, ceil_divided(place, gaps)


def crop_start(n: int, kept: int) -> int:
    """First position that a centre crop keeps: floor((n - m) / 2); an odd one too many goes behind.

    Source: Ronneberger et al. 2015 (arXiv 1505.04597).
    """
    return (n - kept) // 2


def field_size(size: int, jump: int, kernel: int, dilation: int) -> int:
    """Receptive field after one more window: r' = r + d (k - 1) j, in input positions.

    Source: Araujo, Norris & Sim 2019 (Distill).
    """
    return size + dilation * (kernel - 1) * jump


def field_jump(jump: int, stride: int) -> int:
    """Input positions between two neighbouring units after one more window: j' = j s.

    Source: Araujo, Norris & Sim 2019 (Distill).
    """
    return jump * stride


def field_start(start: int, jump: int, before: int) -> int:
    """First input position that unit 0 reads after one more window: b' = b - p j (negative: padding).

    Source: Araujo, Norris & Sim 2019 (Distill).
    """
    return start - before * jump
