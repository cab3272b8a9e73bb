"""Attention on tokens that are small enough to calculate along: one head, two features."""

from typing import TYPE_CHECKING

from archcalc.formulas.attending import matrix_product, scaled_scores, softmax_of
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.formulas.attending import Rows

TOKENS = ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
ASKING = ((1.0, 2.0), (2.0, 0.0))
"""Tokens that ask where what they ask is another sequence, the memory."""
QUERY, KEY, VALUE = ((1.0, 1.0), (0.0, 1.0)), ((1.0, 0.0), (1.0, 1.0)), ((1.0, 2.0), (0.0, 1.0))
"""Weights W of the projections x W."""
ORDER = (2, 0, 1)
NEAR = 1e-12
"""How far numbers may be apart that are equal but for rounding."""


@dataclass(frozen=True, slots=True)
class AttentionRun:
    """What one head makes of tokens, a row each.

    Args:
        tokens: those that ask.
        memory: those that are asked; the same ones in self-attention.
        queries: q = x W_q.
        keys: k = x W_k.
        values: v = x W_v.
        scores: q k^T / sqrt(d); -inf where the mask hides a key.
        weights: the softmax of every row of scores.
        outputs: the values, mixed by these weights.
    """

    tokens: "Rows"
    memory: "Rows"
    queries: "Rows"
    keys: "Rows"
    values: "Rows"
    scores: "Rows"
    weights: "Rows"
    outputs: "Rows"


@dataclass(frozen=True, slots=True)
class Permuted:
    """The same with tokens in another order.

    Args:
        order: which token stands at each place.
        run: what comes of them.
        follow: the outputs are those from before in this order.
        same: the outputs are those from before as they were.
    """

    order: tuple[int, ...]
    run: AttentionRun
    follow: bool
    same: bool


@dataclass(frozen=True, slots=True)
class GrownBy:
    """One step of a decoder: a token more.

    Args:
        run: what comes of the tokens so far.
        kept: the output that is kept: the newest one, from which the next token is made.
        changed: outputs of earlier tokens that the new token changed; none: they need not be made again.
    """

    run: AttentionRun
    kept: int
    changed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WorkedAttention:
    """The example.

    Args:
        causal: a token asks none behind it.
        cross: it asks another sequence.
        run: all tokens at once.
        permuted: the tokens that are asked in another order; in self-attention these are those that ask too.
        steps: a token more each; none where another sequence is asked, which does not grow.
        projections: W_q, W_k and W_v.
    """

    causal: bool
    cross: bool
    run: AttentionRun
    permuted: Permuted
    steps: tuple[GrownBy, ...]
    projections: "tuple[Rows, Rows, Rows]" = (QUERY, KEY, VALUE)


def worked_attention(*, causal: bool, cross: bool) -> WorkedAttention:
    """Attention as a layer has it, on tokens of two features."""
    asking = ASKING if cross else TOKENS
    run = _run(asking, TOKENS, causal=causal)
    steps: list[GrownBy] = []
    for count in () if cross else range(1, len(TOKENS) + 1):
        grown = _run(TOKENS[:count], TOKENS[:count], causal=causal)
        before = steps[-1].run.outputs if steps else ()
        changed = (at for at, row in enumerate(before) if not _equal([row], [grown.outputs[at]]))
        steps.append(GrownBy(grown, count - 1, tuple(changed)))
    return WorkedAttention(causal, cross, run, _permuted(run, causal=causal, cross=cross), tuple(steps))


def _permuted(run: AttentionRun, *, causal: bool, cross: bool) -> Permuted:
    memory = [run.memory[at] for at in ORDER]
    again = _run(run.tokens if cross else memory, memory, causal=causal)
    moved = run.outputs if cross else [run.outputs[at] for at in ORDER]
    return Permuted(
        ORDER, again, not cross and _equal(again.outputs, moved), _equal(again.outputs, run.outputs)
    )


def _run(tokens: "Rows", memory: "Rows", *, causal: bool) -> AttentionRun:
    queries, keys, values = (
        matrix_product(rows, matrix) for rows, matrix in ((tokens, QUERY), (memory, KEY), (memory, VALUE))
    )
    scores = scaled_scores(queries, keys, causal=causal)
    weights = [softmax_of(row) for row in scores]
    return AttentionRun(
        tokens, memory, queries, keys, values, scores, weights, matrix_product(weights, values)
    )


def _equal(left: "Rows", right: "Rows") -> bool:
    """Whether all numbers are equal but for rounding."""
    pairs: Sequence[tuple[float, float]] = [
        pair for rows in zip(left, right, strict=True) for pair in zip(*rows, strict=True)
    ]
    return all(abs(a - b) < NEAR for a, b in pairs)
