"""Stacks of convolutions, recurrences and attention, drawn at random: what torch's gradients reach is read.

Of every output unit the positions with a slope are the region that is followed exactly, and the receptive
field of the table is that interval wherever it says that it is exact and no window has holes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from archcalc import load, receptive_fields, trace
from archcalc.analyses.regions import region_read
from tests.kinds.drawing import Sample
from tests.kinds.torch_modules import module

if TYPE_CHECKING:
    from archcalc.analyses.receptive_field import Field
    from archcalc.tracing import Trace

WIDTH, MEMORY = 4, 5
Step = Callable[[Tensor, Tensor], Tensor]
Arguments = dict[str, object]


@dataclass
class Stack:
    """A network written twice: rows of a spec, and functions of a sequence and a memory."""

    rows: list[object] = field(default_factory=list[object])
    steps: list[Step] = field(default_factory=list[Step])
    last: tuple[str, str] = ("", "output")
    """Layer and output that leave it."""

    def __call__(self, x: Tensor, memory: Tensor) -> Tensor:
        """(T, 4), (5, 4) -> (T', 4), or without steps (..., 4)."""
        for step in self.steps:
            x = step(x, memory)
        return x

    def traced(self, positions: int) -> "Trace":
        """The spec on so many positions."""
        inputs = {"x": [positions, WIDTH], "memory": [MEMORY, WIDTH]}
        return trace(load({"inputs": inputs, "layers": self.rows}))


def real(layer: nn.Module) -> nn.Module:
    """The module with weights whose slopes do not vanish."""
    for weight in layer.parameters():
        nn.init.uniform_(weight, -0.5, 0.5)
    return layer.double().eval()


@dataclass(frozen=True)
class Convolution:
    """A convolution along the steps, which sees some of them ahead."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    ahead: int = 0

    def put(self, stack: Stack, name: str) -> None:
        """On top of the stack."""
        ahead = min(self.ahead, self.dilation * (self.kernel - 1))
        padding = [self.dilation * (self.kernel - 1) - ahead, ahead]
        sizes = {"kernel_size": self.kernel, "stride": self.stride, "dilation": self.dilation}
        convolution = real(nn.Conv1d(WIDTH, WIDTH, self.kernel, self.stride, dilation=self.dilation))
        stack.rows += [
            {"type": "Transpose", "dim0": 0, "dim1": 1},
            {"type": "ConstantPad1d", "padding": padding, "value": 0.0},
            {"type": "Conv1d", "out_channels": WIDTH, **sizes},
            {"type": "Transpose", "name": name, "dim0": 0, "dim1": 1},
        ]
        stack.steps.append(lambda x, _: cast("Tensor", convolution(nn.functional.pad(x.T, padding)).T))
        stack.last = name, "output"


@dataclass(frozen=True)
class Recurrence:
    """A recurrent layer, in one or two directions, of which the steps or a state go on."""

    kind: str
    both: bool = False
    layers: int = 1
    output: str = "output"

    def put(self, stack: Stack, name: str) -> None:
        """On top of the stack."""
        hidden = WIDTH // 2 if self.both and self.output == "output" else WIDTH
        cls = cast("Callable[..., nn.Module]", getattr(nn, self.kind))
        sizes = {"num_layers": self.layers, "bidirectional": self.both}
        layer = real(cls(WIDTH, hidden, batch_first=True, **sizes))
        stack.rows.append({"type": self.kind, "name": name, "hidden_size": hidden, **sizes})
        stack.last = name, self.output

        def step(x: Tensor, _: Tensor) -> Tensor:
            output, state = cast("tuple[Tensor, Tensor | tuple[Tensor, Tensor]]", layer(x))
            if self.output == "output":
                return output
            states = state if isinstance(state, tuple) else (state,)
            return states[("h_n", "c_n").index(self.output)]

        stack.steps.append(step)


@dataclass(frozen=True)
class Attention:
    """Attention to itself or to the memory, masked as the arguments say, maybe with a residual around."""

    arguments: tuple[tuple[str, object], ...] = ()
    memory: bool = False
    residual: bool = False

    def put(self, stack: Stack, name: str) -> None:
        """On top of the stack."""
        arguments = {"num_heads": 2, **dict(self.arguments)}
        residual = self.residual and not self.memory
        row: Arguments = {"type": "MultiheadAttention", "name": name, **arguments}
        if self.memory:
            row["from"] = [stack.last[0] or "x", "memory"]
        stack.rows.append({"type": "Residual", "name": f"around_{name}", "body": [row]} if residual else row)
        shapes = ((7, WIDTH), (MEMORY, WIDTH)) if self.memory else ((7, WIDTH),)
        layer = real(module("MultiheadAttention", Sample(arguments, shapes)))

        def step(x: Tensor, memory: Tensor) -> Tensor:
            asked = (x[None], memory[None]) if self.memory else (x[None],)
            output = cast("Tensor", layer(*asked))[0]
            return output + x if residual else output

        stack.steps.append(step)
        stack.last = (f"around_{name}.add_0" if residual else name), "output"


@dataclass(frozen=True)
class LastStep:
    """The last step alone."""

    def put(self, stack: Stack, name: str) -> None:
        """On top of the stack."""
        stack.rows.append({"type": "Slice", "name": name, "dim": 0, "start": -1})
        stack.steps.append(lambda x, _: x[-1:])
        stack.last = name, "output"


Layer = Convolution | Recurrence | Attention | LastStep
MASKS: tuple[tuple[tuple[str, object], ...], ...] = (
    (),
    (("causal", True),),
    (("causal", True), ("window", 2)),
    (("causal", True), ("window", 4), ("num_kv_heads", 1)),
    (("window", 3),),
)
CONVOLUTIONS = st.builds(
    Convolution, st.integers(1, 3), st.integers(1, 2), st.integers(1, 2), st.integers(0, 2)
)
KINDS = st.sampled_from(["RNN", "LSTM", "GRU"])
RECURRENCES = st.builds(Recurrence, KINDS, st.booleans(), st.integers(1, 2))
ATTENTIONS = st.builds(Attention, st.sampled_from(MASKS), residual=st.booleans())
STATES = st.builds(Recurrence, KINDS, st.booleans(), output=st.just("h_n"))
CELLS = st.builds(Recurrence, st.just("LSTM"), output=st.just("c_n"))
ENDS = st.one_of(st.just(LastStep()), STATES, CELLS)


def check_hull(found: "Field", unit: int, reached: set[int], read_at_all: set[int], *, dense: bool) -> None:
    """The interval of the table holds what is reached; where nothing has holes and it is exact, all of it.

    As a padding, it goes on behind the ends, and so over positions that a stride leaves over for a unit that
    there is not: no unit reads them.
    """
    (axis,) = found.axes
    span = (0, axis.length - 1) if axis.whole or axis.spans is None else axis.spans.at(unit)
    assert span is not None
    interval = set(range(max(span[0] or 0, 0), min(span[1], axis.length - 1) + 1))
    assert reached <= interval
    if axis.exact and dense:
        assert reached == interval & read_at_all


def compare(layers: list[Layer], positions: int) -> dict[str, list[set[int]]]:
    """Both ways for every unit; the sets of positions reached, by input."""
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves it untyped
    slid = [layer for layer in layers if isinstance(layer, Convolution)]
    # A window over the end of what a stride left over stands for positions that no unit read.
    dense = all(layer.dilation == 1 and layer.stride <= layer.kernel and not layer.ahead for layer in slid)
    stack = Stack()
    for index, layer in enumerate(layers):
        layer.put(stack, f"l{index}")
    traced = stack.traced(positions)
    x, memory = (
        torch.rand(size, WIDTH, dtype=torch.float64, requires_grad=True) for size in (positions, MEMORY)
    )
    output = stack(x, memory)
    name, port = stack.last
    found: dict[str, list[set[int]]] = {"x": [], "memory": []}
    fields = {each.input: each for each in receptive_fields(traced).outputs[name, port]}
    stated = next(layer for layer in traced.layers if layer.name == name).facts.outputs[port]
    assert stated.shape == output.shape
    for unit in range(len(output)):
        slopes = torch.autograd.grad(
            (output[unit] * torch.rand(output.shape[1])).sum(),
            (x, memory),
            retain_graph=True,
            materialize_grads=True,
        )
        state = port != "output"
        read = region_read(traced, name, {} if state else {0: unit}, clipped=True, output=port)
        for (source, tensor), slope in zip({"x": x, "memory": memory}.items(), slopes, strict=True):
            reached = {place for place in range(len(tensor)) if bool(slope[place].any())}
            told = read[source].along(0) if source in read else ()
            assert {place for place in range(len(tensor)) if place in told} == reached
            found[source].append(reached)
    for source, every in found.items():
        if source in fields and port == "output":
            read_at_all = set[int]().union(*every)
            for unit, reached in enumerate(every):
                if reached:
                    check_hull(fields[source], unit, reached, read_at_all, dense=dense)
    return found


@given(
    layers=st.lists(st.one_of(CONVOLUTIONS, RECURRENCES, ATTENTIONS), min_size=1, max_size=4),
    end=st.none() | ENDS,
    positions=st.integers(5, 14),
)
@settings(max_examples=100, deadline=None, print_blob=True)
def test_stacks_of_every_sort(layers: list[Layer], end: Layer | None, positions: int) -> None:
    compare([*layers, *([end] if end else [])], positions)


@given(
    before=st.lists(st.one_of(CONVOLUTIONS, RECURRENCES, ATTENTIONS), max_size=2),
    behind=st.lists(st.one_of(CONVOLUTIONS, RECURRENCES, ATTENTIONS), max_size=2),
    positions=st.integers(5, 10),
)
@settings(max_examples=50, deadline=None, print_blob=True)
def test_stacks_that_attend_to_a_memory(before: list[Layer], behind: list[Layer], positions: int) -> None:
    """Of the memory everything is read wherever anything is: windows may hold nothing but padding."""
    reached = compare([*before, Attention(memory=True), *behind], positions)
    assert all(each in (set(), set(range(MEMORY))) for each in reached["memory"])


CAUSAL = Attention((("causal", True),))
WINDOW = Attention((("causal", True), ("window", 3)))
FULL = Attention()


BY_HAND: list[tuple[list[Layer], Callable[[int], set[int]]]] = [
    ([Convolution(3, dilation=2)], lambda unit: {unit - 4, unit - 2, unit}),
    ([Convolution(3), Convolution(3, dilation=2)], lambda unit: set(range(unit - 6, unit + 1))),
    ([Recurrence("LSTM")], lambda unit: set(range(unit + 1))),
    ([Recurrence("GRU", both=True)], lambda _: set(range(12))),
    ([FULL], lambda _: set(range(12))),
    ([CAUSAL, CAUSAL], lambda unit: set(range(unit + 1))),
    ([WINDOW, WINDOW, WINDOW], lambda unit: set(range(unit - 6, unit + 1))),
    ([Convolution(3, ahead=1), CAUSAL], lambda unit: set(range(unit + 2))),
    ([Convolution(3, stride=2), WINDOW], lambda unit: set(range(2 * unit - 6, 2 * unit + 1))),
    ([Convolution(3, stride=2), FULL], lambda _: set(range(11))),
    ([WINDOW, Recurrence("RNN"), LastStep()], lambda _: set(range(12))),
    ([WINDOW, LastStep()], lambda _: {9, 10, 11}),
    ([Convolution(3, stride=2), Recurrence("LSTM", output="h_n")], lambda _: set(range(11))),
    ([Recurrence("LSTM", output="c_n")], lambda _: set(range(12))),
]


@pytest.mark.parametrize(("layers", "reached"), BY_HAND)
def test_by_hand(layers: list[Layer], reached: Callable[[int], set[int]]) -> None:
    """The sets of 12 steps written out, those outside of the sequence left out."""
    for unit, found in enumerate(compare(layers, 12)["x"]):
        assert found == reached(unit) & set(range(12))
