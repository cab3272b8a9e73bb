"""Mixtures of experts: a router that picks experts for every position, and the experts.

Shazeer et al. 2017 (arXiv 1701.06538); weights as transformers has them for Mixtral.
"""

from math import prod
from typing import TYPE_CHECKING

from archcalc.dividing import Cut, Cuts
from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, AxisRead, Facts, Shape, Tensor, along, unmoved
from archcalc.formulas.attention import expert_macs
from archcalc.formulas.counts import linear_macs
from archcalc.kept import KeptTensors
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, single_float
from archcalc.layers.operations import fold_work, map_work, on_each, softmax_work
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.keeping import Saved


class TopKRouter(Layer, frozen=True):
    """Pick the experts with the largest scores for every position: softmax(x W^T), the best k of it."""

    num_experts: Positive
    """Experts to choose from."""
    top_k: Positive
    """Experts of one position."""
    bias: bool = False
    """Add one number per expert."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, D) -> ``scores`` and ``indices`` of (*, k), ``logits`` of (*, experts)."""
        tensor = single_float(inputs)
        *positions, features = tensor.shape
        some_of(self.top_k, self.num_experts)
        weights: dict[str, Shape] = {"weight": (self.num_experts, features)}
        if self.bias:
            weights["bias"] = (self.num_experts,)
        logits = (*positions, self.num_experts)
        chosen = (*positions, self.top_k)
        return Facts(
            {
                "scores": Tensor(chosen, tensor.dtype),
                "indices": Tensor(chosen, "int64"),
                "logits": Tensor(logits, tensor.dtype),
            },
            work=(
                *map_work(linear_macs(features, logits), weights, logits),
                *softmax_work(prod(logits)),
                *fold_work(logits),  # the best ones are looked for
            ),
            reads=(along(*(IDENTITY,) * len(positions), FEATURES),),
            weights=weights,
        )

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> "Saved | None":
        """Its input, the softmax, the places of the best ones, these and their sum."""
        kept = KeptTensors(inputs)
        made = [kept.new(*tensor.shape, dtype=tensor.dtype) for tensor in facts.outputs.values()]
        kept.linear(kept.inputs[0], self.num_experts)
        positions = inputs[0].shape[:-1]
        for features in (self.num_experts, self.top_k, 1):
            kept.own(*positions, features)
        kept.keep(made[1])
        return kept.saved(*made)


class Experts(Layer, frozen=True):
    """Send every position through its own experts, and add up their results by their scores.

    An expert is a gated map, W_down (silu(W_gate x) * (W_up x)). Inputs: the positions, and ``indices`` and
    ``scores`` of a router. MACs and active parameters are those of the experts that a position uses.
    """

    untold = "it depends on where the router sends the positions"

    num_experts: Positive
    """Experts, whose weights are fused along the first axis."""
    intermediate_size: Positive
    """Inner features of one expert."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, D), (*, k), (*, k) -> (*, D)."""
        tensor, top_k = self._routed(inputs)
        *positions, features = tensor.shape
        hidden = self.intermediate_size
        weights: dict[str, Shape] = {
            "gate_up_proj": (self.num_experts, 2 * hidden, features),
            "down_proj": (self.num_experts, features, hidden),
        }
        route = (*unmoved(len(positions)), AxisRead(None, FEATURES))
        return Facts(
            {"output": tensor},
            work=(
                Work("product", expert_macs(prod(positions), top_k, features, hidden), tuple(weights)),
                on_each((*positions, top_k, hidden), 2),  # silu, and times the other map
                on_each((*positions, top_k, features), 2),  # times the score, and their sum
            ),
            reads=(along(*(IDENTITY,) * len(positions), FEATURES), route, route),
            weights=weights,
            active_params=expert_macs(1, top_k, features, hidden),
        )

    def divided(self, facts: Facts) -> dict[str, Cuts]:
        """By experts, and each expert by its inner features."""
        del facts
        experts = Cut(0, self.num_experts, "experts", "expert")
        rows, columns = (Cut(axis, self.intermediate_size, "inner features") for axis in (1, 2))
        return {"gate_up_proj": (experts, rows), "down_proj": (experts, columns)}

    def _routed(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, int]:
        """The positions, and how many experts each has."""
        if len(inputs) != 3:  # noqa: PLR2004  said in the text
            fact = f"takes 3 inputs (positions, indices, scores), got {len(inputs)}"
            raise Fault(fact, key="from", hint="with a TopKRouter: from: [x, router.indices, router.scores]")
        tensor, indices, scores = inputs
        single_float((tensor,))
        single_float((scores,))
        if indices.is_float or indices.dtype == "bool":
            fact = f"the indices of experts are whole numbers, got {indices.dtype}"
            raise Fault(fact, key="from", hint="the router's output `indices`")
        for name, routed in (("indices", indices), ("scores", scores)):
            if routed.shape[:-1] != tensor.shape[:-1] or routed.shape != indices.shape:
                fact = f"{name} of {list(routed.shape)} do not fit positions of {list(tensor.shape)}"
                raise Fault(fact, key="from")
        some_of(indices.shape[-1], self.num_experts)
        return tensor, indices.shape[-1]


def some_of(top_k: int, num_experts: int) -> None:
    """Refuse more experts for a position than there are."""
    if top_k > num_experts:
        fact = f"a position uses {top_k} of {num_experts} experts"
        raise Fault(fact, key="num_experts", hint=f"top_k is at most {num_experts}")
