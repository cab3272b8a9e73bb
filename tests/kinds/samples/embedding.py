"""Embedding, EmbeddingBag."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import SHAPES, Arguments, Sample, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

INDICES = st.sampled_from(["int64"] * 6 + ["int32"] * 2 + ["float32", "uint8", "bool"])


def table(draw: "DrawFn") -> Arguments:
    """The arguments that both kinds have."""
    chances: dict[str, SearchStrategy[object]] = {
        "padding_idx": st.one_of(st.none(), st.integers(-5, 5)),
        "max_norm": st.floats(0.5, 3),
        "norm_type": st.sampled_from([1.0, 2.0]),
        "scale_grad_by_freq": st.booleans(),
        "sparse": st.booleans(),
    }
    sizes = {"num_embeddings": draw(st.integers(1, 5)), "embedding_dim": draw(st.integers(1, 4))}
    return {**sizes, **some(draw, chances)}


@st.composite
def embedding(draw: "DrawFn") -> Sample:
    """Tokens on one to four axes."""
    return Sample(table(draw), (draw(SHAPES),), (draw(INDICES),))


@st.composite
def bag(draw: "DrawFn") -> Sample:
    """Tokens, mostly on one axis; offsets, weights of the tokens, both or neither."""
    arguments = table(draw) | some(draw, {"include_last_offset": st.booleans()})
    arguments |= some(draw, {"mode": st.sampled_from(["sum", "sum", "mean", "max"])})
    size = draw(st.integers(1, 5))
    tokens: list[tuple[int, ...]] = [*[(size,)] * 8, (size, 2)]
    shapes = [draw(st.sampled_from(tokens))]
    dtypes = [draw(INDICES)]
    if draw(st.booleans()):
        count = draw(st.integers(1, 4))
        offsets: list[tuple[int, ...]] = [*[(count,)] * 8, (count, 1)]
        shapes.append(draw(st.sampled_from(offsets)))
        dtypes.append(draw(st.sampled_from([dtypes[0]] * 6 + ["int32", "uint8", "float32"])))
    if draw(st.sampled_from([False, False, True])):
        shapes.append(draw(st.sampled_from([shapes[0]] * 8 + [(size + 1,)])))
        dtypes.append(draw(st.sampled_from(["float32"] * 6 + ["float64", "int64"])))
        arguments["mode"] = draw(st.sampled_from(["sum"] * 6 + ["mean"]))
    return Sample(arguments, tuple(shapes), tuple(dtypes))


SAMPLES = {"Embedding": embedding(), "EmbeddingBag": bag()}
