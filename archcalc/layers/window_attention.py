"""Attention within the windows of an image (torchvision's ShiftedWindowAttention; Liu et al. 2021, Swin)."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.attended import Attention
from archcalc.errors import Fault
from archcalc.facts import FEATURES, WHOLE, AxisRead, Facts, Phased, Reach, Shape, Tensor
from archcalc.formulas.attention import (
    mixing_macs,
    padded,
    projection_macs,
    scores_macs,
    window_start,
    windowed_pairs,
)
from archcalc.kept import KeptTensors
from archcalc.layers.arguments import Paddings, Positive, Probability, Sizes, per_axis
from archcalc.layers.attention_parts import Square, split_heads
from archcalc.layers.base import Layer, agree, single_float
from archcalc.layers.operations import on_each, softmax_work
from archcalc.layers.phases import check_windows
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from archcalc.keeping import Saved
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

PLANE = 2
"""Axes of positions."""
TABLE = "relative_position_bias_table"
DEVIATION = 0.02
"""Of the first numbers of that table."""
ROLES = ("query", "key", "value")


class ShiftedWindowAttention(Layer, frozen=True):
    """Every position of an image attends to those of its window, with a learned term per distance and head.

    The image is filled up with zeros to whole windows. Windows moved by a shift are cut off at the border, as
    torchvision's cyclic shift with its mask has it; along an axis that one window holds nothing is shifted.
    """

    num_heads: Positive
    """Heads; each has a share of the features to itself."""
    window_size: Sizes
    """Height and width of a window."""
    shift_size: Paddings = 0
    """How far the windows are moved; half of their size in every other layer of Swin."""
    dim: Positive | None = None
    """Features that arrive; inferred, checked when written."""
    qkv_bias: bool = True
    """The projection to queries, keys and values adds one number per feature."""
    proj_bias: bool = True
    """The projection of the result adds one number per feature."""
    attention_dropout: Probability = 0.0
    """Probability in training that a weight of attention becomes 0."""
    dropout: Probability = 0.0
    """Probability in training that a number of the result becomes 0."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(H, W, C) -> (H, W, C)."""
        tensor = single_float(inputs)
        if len(tensor.shape) != PLANE + 1:
            fact = f"needs 3 axes (H, W, C), got {len(tensor.shape)}: {list(tensor.shape)}"
            hint = "a Permute with dims: [1, 2, 0] puts the channels last"
            raise Fault(fact, hint=hint, axes=(PLANE + 1,))
        *sizes, features = tensor.shape
        agree("dim", self.dim, features)
        head_dim = split_heads(features, self.num_heads)
        windows = per_axis(self.window_size, PLANE, "window_size")
        shifts = per_axis(self.shift_size, PLANE, "shift_size")
        area, filled = prod(windows), prod(map(padded, sizes, windows))
        reaches = [_reach(*axis) for axis in zip(sizes, windows, shifts, strict=True)]
        weights = self._weights(features, windows)
        square = Square(filled // area, self.num_heads, area, area)
        shown = prod(_shown(*axis) for axis in zip(sizes, windows, shifts, strict=True))
        work = self._work(features, square, shown, prod(weights[TABLE]))
        mixed = AxisRead(PLANE, FEATURES)
        return Facts(
            outputs={"output": tensor},
            work=work,
            reads=((*(AxisRead(axis, reach) for axis, reach in enumerate(reaches)), mixed),),
            weights=weights,
            buffers={"relative_position_index": (area**2,)},
            attention=Attention(self.num_heads, self.num_heads, head_dim, head_dim, area, area),
            positional="bias",
            inferred={"dim": features},
        )

    def drawn(self, facts: Facts) -> "Drawn":
        """Projections as a Linear has them, and a table of deviation 0.02."""
        from archcalc.layers.carrying.attending import first_projections

        return {**first_projections(facts.weights), TABLE: DEVIATION**2}

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Projections, a mean of the values in a window, and a projection.

        Of n windows along an axis a shift cuts one in two: the mean of 1 / keys is (n + 1) / n of 1 / size.
        """
        from archcalc.layers.carrying.attending import carried_multihead

        found = facts.attention
        if found is not None:
            keys = 1.0
            windows = per_axis(self.window_size, PLANE, "window_size")
            shifts = per_axis(self.shift_size, PLANE, "shift_size")
            for size, window, shift in zip(read[0].tensor.shape, windows, shifts, strict=False):
                count = padded(size, window) // window
                keys *= window * count / (count + 1) if shift and count > 1 else window
            facts = replace(facts, attention=replace(found, queries=round(keys), keys=round(keys)))
        return carried_multihead(read, facts, drawn, self.attention_dropout)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> "Saved | None":
        """The windows, queries, keys and values, the softmax, what it mixes, and the masks of dropouts."""
        several, one = (self._kept(inputs, facts, samples) for samples in (2, 1))
        return replace(several, alone=one)

    def _kept(self, inputs: tuple[Tensor, ...], facts: Facts, samples: int) -> "Saved":
        """The same, of one sample or several: heads of one window alone lie so that a view joins them."""
        kept = KeptTensors(inputs)
        *sizes, features = inputs[0].shape
        windows = per_axis(self.window_size, PLANE, "window_size")
        area, filled = prod(windows), prod(map(padded, sizes, windows))
        read = kept.new(filled, features)
        kept.linear(read, 3 * features)
        kept.own(filled, features)  # the scaled queries
        if self.num_heads == 1 or samples * filled == area:
            kept.own(filled, 3 * features)
        else:
            kept.own(filled, 2 * features)
        scores = kept.own(filled // area, self.num_heads, area, area)
        kept.keep(kept.dropped(scores, self.attention_dropout))
        kept.dropped(kept.linear(kept.new(filled, features), features), self.dropout)
        return kept.saved(*(kept.new(*made.shape) for made in facts.outputs.values()))

    def _weights(self, features: int, windows: tuple[int, ...]) -> dict[str, Shape]:
        distances = prod(2 * window - 1 for window in windows)
        weights: dict[str, Shape] = {TABLE: (distances, self.num_heads)}
        for name, width, bias in (("qkv", 3 * features, self.qkv_bias), ("proj", features, self.proj_bias)):
            weights[f"{name}.weight"] = (width, features)
            if bias:
                weights[f"{name}.bias"] = (width,)
        return weights

    def _work(self, features: int, square: Square, shown: int, table: int) -> Worked:
        """The projections, the products of all windows, and with the scores the table of their terms.

        Args:
            features: of a position.
            square: the pairs of all windows.
            shown: of these those in one window.
            table: numbers of the table.
        """
        positions, area = square.samples * square.queries, square.keys
        macs = projection_macs(positions, features, features)
        inner, out = (features * (features + bias) for bias in (self.qkv_bias, self.proj_bias))
        head_dim = features // self.num_heads
        pairs, hidden = self.num_heads * positions * area, self.num_heads * (positions * area - shown)
        macs_of_square = self.num_heads, positions, area, head_dim

        def projected(name: str, role: str, params: int, arriving: int | None, *, bias: bool) -> Worked:
            product = Work("product", macs, (f"{name}.weight",), role, params, arriving=arriving)
            added = (on_each((positions, features), 1, (f"{name}.bias",), role),) if bias else ()
            return product, *added

        scores = scores_macs(*macs_of_square)
        mixing = mixing_macs(*macs_of_square)
        return (
            *(each for role in ROLES for each in projected("qkv", role, inner, None, bias=self.qkv_bias)),
            *projected("proj", "out", out, 0, bias=self.proj_bias),
            Work("product", scores, (), "scores", table, masked=hidden * head_dim, arriving=0),
            Work("elementwise", 2 * pairs, (TABLE,), "scores", masked=2 * hidden),
            *softmax_work(pairs, "scores", hidden),
            Work("product", mixing, name="mixing", masked=hidden * head_dim, arriving=0),
        )


def _shown(size: int, window: int, shift: int) -> int:
    """Pairs of positions of one axis that are in one window; along an axis of one window nothing is moved."""
    return windowed_pairs(padded(size, window), window, 0 if window >= size else shift)


def _reach(size: int, window: int, shift: int) -> Reach:
    """The positions of its window that a position reads along one axis."""
    if shift >= window:
        hint = f"half a window is usual: {window // 2}"
        raise Fault(f"shift_size {shift} is not below window_size {window}", key="shift_size", hint=hint)
    if window >= size:
        return WHOLE
    window, shift = int(window), int(shift)
    check_windows(window, f"windows of {window} positions", "window_size")
    starts = (window_start(position, window, shift) for position in range(window))
    return Phased(window, tuple(range(start, start + window) for start in starts))
