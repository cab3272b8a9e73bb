"""Selective state-space layers (Gu & Dao 2023, Mamba, arXiv 2312.00752)."""

from typing import TYPE_CHECKING, Literal

from archcalc.facts import FEATURES, PAST, Argument, Facts, Shape, Tensor, along
from archcalc.formulas.counts import conv_macs, linear_macs, scan_macs
from archcalc.formulas.rounding import ceil_divided
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, single_float, two_axes
from archcalc.layers.operations import on_each
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

FEATURES_PER_RANK = 16


class Mamba(Layer, frozen=True):
    """A gated recurrence whose step, input and read-out depend on what arrives: h = A h + B x, y = C h + D x.

    Every one of the d_inner = expand d_model channels keeps d_state numbers. MACs: the dense maps, the
    depthwise causal convolution, and per position d_inner d_state for the state's update and again for its
    read-out; making A and B discrete, the gate and D x are element-wise and count 0.
    """

    untold = "the scan is another kernel on every device"

    d_model: Positive | None = None
    """Features that arrive and leave; inferred, checked when written."""
    d_state: Positive = 16
    """Numbers that every inner channel keeps."""
    d_conv: Positive = 4
    """Taps of the causal convolution before the recurrence."""
    expand: Positive = 2
    """Inner channels per feature."""
    dt_rank: Positive | Literal["auto"] = "auto"
    """Numbers from which the step sizes are made; auto: a sixteenth of d_model, rounded up."""
    conv_bias: bool = True
    """Let the convolution add one number per inner channel."""
    bias: bool = False
    """Let the first and the last map add one number per feature."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(L, d_model) -> (L, d_model)."""
        tensor = single_float(inputs)
        length, width = two_axes(tensor, "L, d_model")
        agree("d_model", self.d_model, width)
        rank = ceil_divided(width, FEATURES_PER_RANK) if self.dt_rank == "auto" else self.dt_rank
        inner = self.expand * width
        maps = {"in_proj": (2 * inner, width), "x_proj": (rank + 2 * self.d_state, inner)}
        maps |= {"dt_proj": (inner, rank), "out_proj": (width, inner)}
        biased = {"dt_proj", "in_proj", "out_proj"} if self.bias else {"dt_proj"}
        weights: dict[str, Shape] = {"A_log": (inner, self.d_state), "D": (inner,)}
        for name, (rows, columns) in maps.items():
            weights[f"{name}.weight"] = (rows, columns)
            if name in biased:
                weights[f"{name}.bias"] = (rows,)
        weights["conv1d.weight"] = (inner, 1, self.d_conv)
        if self.conv_bias:
            weights["conv1d.bias"] = (inner,)
        work = (*_maps(maps, biased, length), *self._between(inner, length))
        reads = along(PAST, FEATURES)
        inferred: dict[str, Argument] = {"d_model": width, "dt_rank": rank}
        return Facts({"output": tensor}, work, (reads,), weights, inferred=inferred)

    def _between(self, inner: int, length: int) -> Worked:
        """The convolution with a SiLU, and the scan of all channels.

        Per position, channel and state: exp of the step times A, and the step times B times x, 4 operations.
        Per position and channel: softplus of the step, D x and its sum, the SiLU of the gate and its product.
        """
        macs = conv_macs(inner, inner, (self.d_conv,), (inner, length))
        scan = scan_macs(length, inner, self.d_state)
        biases = ("conv1d.bias",) if self.conv_bias else ()
        params = inner * (self.d_conv + self.conv_bias)
        return (
            Work("product", macs, ("conv1d.weight",), "conv1d", params, arriving=0),
            on_each((length, inner), 1 + self.conv_bias, biases, "conv1d"),
            Work("product", scan, name="scan", params=inner * (self.d_state + 1), arriving=0),
            on_each((length, inner, 4 * self.d_state + 5), 1, ("A_log", "D"), "scan"),
        )


def _maps(maps: "Mapping[str, tuple[int, int]]", biased: "Collection[str]", length: int) -> "Iterator[Work]":
    """The dense maps, of which the first one alone reads what arrives."""
    for name, (rows, columns) in maps.items():
        params, macs = rows * (columns + (name in biased)), linear_macs(columns, (length, rows))
        first = None if name == "in_proj" else 0
        yield Work("product", macs, (f"{name}.weight",), name, params, arriving=first)
        if name in biased:
            yield on_each((length, rows), 1, (f"{name}.bias",), name)
