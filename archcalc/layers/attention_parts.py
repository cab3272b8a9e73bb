"""What the kinds of attention have in common: the two products, heads, inputs that fit each other."""

from archcalc.errors import Fault
from archcalc.facts import Tensor
from archcalc.formulas.attention import mixing_macs, scores_macs
from archcalc.layers.base import floats_hint
from archcalc.layers.operations import softmax_work
from archcalc.tuples import NamedTuple
from archcalc.wording import divisors
from archcalc.work import Work, Worked


class Square(NamedTuple):
    """Pairs of a query and a key.

    Args:
        samples: sequences side by side.
        heads: heads of the queries.
        queries: positions that ask.
        keys: positions that are asked.
        hidden: pairs of one head that a mask hides.
    """

    samples: int
    heads: int
    queries: int
    keys: int
    hidden: int = 0


QUERY, KEY, VALUE = range(3)
"""Places among the inputs; terms that are added to scores stand behind."""


def score_work(square: Square, head_dim: int, value_dim: int, terms: int = 0, *, made: bool = True) -> Worked:
    """The two products of attention, and between them the softmax of the scores, which are scaled.

    Args:
        square: the pairs.
        head_dim: features of a query and a key.
        value_dim: features of a value.
        terms: that are added to every score.
        made: the layer itself made queries, keys and values.
    """
    samples, heads, queries, keys, hidden = square
    hidden *= samples * heads
    arriving = 0 if made else None
    beside = range(VALUE + 1, VALUE + 1 + terms)
    crossing = () if made else ((QUERY,), (KEY,))
    mixed = () if made else ((QUERY, KEY, *beside), (VALUE,))
    scores = samples * scores_macs(heads, queries, keys, head_dim)
    mixing = samples * mixing_macs(heads, queries, keys, value_dim)
    pairs = samples * heads * queries * keys
    return (
        Work("product", scores, name="scores", masked=hidden * head_dim, arriving=arriving, factors=crossing),
        Work("elementwise", (1 + terms) * pairs, name="scores", masked=(1 + terms) * hidden),
        *softmax_work(pairs, "scores", hidden),
        Work("product", mixing, name="mixing", masked=hidden * value_dim, arriving=arriving, factors=mixed),
    )


def split_heads(features: int, heads: int, of: str = "") -> int:
    """Features of one head."""
    if features % heads:
        fact = f"{features} {of} features do not divide into {heads} heads".replace("  ", " ")
        raise Fault(fact, key="num_heads", hint=divisors(features, heads))
    return features // heads


def same_length(keys: int, values: int) -> None:
    """Refuse keys without values, and values without keys."""
    if keys != values:
        hint = "a key and a value come from the same position"
        raise Fault(f"{keys} keys, but {values} values", key="from", hint=hint)


def one_float(inputs: tuple[Tensor, ...]) -> None:
    """Refuse inputs that are not all of one dtype of real numbers."""
    for tensor in inputs:
        if not tensor.is_float:
            raise Fault(
                f"needs floating point inputs, got {tensor.dtype}", key="from", hint=floats_hint(tensor)
            )
        if tensor.dtype != inputs[0].dtype:
            raise Fault(f"inputs have different dtypes: {inputs[0].dtype} and {tensor.dtype}", key="from")
