"""Selective state-space layers (Gu & Dao 2023, Mamba, arXiv 2312.00752)."""

from typing import Literal

from archcalc.facts import FEATURES, PAST, Argument, Facts, Part, Shape, Tensor, along
from archcalc.formulas.counts import conv_macs, linear_macs, scan_macs
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, single_float, two_axes

FEATURES_PER_RANK = 16


class Mamba(Layer, frozen=True):
    """A gated recurrence whose step, input and read-out depend on what arrives: h = A h + B x, y = C h + D x.

    Every one of the d_inner = expand d_model channels keeps d_state numbers. MACs: the dense maps, the
    depthwise causal convolution, and per position d_inner d_state for the state's update and again for its
    read-out; making A and B discrete, the gate and D x are element-wise and count 0.
    """

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
        rank = -(-width // FEATURES_PER_RANK) if self.dt_rank == "auto" else self.dt_rank
        inner = self.expand * width
        maps = {"in_proj": (2 * inner, width), "x_proj": (rank + 2 * self.d_state, inner)}
        maps |= {"dt_proj": (inner, rank), "out_proj": (width, inner)}
        biased = {"dt_proj", "in_proj", "out_proj"} if self.bias else {"dt_proj"}
        weights: dict[str, Shape] = {"A_log": (inner, self.d_state), "D": (inner,)}
        parts: dict[str, Part] = {}
        for name, (rows, columns) in maps.items():
            weights[f"{name}.weight"] = (rows, columns)
            if name in biased:
                weights[f"{name}.bias"] = (rows,)
            parts[name] = Part(rows * (columns + (name in biased)), linear_macs(columns, (length, rows)))
        weights["conv1d.weight"] = (inner, 1, self.d_conv)
        if self.conv_bias:
            weights["conv1d.bias"] = (inner,)
        macs = conv_macs(inner, inner, (self.d_conv,), (inner, length))
        parts["conv1d"] = Part(inner * (self.d_conv + self.conv_bias), macs)
        parts["scan"] = Part(inner * (self.d_state + 1), scan_macs(length, inner, self.d_state))
        reads = along(PAST, FEATURES)
        macs = sum(part.macs for part in parts.values())
        inferred: dict[str, Argument] = {"d_model": width, "dt_rank": rank}
        return Facts({"output": tensor}, macs, (reads,), weights, parts=parts, inferred=inferred)
