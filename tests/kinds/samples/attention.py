"""MultiheadAttention, ScaledDotProductAttention, ShiftedWindowAttention."""

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.kinds.drawing import Arguments, Sample, Shape, numbers, per_axis, some

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def seldom(draw: "DrawFn", usual: int, *others: int) -> int:
    """Mostly one number, now and then another one, which does not fit."""
    return draw(st.sampled_from([usual] * 12 + [*others]))


def masks(draw: "DrawFn") -> Arguments:
    """A mask, or none; now and then a window of 0, or one without a middle."""
    windows = st.sampled_from([None, 1, 2, 3, 3, 5, 9, 0])
    chances: dict[str, SearchStrategy[object]] = {
        "causal": st.booleans(),
        "window": windows,
        "cross": st.sampled_from([None, None, True, False]),
    }
    return {key: value for key, value in some(draw, chances).items() if value is not None}


def heads(draw: "DrawFn") -> tuple[int, int]:
    """Query heads, and key/value heads that mostly divide them."""
    count = draw(numbers(1, 2, 3, 4))
    return count, draw(st.sampled_from([n for n in (1, 2, 3, 4) if count % n == 0] * 6 + [3]))


@st.composite
def multihead(draw: "DrawFn") -> Sample:
    """One to three sequences, maybe a bias; grouped heads and heads of their own width now and then."""
    count, groups = heads(draw)
    width = seldom(draw, count * draw(st.integers(1, 4)), 5)
    queries, keys = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    keys = draw(st.sampled_from([queries, keys]))
    kdim, vdim = (draw(st.sampled_from([width, width, 3, 4])) for _ in range(2))
    shapes: list[Shape] = [(queries, width), (keys, kdim), (seldom(draw, keys, keys + 1), vdim)]
    shapes = shapes[: draw(st.sampled_from([1, 1, 2, 3, 3]))]
    if draw(st.sampled_from([False] * 15 + [True])):
        shapes[-1] = draw(st.sampled_from([shapes[-1][:1], (*shapes[-1], 2)]))
    arriving = shapes[min(1, len(shapes) - 1)][-1], shapes[-1][-1]
    chances: dict[str, SearchStrategy[object]] = {
        "embed_dim": st.just(seldom(draw, width, width + 1)),
        "kdim": st.just(seldom(draw, arriving[0], arriving[0] + 1)),
        "vdim": st.just(seldom(draw, arriving[1], arriving[1] + 1)),
        **dict.fromkeys(("bias", "add_bias_kv", "add_zero_attn", "batch_first"), st.booleans()),
        **dict.fromkeys(("need_weights", "average_attn_weights"), st.booleans()),
        "dropout": st.floats(0, 1),
    }
    shared, narrow = {"num_kv_heads": groups}, {"head_dim": draw(st.integers(1, 3))}
    ours = draw(st.sampled_from([{}, {}, shared, shared, narrow, {**shared, **narrow}]))
    dtypes = tuple(draw(st.sampled_from(["float32"] * 15 + ["int64"])) for _ in shapes)
    if len(shapes) == 3 and draw(st.booleans()):
        shapes.append((draw(st.sampled_from([1, count, count, 5])), queries, seldom(draw, keys, keys + 1)))
        dtypes = *dtypes, draw(st.sampled_from(["float32"] * 6 + ["bool", "float64"]))
    return Sample({"num_heads": count, **some(draw, chances), **masks(draw), **ours}, tuple(shapes), dtypes)


@st.composite
def dot_product(draw: "DrawFn") -> Sample:
    """Queries, keys and values of one dtype, and maybe a bias or a mask."""
    count, groups = heads(draw)
    head_dim, value_dim = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    queries = draw(st.integers(1, 5))
    keys = draw(st.sampled_from([queries, queries, 3]))
    lead = draw(st.sampled_from([(), (), (2,), (2, 3)]))
    features = seldom(draw, count * head_dim, count * head_dim + 1)
    shapes: list[Shape] = [
        (*lead, queries, features),
        (*lead, keys, seldom(draw, groups * head_dim, groups * head_dim + 1)),
        (*lead, seldom(draw, keys, keys + 1), seldom(draw, groups * value_dim, groups * value_dim + 1)),
    ]
    dtype = draw(st.sampled_from(["float32", "float64", "float16", "int64"]))
    dtypes = [dtype, dtype, draw(st.sampled_from([dtype] * 12 + ["float32"]))]
    if draw(st.booleans()):
        shapes.append((draw(st.sampled_from([1, count, count, 5])), queries, keys))
        dtypes.append(draw(st.sampled_from([dtype, dtype, "bool"])))
    chances: dict[str, SearchStrategy[object]] = {
        "num_kv_heads": st.just(groups),
        "dropout_p": st.just(0.0),
        "scale": st.floats(0.1, 2),
    }
    given = some(draw, chances) if groups == count else {"num_kv_heads": groups}
    return Sample({"num_heads": count, **given, **masks(draw)}, tuple(shapes), tuple(dtypes))


@st.composite
def by_heads(draw: "DrawFn") -> Sample:
    """Heads as an axis, or none; a bias that is repeated along some axes."""
    count, groups = heads(draw)
    head_dim, value_dim, queries = (draw(st.integers(1, 3)) for _ in range(3))
    keys = draw(st.sampled_from([queries, queries, 4]))
    lead = draw(st.sampled_from([(), (), (2,)]))
    one, other = ((), ()) if draw(st.sampled_from([False] * 5 + [True])) else ((count,), (groups,))
    lead = lead if one else ()
    shapes: list[Shape] = [
        (*lead, *one, queries, head_dim),
        (*lead, *other, keys, seldom(draw, head_dim, head_dim + 1)),
        (*lead, *other, seldom(draw, keys, keys + 1), value_dim),
    ]
    dtype = draw(st.sampled_from(["float32", "float64", "float16"]))
    dtypes = [dtype] * 3
    if draw(st.booleans()):
        scores = (*lead, *one, queries, keys)
        # The same term on all scores of a query makes no difference.
        shapes.append((*(draw(st.sampled_from([n, n, n, 1])) for n in scores[:-1]), keys))
        dtypes.append(draw(st.sampled_from([dtype, dtype, "bool"])))
    given = some(draw, {"scale": st.floats(0.1, 2), "num_kv_heads": st.just(groups)})
    return Sample({**given, **masks(draw)}, tuple(shapes), tuple(dtypes))


@st.composite
def windowed(draw: "DrawFn") -> Sample:
    """An image with the channels last, and windows of two sizes."""
    count = draw(numbers(1, 2, 3))
    width = seldom(draw, count * draw(st.integers(1, 3)), 5)
    shape: Shape = (draw(st.integers(1, 9)), draw(st.integers(1, 7)), width)
    shape = draw(st.sampled_from([shape] * 12 + [shape[1:], (*shape, 2)]))
    chances: dict[str, SearchStrategy[object]] = {
        "shift_size": per_axis(2, numbers(0, 1, 1, 2)),
        "dim": st.just(seldom(draw, width, width + 1)),
        **dict.fromkeys(("qkv_bias", "proj_bias"), st.booleans()),
        **dict.fromkeys(("attention_dropout", "dropout"), st.floats(0, 1)),
    }
    given = {"num_heads": count, "window_size": draw(per_axis(2, numbers(2, 3, 3, 4, 5)))}
    return Sample({**given, **some(draw, chances)}, (shape,), (seldom_whole(draw),))


def seldom_whole(draw: "DrawFn") -> str:
    """A dtype, mostly that of weights."""
    return draw(st.sampled_from(["float32"] * 12 + ["int64"]))


@st.composite
def latent(draw: "DrawFn") -> Sample:
    """MultiheadLatentAttention with few heads; seldom of an odd number of features that turn."""
    usual: Shape = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    shape = draw(st.sampled_from([usual] * 12 + [(1, *usual)]))
    few = st.integers(2, 3)
    arguments: Arguments = {
        "num_heads": draw(st.integers(1, 2)),
        "kv_lora_rank": draw(few),
        "qk_nope_head_dim": draw(st.integers(1, 3)),
        "qk_rope_head_dim": draw(st.sampled_from([2] * 8 + [4] * 4 + [3])),
        "v_head_dim": draw(st.integers(1, 3)),
    }
    arguments |= some(
        draw,
        {
            "q_lora_rank": st.one_of(st.none(), few),
            "attention_bias": st.booleans(),
            "attention_dropout": st.floats(0, 1),
            "rope_theta": st.sampled_from([10.0, 10000.0]),
            "causal": st.booleans(),
            "hidden_size": st.sampled_from([shape[-1]] * 8 + [shape[-1] + 1]),
        },
    )
    return Sample(arguments, (shape,), (draw(st.sampled_from(["float32"] * 12 + ["int64"])),))


SAMPLES = {
    "MultiheadLatentAttention": latent(),
    "MultiheadAttention": multihead(),
    "ScaledDotProductAttention": st.one_of(dot_product(), by_heads()),
    "ShiftedWindowAttention": windowed(),
}
