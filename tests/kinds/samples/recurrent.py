"""RNN, LSTM, GRU and their cells; LSTM over maps."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, Shape, per_axis, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

SIZE = st.integers(1, 5)
NONLINEARITY: "dict[str, SearchStrategy[object]]" = {"nonlinearity": st.sampled_from(["tanh", "relu"])}
BIASES: "dict[str, SearchStrategy[object]]" = {"num_biases": st.sampled_from([1, 2])}
DTYPE = st.sampled_from(["float32"] * 12 + ["int64"])


def almost(draw: "DrawFn", shape: Shape) -> Shape:
    """A shape; now and then another one."""
    return draw(st.sampled_from([shape] * 12 + [(*shape, 1), shape[:-1], (*shape[:-1], shape[-1] + 1)]))


def recurrent(
    states: int, chances: "dict[str, SearchStrategy[object]] | None" = None, *, projected: bool = False
) -> "SearchStrategy[Sample]":
    """A sequence, mostly on two axes, and mostly all of the first states or none."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        sequence = draw(st.sampled_from([2] * 12 + [1, 3]))
        shape = tuple(draw(SIZE) for _ in range(sequence))
        hidden, layers, both = draw(SIZE), draw(st.integers(1, 3)), draw(st.booleans())
        arguments = some(draw, {"bias": st.booleans(), "batch_first": st.booleans(), **(chances or {})})
        arguments |= some(draw, BIASES)
        arguments |= some(draw, {"dropout": st.floats(0, 1), "input_size": st.just(shape[-1])})
        arguments |= {"hidden_size": hidden, "num_layers": layers, "bidirectional": both}
        out = hidden
        if projected and draw(st.booleans()):
            size = draw(st.integers(0, hidden))
            arguments["proj_size"] = size
            out = draw(st.sampled_from([size or hidden] * 8 + [hidden]))
        rows = layers * (1 + both)
        first = (almost(draw, (rows, out)), almost(draw, (rows, hidden)))[:states]
        count = draw(st.sampled_from([0] * 4 + [states] * 4 + [1, 2]))
        shapes = (shape, *(*first, *first)[:count])
        return Sample(arguments, shapes, tuple(draw(DTYPE) for _ in shapes))

    return draws()


def cell(states: int, **chances: "SearchStrategy[object]") -> "SearchStrategy[Sample]":
    """The features of one step, and mostly all of the states or none."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        step = draw(st.sampled_from([(draw(SIZE),)] * 12 + [(2, 2)]))
        hidden = draw(SIZE)
        arguments = {"hidden_size": hidden, **some(draw, {"bias": st.booleans(), **BIASES, **chances})}
        arguments |= some(draw, {"input_size": st.sampled_from([step[-1]] * 8 + [step[-1] + 1])})
        count = draw(st.sampled_from([0] * 4 + [states] * 4 + [1, 2]))
        widths = [draw(st.sampled_from([hidden] * 12 + [hidden + 1])) for _ in range(count)]
        shapes = (step, *((width,) for width in widths))
        return Sample(arguments, shapes, tuple(draw(DTYPE) for _ in shapes))

    return draws()


@st.composite
def convolutional(draw: "DrawFn") -> Sample:
    """ConvLSTM on few small maps, mostly with all of the first states or none."""
    axes = draw(st.sampled_from([2] * 12 + [1, 3]))
    small = st.integers(1, 2)
    shape = (draw(small), draw(small), *(draw(st.integers(1, 4)) for _ in range(axes)))
    hidden, layers = draw(small), draw(small)
    taps = st.sampled_from([1, 3, 3, 3, 5] * 3 + [2])
    arguments: dict[str, object] = {"hidden_dim": hidden, "kernel_size": draw(per_axis(2, taps))}
    arguments |= some(draw, {"bias": st.booleans(), "input_dim": st.just(shape[1])})
    if layers > 1 or draw(st.booleans()):
        arguments["num_layers"] = layers
    state = (layers, hidden, *shape[2:])
    count = draw(st.sampled_from([0] * 4 + [2] * 4 + [1]))
    shapes = (shape, *(almost(draw, state) for _ in range(count)))
    return Sample(arguments, shapes, tuple(draw(DTYPE) for _ in shapes))


SAMPLES = {
    "ConvLSTM": convolutional(),
    "RNN": recurrent(1, NONLINEARITY),
    "LSTM": recurrent(2, projected=True),
    "GRU": recurrent(1),
    "RNNCell": cell(1, **NONLINEARITY),
    "LSTMCell": cell(2),
    "GRUCell": cell(1),
}
