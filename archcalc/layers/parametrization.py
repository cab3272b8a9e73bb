"""Weights written as functions of other tensors (torch.nn.utils.parametrizations): names and shapes."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Literal

from archcalc.facts import EMPTY, Tensor
from archcalc.keeping import Saved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Facts, Shape

Parametrization = Literal["weight_norm", "spectral_norm"]
ORIGINAL = "parametrizations.weight.original"


def tensors(
    weight: "Shape",
    bias: "Shape | None",
    parametrization: Parametrization | None,
    spectral_dim: int = 0,
) -> "tuple[Mapping[str, Shape], Mapping[str, Shape]]":
    """Parameters and buffers of a layer with one weight, under torch's names and in torch's order.

    ``weight_norm`` (Salimans & Kingma 2016) learns a length g along axis 0 and a direction v: w = g v / |v|.
    ``spectral_norm`` (Miyato et al. 2018) divides the learned weight by its largest singular value, estimated
    with two vectors: with the weight as a matrix of h rows along ``spectral_dim`` and w columns they have h
    and w elements. A weight of one axis is divided by its length and needs none.

    Args:
        weight: shape of the weight that the layer calculates with.
        bias: shape of its bias.
        parametrization: how the weight is written; None: as it is.
        spectral_dim: axis of the rows: 1 in transposed convolutions, else 0.
    """
    if parametrization is None:
        return {"weight": weight} if bias is None else {"weight": weight, "bias": bias}, EMPTY
    plain = {} if bias is None else {"bias": bias}
    if parametrization == "weight_norm":
        return {**plain, f"{ORIGINAL}0": (weight[0], *(1 for _ in weight[1:])), f"{ORIGINAL}1": weight}, {}
    rows = weight[spectral_dim] if len(weight) > 1 else 0
    vectors: dict[str, Shape] = {"_u": (rows,), "_v": (prod(weight) // rows,)} if rows else {}
    buffers = {f"parametrizations.weight.0.{name}": shape for name, shape in vectors.items()}
    return {**plain, ORIGINAL: weight}, buffers


def with_made_weight(kept: Saved, facts: "Facts", dtype: str, *, always: bool = False) -> Saved:
    """What autograd keeps of a layer with a weight that may be made of others.

    Besides it keeps the weight, and the norms, or copies of the vectors, of which it is made.

    Args:
        kept: what it keeps of what arrives.
        facts: those of the layer.
        dtype: precision of the weights.
        always: it keeps the weight although no gradient goes on to an input.
    """
    learned = {name: shape for name, shape in facts.weights.items() if name.startswith(ORIGINAL)}
    if not learned:
        return kept
    *lengths, shape = learned.values()
    weight = (Tensor(shape, dtype, batched=False),)
    norm = Tensor(lengths[0] if lengths else (), _wide(dtype) if lengths else dtype, batched=False)
    vectors = (Tensor(each, dtype, batched=False) for each in facts.buffers.values())
    made = replace(kept, own_for_weights=(norm, *vectors))
    return replace(made, others=(*kept.others, *weight)) if always else replace(made, own_for_inputs=weight)


def _wide(dtype: str) -> str:
    """Norms of a weight in half precision are kept in single precision."""
    return "float64" if dtype == "float64" else "float32"
