"""Attention without weights on tensors whose heads are an axis: (*, heads, positions, features of one)."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.attended import Attention
from archcalc.errors import Fault
from archcalc.facts import FEATURES, FIRST, IDENTITY, AxisRead, Facts, Tensor
from archcalc.layers.attention_parts import Square, same_length, score_work
from archcalc.layers.broadcasting import fitted_to, shapes_listed
from archcalc.layers.phases import repeated
from archcalc.wording import divisors

if TYPE_CHECKING:
    from archcalc.facts import Reach, Reads, Shape
    from archcalc.layers.attention import ScaledDotProductAttention

SQUARE = 2
"""Axes of positions and features."""


def facts_by_heads(layer: "ScaledDotProductAttention", inputs: tuple[Tensor, ...]) -> Facts:
    """(*, H, T, d), (*, G, S, d), (*, G, S, d_v) -> (*, H, T, d_v); G divides H. Without an H there is one.

    Raises:
        Fault: the inputs do not fit each other.
    """
    query, key, value = (tensor.shape for tensor in inputs[:3])
    heads, groups = _heads(query), _heads(key)
    _check(layer, inputs[:3], heads, groups)
    queries, keys, axes = query[-2], key[-2], len(query)
    cross = queries != keys if layer.cross is None else layer.cross
    of_keys = layer.reads_keys(queries, keys, cross=cross, to=axes - 2)
    before = [AxisRead(axis, IDENTITY) for axis in range(axes - 2)]
    shared = [*before[:-1], AxisRead(axes - 3, _own_group(heads, groups))] if axes > SQUARE else []
    mixed, own = AxisRead(axes - 1, FEATURES), AxisRead(axes - 1, IDENTITY, holds="features")
    asking = (*before, AxisRead(axes - 2, IDENTITY), mixed)
    bias = [_bias_reads(tensor, query, keys, of_keys, inputs) for tensor in inputs[3:]]
    square = Square(prod(query[:-3]), heads, queries, keys, layer.hidden(queries, cross=cross))
    return Facts(
        outputs={"output": Tensor((*query[:-1], value[-1]), inputs[0].dtype)},
        work=score_work(square, query[-1], value[-1], len(inputs) - 3, made=False),
        reads=(asking, (*shared, of_keys, mixed), (*shared, of_keys, own), *bias),
        attention=Attention(
            *(heads, groups, query[-1], value[-1], queries, keys, layer.causal, layer.window, cross)
        ),
        inferred={"num_kv_heads": groups, "cross": cross},
    )


def _heads(shape: "Shape") -> int:
    return shape[-3] if len(shape) > SQUARE else 1


def _own_group(heads: int, groups: int) -> "Reach":
    """Of keys and values those of the head's own group."""
    if heads == groups:
        return IDENTITY
    return FIRST if groups == 1 else repeated(heads // groups, "from")


def _check(layer: "ScaledDotProductAttention", inputs: tuple[Tensor, ...], heads: int, groups: int) -> None:
    """Refuse queries, keys and values that do not fit each other."""
    query, key, value = (tensor.shape for tensor in inputs)
    if len({len(shape) for shape in (query, key, value)}) > 1:
        raise Fault(f"inputs have different numbers of axes: {shapes_listed(inputs)}", key="from")
    same_length(key[-2], value[-2])
    if query[:-3] != key[:-3] or key[:-2] != value[:-2]:
        raise Fault(f"inputs differ before their positions: {shapes_listed(inputs)}", key="from")
    if heads % groups:
        fact = f"{heads} heads do not divide into {groups} key/value heads"
        raise Fault(fact, key="from", hint=divisors(heads, groups))
    if layer.num_kv_heads not in (None, groups):
        raise Fault(f"num_kv_heads is {layer.num_kv_heads}, but {groups} arrive", key="num_kv_heads")
    if key[-1] != query[-1]:
        raise Fault(f"{key[-1]} features of a key meet {query[-1]} of a query", key="from")


def _bias_reads(
    bias: Tensor, query: "Shape", keys: int, of_keys: AxisRead, inputs: tuple[Tensor, ...]
) -> "Reads":
    """How a mask or terms on the scores are read, which are repeated along axes of size 1.

    Raises:
        Fault: they do not fit the scores.
    """
    scores = (*query[:-1], keys)
    shape = fitted_to(bias, len(scores), (inputs[0], bias))
    if any(size not in (1, score) for size, score in zip(shape, scores, strict=True)):
        fact = f"the bias is {list(bias.shape)}, but the scores are {list(scores)}"
        raise Fault(fact, key="from", hint="each of its axes is that of the scores, or 1")
    if bias.dtype not in (inputs[0].dtype, "bool"):
        fact = f"the bias is {bias.dtype}, but the query {inputs[0].dtype}"
        raise Fault(fact, key="from", hint="bool is a mask: false for keys that are not asked")
    *sizes, last = shape
    reads = [AxisRead(axis, IDENTITY if size == scores[axis] else FIRST) for axis, size in enumerate(sizes)]
    reads.append(of_keys if last == keys else AxisRead(None, IDENTITY))
    more = len(bias.shape) - len(scores)
    return (AxisRead(None, IDENTITY),) * more + tuple(reads[max(0, -more) :])
