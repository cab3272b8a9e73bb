"""Recurrent layers whose maps are convolutions, over sequences of maps."""

from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import FEATURES, PAST, WHOLE, AxisRead, Facts, Reads, Shape, Tensor, Window
from archcalc.formulas.counts import conv_macs
from archcalc.formulas.elementwise import between_gates
from archcalc.kept import KeptTensors
from archcalc.layers.arguments import Positive, Sizes, per_axis
from archcalc.layers.base import Layer, agree
from archcalc.layers.gates import OF_LSTM, checked_states
from archcalc.layers.operations import BIAS
from archcalc.layers.recurrent import MAX_LAYERS
from archcalc.tuples import NamedTuple
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from archcalc.keeping import Saved

AXES, PLANE = 4, 2
MIXED = AxisRead(1, FEATURES)
"""The channels, all of which every gate reads."""


class ConvLSTM(Layer, frozen=True):
    """Long short-term memory over maps: convolutions of x_t and h_(t-1) make its gates and the candidate.

    Shi et al. 2015 (arXiv 1506.04214), in the form of its usual implementations for torch: one convolution of
    input and state together makes i, f, o and g, no gate sees c (no peepholes), zeros stand around the maps,
    and the first states are zeros where none arrive. c_t = f c_(t-1) + i g, h_t = o tanh(c_t).
    """

    gates: ClassVar[tuple[str, ...]] = ("input", "forget", "output", "cell")

    input_dim: Positive | None = None
    """Channels of a map that arrives; inferred, checked when written."""
    hidden_dim: Positive
    """Channels of the state."""
    kernel_size: Sizes
    """Taps per axis, odd numbers, so that the maps keep their size."""
    num_layers: Annotated[int, Field(ge=1, le=MAX_LAYERS)] = 1
    """Layers one above the other; each reads the outputs of the one below."""
    bias: bool = True
    """Add one number per gate and channel."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, C, H, W), h_0 and c_0 or none -> output (T, D, H, W), h_n and c_n (layers, D, H, W)."""
        sequence, states = self._arriving(inputs)
        steps, channels, *sizes = sequence.shape
        agree("input_dim", self.input_dim, channels)
        kernel = self._kernel()
        arriving = (channels, *(self.hidden_dim,) * (self.num_layers - 1))
        weights = self._weights(arriving, kernel)
        last = Tensor((self.num_layers, self.hidden_dim, *sizes), sequence.dtype)
        output = Tensor((steps, self.hidden_dim, *sizes), sequence.dtype)
        around = _Around(kernel, self.num_layers + steps - 1)
        before = tuple(range(states))
        some = steps > 1 or self.num_layers > 1
        at_the_end = (
            (AxisRead(None, WHOLE), MIXED, *around.read(some=some)),
            *((AxisRead(0, FEATURES), MIXED, *around.read(less, some=some)) for less in before),
        )
        return Facts(
            outputs={"output": output, "h_n": last, "c_n": last},
            work=self._work(arriving, kernel, (steps, *sizes), tuple(weights)),
            reads=(
                (AxisRead(0, PAST), MIXED, *around.read(some=steps > 1)),
                *((AxisRead(None, FEATURES), MIXED, *around.read(less, some=some)) for less in before),
            ),
            weights=weights,
            other_reads=dict.fromkeys(("h_n", "c_n"), at_the_end),
            inferred={"input_dim": channels},
        )

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> "Saved | None":
        """At every step map and state one behind the other, the gates, the tanh of c, and c before it."""
        kept = KeptTensors(inputs)
        steps, channels, *sizes = inputs[0].shape
        made = [kept.new(*tensor.shape) for tensor in facts.outputs.values()]
        kept.keep(*kept.inputs[len(self.gates) // 2 :])  # c_0
        for level in range(self.num_layers):
            arriving = self.hidden_dim if level else channels
            kept.own(steps, arriving + self.hidden_dim, *sizes)
            kept.own(steps * (len(self.gates) + 1), self.hidden_dim, *sizes)
            kept.own(steps - (len(inputs) > 1), self.hidden_dim, *sizes)
        return kept.saved(*made)

    def _arriving(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, int]:
        """The sequence, and how many first states stand beside it."""
        shape = inputs[0].shape
        if len(shape) != AXES:
            fact = f"needs {AXES} axes (T, C, H, W), got {len(shape)}: {list(shape)}"
            raise Fault(fact, hint="a sequence of maps, without the batch axis", axes=(AXES,))
        state = (self.num_layers, self.hidden_dim, *shape[2:])
        wanted = {"h_0": state, "c_0": state}
        sequence, states = checked_states(inputs, wanted, "layers, hidden_dim, and positions of the maps")
        return sequence, len(states)

    def _kernel(self) -> tuple[int, ...]:
        """Taps of both axes.

        Raises:
            Fault: they have no middle.
        """
        kernel = per_axis(self.kernel_size, PLANE, "kernel_size")
        for taps in kernel:
            if taps % 2 == 0:
                hint = f"the state would not fit the next map; {taps - 1} or {taps + 1}"
                raise Fault(f"kernel {taps} has no middle", key="kernel_size", hint=hint)
        return kernel

    def _weights(self, arriving: tuple[int, ...], kernel: tuple[int, ...]) -> dict[str, Shape]:
        rows = len(self.gates) * self.hidden_dim
        found: dict[str, Shape] = {}
        for level, channels in enumerate(arriving):
            found[f"cell_list.{level}.conv.weight"] = (rows, channels + self.hidden_dim, *kernel)
            if self.bias:
                found[f"cell_list.{level}.conv.bias"] = (rows,)
        return found

    def _work(
        self, arriving: tuple[int, ...], kernel: tuple[int, ...], run: Shape, weights: tuple[str, ...]
    ) -> Worked:
        """The convolutions of every gate in all layers, a function of each, and the next states of these.

        Args:
            arriving: channels that every layer reads.
            kernel: taps of both axes.
            run: steps, and positions of the maps.
            weights: names of all tensors.
        """
        hidden, (high, wide), (steps, *sizes) = self.hidden_dim, kernel, run
        output = (hidden, *sizes)
        params = sum(hidden * ((channels + hidden) * high * wide + self.bias) for channels in arriving)
        macs = steps * sum(conv_macs(channels + hidden, 1, kernel, output) for channels in arriving)
        outside = steps * conv_macs(arriving[0], 1, kernel, output)
        matrices, biases = (
            tuple(name for name in weights if name.endswith(kind)) for kind in ("weight", BIAS)
        )
        each = len(self.gates) * (1 + self.bias) + OF_LSTM
        return (
            *(Work("product", macs, matrices, gate, params, arriving=outside) for gate in self.gates),
            Work("elementwise", between_gates(steps, len(arriving) * prod(output), each), biases),
        )


class _Around(NamedTuple):
    """What is read of the positions of maps: the longest way leads through so many convolutions."""

    kernel: tuple[int, ...]
    longest: int

    def read(self, less: int = 0, *, some: bool) -> Reads:
        """Reads of both axes on a way with some convolutions less.

        ``some``: other units, or other places of the sequence, have a shorter way.
        """
        sizes = [1 + (taps - 1) * (self.longest - less) for taps in self.kernel]
        return tuple(
            AxisRead(axis, Window(size, padding=size // 2), sampled=some and size > 1)
            for axis, size in enumerate(sizes, 2)
        )
