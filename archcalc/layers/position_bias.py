"""Terms on the scores of attention that depend on the distance alone: inputs of ScaledDotProductAttention."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import NOTHING, AxisRead, Facts, Shape, Tensor
from archcalc.formulas.elementwise import each_number
from archcalc.keeping import INDEX, KEEPS_NOTHING, Saved, per_batch
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer
from archcalc.layers.operations import on_each
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class PositionBias(Layer, frozen=True):
    """A term for every head, query and key.

    Inputs: the sequence that attends to itself, or one that asks and one that is asked. Only their lengths
    matter.
    """

    num_heads: Positive
    """Heads of the attention."""

    def terms(self, inputs: tuple[Tensor, ...], weights: dict[str, Shape]) -> Facts:
        """Facts of (H, T, S) terms, whose weights are embedding tables."""
        if len(inputs) not in (1, 2):
            raise Fault(f"takes 1 or 2 inputs (queries, keys), got {len(inputs)}", key="from")
        lengths = tuple(_length(tensor) for tensor in inputs)
        dtype = inputs[0].dtype if inputs[0].is_float else "float32"
        made = (self.num_heads, lengths[0], lengths[-1])
        # Terms are looked up, or they are the distance times the slope.
        work = (Work("gather", each_number(made), tuple(weights)),) if weights else (on_each(made, 2),)
        return Facts(
            {"output": Tensor(made, dtype)},
            work=work,
            reads=tuple((AxisRead(None, NOTHING),) * len(tensor.shape) for tensor in inputs),
            weights=weights,
            positional="bias",
            lookups=tuple(weights),
        )


class RelativePositionBias(PositionBias, frozen=True):
    """A learned term per head and bucket of distances, which grow wider with the distance.

    Half of the buckets hold one distance each, the others distances up to ``max_distance`` on a logarithmic
    scale (Raffel et al. 2019, T5, arXiv 1910.10683, section 2.1).
    """

    num_buckets: Annotated[int, Field(ge=2)] = 32
    """Rows of the table."""
    max_distance: Positive = 128
    """Distances beyond it share the last bucket."""
    bidirectional: bool = True
    """Half of the buckets for keys behind the query; false: in decoders, which ask none of these."""

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The bucket of every pair, for all samples."""
        del facts
        return Saved(others=(per_batch(inputs[0].shape[0] * inputs[-1].shape[0], INDEX),))

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, *) -> (H, T, T), or (T, *), (S, *) -> (H, T, S)."""
        exact = self.num_buckets // (4 if self.bidirectional else 2)
        if self.max_distance <= exact or not exact:
            fact = (
                f"max_distance {self.max_distance} is not above the {exact} distances with their own bucket"
            )
            raise Fault(fact, key="max_distance")
        return self.terms(inputs, {"weight": (self.num_buckets, self.num_heads)})

    def drawn(self, facts: Facts) -> "Drawn":
        """Those of an Embedding: normal numbers of mean 0 and variance 1."""
        return dict.fromkeys(facts.weights, 1.0)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """A row of the table for every pair, the same in all samples."""
        del facts
        from archcalc.layers.carrying.looking_up import carried_terms

        return carried_terms(read, drawn)


class ALiBi(PositionBias, frozen=True):
    """-m (t - s) for query t and key s, with a fixed slope m per head.

    Press et al. 2021 (arXiv 2108.12409).
    """

    saves = KEEPS_NOTHING

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, *) -> (H, T, T), or (T, *), (S, *) -> (H, T, S)."""
        return self.terms(inputs, {})


def _length(tensor: Tensor) -> int:
    """Positions of a sequence: features last, or tokens alone."""
    if len(tensor.shape) not in (1, 2):
        fact = f"needs tokens (T) or a sequence (T, D), got {len(tensor.shape)} axes: {list(tensor.shape)}"
        raise Fault(fact, key="from")
    return tensor.shape[0]
