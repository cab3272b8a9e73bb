"""Graph layers and readouts."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Sample, numbers, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from tests.kinds.drawing import Arguments, Shape

WIDTH = st.integers(1, 4)
AGGREGATION = st.sampled_from(["mean", "add", "sum", "max", "min", "mul"])
ATTENDING: "dict[str, SearchStrategy[object]]" = {
    "heads": st.integers(1, 3),
    "concat": st.booleans(),
    "dropout": st.floats(0, 1),
    "negative_slope": st.floats(0, 1),
    "add_self_loops": st.booleans(),
    "fill_value": st.sampled_from(["mean", "add", "max", 0.5]),
    "bias": st.booleans(),
    "residual": st.booleans(),
}


def graph(draw: "DrawFn") -> "tuple[list[Shape], list[str]]":
    """Shapes and dtypes of x and edge_index; seldom wrong ones."""
    nodes, features, edges = draw(st.integers(2, 5)), draw(WIDTH), draw(st.integers(2, 7))
    x = draw(st.sampled_from([(nodes, features)] * 18 + [(nodes,), (1, nodes, features)]))
    ends = draw(st.sampled_from([(2, edges)] * 18 + [(3, edges), (edges,)]))
    dtype = draw(st.sampled_from(["int64"] * 12 + ["float32"]))
    return [x, ends], [draw(st.sampled_from(["float32"] * 12 + ["int64"])), dtype]


def layer(
    required: "dict[str, SearchStrategy[object]]", **chances: "SearchStrategy[object]"
) -> "SearchStrategy[Sample]":
    """A layer on x and edge_index."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shapes, dtypes = graph(draw)
        arguments = {name: draw(values) for name, values in required.items()} | some(draw, chances)
        if draw(numbers(*[0] * 8, 1)):
            arguments["in_channels"] = draw(WIDTH)
        return Sample(arguments, tuple(shapes), tuple(dtypes))

    return draws()


def convolution(
    required: "dict[str, SearchStrategy[object]]", **chances: "SearchStrategy[object]"
) -> "SearchStrategy[Sample]":
    """GCNConv and ChebConv, with edge weights now and then."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shapes, dtypes = graph(draw)
        arguments = {name: draw(values) for name, values in required.items()} | some(draw, chances)
        if draw(st.booleans()):
            edges = shapes[1][-1]
            shapes.append(draw(st.sampled_from([(edges,)] * 8 + [(edges + 1,), (edges, 2)])))
            dtypes.append("float32")
        return Sample(arguments, tuple(shapes), tuple(dtypes))

    return draws()


@st.composite
def relations(draw: "DrawFn") -> Sample:
    """RGCNConv, mostly with a type for every edge."""
    shapes, dtypes = graph(draw)
    blocks = draw(numbers(1, 1, 2))
    shapes[0] = (*shapes[0][:-1], shapes[0][-1] * blocks)
    chances: dict[str, SearchStrategy[object]] = {
        "aggr": AGGREGATION,
        "root_weight": st.booleans(),
        "is_sorted": st.just(value=False),
        "bias": st.booleans(),
    }
    ways: list[Arguments] = [{}, {"num_bases": draw(WIDTH)}, {"num_blocks": blocks}, {"num_blocks": 2}]
    both = [{"num_bases": 1, "num_blocks": 1}]
    arguments: Arguments = {
        "out_channels": blocks * draw(WIDTH),
        "num_relations": draw(st.integers(1, 3)),
        **draw(st.sampled_from(ways * 4 + both)),
        **some(draw, chances),
    }
    edges = shapes[1][-1]
    types = [*shapes, draw(st.sampled_from([(edges,)] * 12 + [(edges + 1,), (edges, 1)]))]
    count = draw(numbers(*[3] * 12, 2))
    dtypes.append(draw(st.sampled_from(["int64"] * 12 + ["float32"])))
    return Sample(arguments, tuple(types[:count]), tuple(dtypes[:count]))


def attention(
    usual: "dict[str, SearchStrategy[object]]", **chances: "SearchStrategy[object]"
) -> "SearchStrategy[Sample]":
    """GATConv, GATv2Conv, TransformerConv, with edge features now and then."""

    @st.composite
    def draws(draw: "DrawFn") -> Sample:
        shapes, dtypes = graph(draw)
        arguments: Arguments = {"out_channels": draw(WIDTH), **some(draw, {**usual, **chances})}
        if draw(st.booleans()):
            features, edges = draw(WIDTH), shapes[1][-1]
            arguments["edge_dim"] = draw(st.sampled_from([features] * 8 + [features + 1]))
            shapes.append(draw(st.sampled_from([(edges, features)] * 8 + [(edges,), (edges + 1, features)])))
            dtypes.append("float32")
        return Sample(arguments, tuple(shapes), tuple(dtypes))

    return draws()


@st.composite
def readout(draw: "DrawFn") -> Sample:
    """A pool over all nodes."""
    (x, _), (dtype, _) = graph(draw)
    return Sample({}, (x,), (dtype,))


WIDTHS = st.one_of(WIDTH, st.lists(WIDTH, min_size=1, max_size=3).map(tuple))
SAMPLES = {
    "GCNConv": convolution(
        {"out_channels": WIDTH},
        improved=st.booleans(),
        cached=st.booleans(),
        normalize=st.booleans(),
        add_self_loops=st.sampled_from([None, False, True]),
        bias=st.booleans(),
    ),
    "GATConv": attention(ATTENDING),
    "GATv2Conv": attention(ATTENDING, share_weights=st.booleans()),
    "TransformerConv": attention(
        {name: ATTENDING[name] for name in ("heads", "concat", "dropout", "bias")},
        beta=st.booleans(),
        root_weight=st.booleans(),
    ),
    "ChebConv": convolution(
        {"out_channels": WIDTH, "K": st.integers(1, 3)},
        normalization=st.sampled_from(["sym", "rw", None]),
        bias=st.booleans(),
    ),
    "RGCNConv": relations(),
    "SAGEConv": layer(
        {"out_channels": WIDTH},
        aggr=AGGREGATION,
        **{name: st.booleans() for name in ("normalize", "root_weight", "project", "bias")},
    ),
    "GINConv": layer({"nn": WIDTHS}, batch_norm=st.booleans(), eps=st.floats(0, 1), train_eps=st.booleans()),
    "GlobalMeanPool": readout(),
    "GlobalAddPool": readout(),
    "GlobalMaxPool": readout(),
}
