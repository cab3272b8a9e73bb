"""How networks without an order are told positions: added to the features, or turned into them."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, AxisRead, Facts, Shape, Tensor, Window, pointwise, unmoved
from archcalc.formulas.elementwise import each_number
from archcalc.formulas.resampling import scaled
from archcalc.keeping import INDEX, KEEPS_NOTHING, Saved, per_batch
from archcalc.layers.arguments import Positive
from archcalc.layers.attention_parts import split_heads
from archcalc.layers.base import Layer, agree, single_float, two_axes
from archcalc.layers.operations import on_each
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

Base = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""Wavelengths grow as its powers."""
TURNING = 3
"""Operations that turn a number of a pair: two products and their sum."""
BARE = ""
"""Name of a weight that is the layer itself: torch's Parameter instead of a module."""


class SinusoidalPositionalEncoding(Layer, frozen=True):
    """Add sines and cosines of the position, of a wavelength per pair of features.

    x[t, 2i] + sin(t / base^(2i / D)), x[t, 2i + 1] + cos(t / base^(2i / D)).
    Vaswani et al. 2017 (arXiv 1706.03762, section 3.5).
    """

    saves = KEEPS_NOTHING

    base: Base = 10000.0
    """Longest wavelength over 2 pi."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, T, D) -> (*, T, D)."""
        tensor = single_float(inputs)
        _, features = sequence(tensor)
        if features % 2:
            fact = f"{features} features do not pair into sines and cosines"
            raise Fault(fact, key="from", hint=f"{features + 1} would")
        return replace(pointwise(tensor), positional="sinusoidal")

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Sines and cosines of mean square 1/2, the same in all samples."""
        del facts, drawn
        from archcalc.layers.carrying.looking_up import carried_waves

        return carried_waves(read, self.base)


class LearnedPositionalEncoding(Layer, frozen=True):
    """Add a learned vector to every position.

    The table is torch's Embedding, ``weight`` of (rows, D), or a bare Parameter of (1, rows, D), which is
    called as the layer itself.
    """

    max_len: Positive | None = None
    """Rows of the table; null: as many as positions arrive."""
    offset: Annotated[int, Field(ge=0)] = 0
    """Row of the first position; RoBERTa begins with row 2."""
    embedding_dim: Positive | None = None
    """Features that arrive; inferred, checked when written."""
    bare: bool = False
    """The table is a Parameter, no module."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, T, D) -> (*, T, D)."""
        tensor = single_float(inputs)
        positions, features = sequence(tensor)
        agree("embedding_dim", self.embedding_dim, features)
        needed = self.offset + positions
        rows = self.max_len or needed
        if needed > rows:
            fact = f"{positions} positions arrive, but the table has {rows}"
            if self.offset:
                fact = f"{positions} positions from row {self.offset} on need {needed} rows, not {rows}"
            raise Fault(fact, key="max_len", hint=f"write max_len: {needed}, or shorten the sequence")
        weights: dict[str, Shape] = {BARE: (1, rows, features)} if self.bare else {"weight": (rows, features)}
        lookups = () if self.bare else ("weight",)
        facts = pointwise(tensor, weights, {"max_len": rows, "embedding_dim": features})
        if not self.bare:
            fetched = Work("gather", positions * features, tuple(weights))
            facts = replace(facts, work=(fetched, on_each(tensor.shape)))
        return replace(facts, positional="learned", lookups=lookups)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The places that are looked up in the table; of a Parameter a part is taken as it is."""
        del facts
        return KEEPS_NOTHING if self.bare else Saved(others=(per_batch(inputs[0].shape[-2], INDEX),))

    def drawn(self, facts: Facts) -> "Drawn":
        """Of an Embedding normal numbers of variance 1; a bare Parameter has no first numbers of torch."""
        del facts
        return {} if self.bare else {"weight": 1.0}

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """A vector for every position, the same in all samples."""
        del facts
        from archcalc.layers.carrying.looking_up import carried_table

        return carried_table(read, drawn.get(BARE if self.bare else "weight"))


class RotaryEmbedding(Layer, frozen=True):
    """Turn pairs of features of every query or key head by angles that grow with the position.

    Stands between the projection and ScaledDotProductAttention, once for queries and once for keys (Su et al.
    2021, arXiv 2104.09864).
    """

    num_heads: Positive = 1
    """Heads that the features hold: those of the queries, or those of the keys."""
    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of a head's features that is turned (the first ones)."""
    base: Base = 10000.0
    """Longest wavelength over 2 pi."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, T, H d) -> (*, T, H d)."""
        tensor = single_float(inputs)
        _, features = sequence(tensor)
        head_dim = split_heads(features, self.num_heads)
        turned = scaled(head_dim, self.fraction)
        if turned % 2 or not turned:
            fact = f"{turned} of {head_dim} features of a head do not pair"
            hint = f"{features} features in {self.num_heads} heads; of each an even number is turned"
            raise Fault(fact, key="num_heads" if self.fraction == 1 else "fraction", hint=hint)
        reads = (*unmoved(len(tensor.shape) - 1), AxisRead(len(tensor.shape) - 1, FEATURES))
        turned_numbers = (*tensor.shape[:-1], self.num_heads * turned)
        work = (on_each(turned_numbers, TURNING),)
        return Facts({"output": tensor}, work, (reads,), positional="rotary")

    def units(self, facts: Facts) -> tuple[int, ...]:
        """Its heads."""
        del facts
        return (self.num_heads,)

    def for_part(self, parts: int) -> "RotaryEmbedding":
        """With fewer heads."""
        return self.model_copy(update={"num_heads": self.num_heads // parts})

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The sines and cosines of every position and turned feature, one table for all samples and heads."""
        del facts
        positions, features = sequence(inputs[0])
        turned = scaled(split_heads(features, self.num_heads), self.fraction)
        table = per_batch(positions * turned, inputs[0].dtype)
        return Saved(others=(table, table))

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Every pair keeps its length; what positions have in common turns away from each other."""
        del facts, drawn
        from archcalc.layers.carrying.looking_up import carried_turns

        return carried_turns(read, self.num_heads, self.fraction, self.base)


class ClassToken(Layer, frozen=True):
    """Put learned tokens before a sequence: the Parameter (1, tokens, D), called as the layer itself."""

    saves = KEEPS_NOTHING

    num_tokens: Positive = 1
    """Tokens put before it."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, D) -> (tokens + T, D)."""
        tensor = single_float(inputs)
        positions, features = two_axes(tensor, "positions, features", hint="")
        reads = (AxisRead(0, Window(padding=self.num_tokens)), AxisRead(1, IDENTITY))
        output = Tensor((self.num_tokens + positions, features), tensor.dtype)
        work = (Work("move", each_number(output.shape), (BARE,)),)
        return Facts({"output": output}, work, (reads,), {BARE: (1, self.num_tokens, features)})

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Numbers of its own beside those that arrive."""
        del facts
        from archcalc.layers.carrying.looking_up import carried_tokens

        return carried_tokens(read, drawn.get(BARE), self.num_tokens)


def sequence(tensor: Tensor) -> tuple[int, int]:
    """Positions and features: the last two axes."""
    if len(tensor.shape) < 2:  # noqa: PLR2004  said in the text
        fact = f"needs 2 or more axes (*, positions, features), got {list(tensor.shape)}"
        raise Fault(fact, hint="shapes are written without the batch axis")
    return tensor.shape[-2], tensor.shape[-1]
