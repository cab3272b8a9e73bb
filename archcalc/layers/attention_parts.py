"""What the kinds of attention have in common: the two products, heads, inputs that fit each other."""

from archcalc.errors import Fault
from archcalc.facts import Part, Tensor
from archcalc.formulas.attention import mixing_macs, scores_macs
from archcalc.layers.base import floats_hint
from archcalc.wording import divisors


def score_parts(
    samples: int, heads: int, queries: int, keys: int, head_dim: int, value_dim: int
) -> dict[str, Part]:
    """The two products of attention, for so many sequences."""
    return {
        "scores": Part(0, samples * scores_macs(heads, queries, keys, head_dim)),
        "mixing": Part(0, samples * mixing_macs(heads, queries, keys, value_dim)),
    }


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
