"""The worked example beside torch, and what it says of orders and steps."""

from typing import TYPE_CHECKING

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from archcalc.explaining.worked_attention import worked_attention
from archcalc.formulas.attending import matrix_product, scaled_scores, softmax_of
from tests.sizes.remembering import seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.explaining.worked_attention import AttentionRun


def tensor(rows: "Sequence[Sequence[float]]") -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def by_torch(run: "AttentionRun", *, causal: bool) -> torch.Tensor:
    """Attention of torch on the queries, keys and values of a run."""
    query, key, value = (tensor(rows)[None] for rows in (run.queries, run.keys, run.values))
    return scaled_dot_product_attention(query, key, value, is_causal=causal)[0]


@pytest.mark.parametrize(("causal", "cross"), [(False, False), (True, False), (False, True)])
def test_every_run_gives_what_torch_gives(*, causal: bool, cross: bool) -> None:
    found = worked_attention(causal=causal, cross=cross)
    query, key, value = map(tensor, found.projections)
    runs = (found.run, found.permuted.run, *(step.run for step in found.steps))
    for run in runs:
        assert torch.equal(tensor(run.tokens) @ query, tensor(run.queries))
        assert torch.equal(tensor(run.memory) @ key, tensor(run.keys))
        assert torch.equal(tensor(run.memory) @ value, tensor(run.values))
        torch.testing.assert_close(by_torch(run, causal=causal), tensor(run.outputs))
        assert tensor(run.weights).sum(1).allclose(torch.ones(len(run.tokens), dtype=torch.float64))


def test_formulas_of_attention_beside_torch() -> None:
    random = seeded("attention")
    for _ in range(50):
        queries, keys, features = (random.randint(1, 5) for _ in range(3))
        causal = random.random() < 1 / 2
        q, k = ([[random.gauss(0, 3) for _ in range(features)] for _ in range(n)] for n in (queries, keys))
        told = f"{q} {k} {causal}"
        scores = scaled_scores(q, k, causal=causal)
        expected = tensor(q) @ tensor(k).T / features**0.5
        hidden = torch.ones(queries, keys, dtype=torch.bool).triu(1) & causal
        torch.testing.assert_close(tensor(scores), expected.masked_fill(hidden, -torch.inf), msg=told)
        weights = [softmax_of(row) for row in scores]
        torch.testing.assert_close(tensor(weights), tensor(scores).softmax(1), msg=told)
        mixed = tensor(matrix_product(weights, k))
        torch.testing.assert_close(mixed, tensor(weights) @ tensor(k), msg=told)


def test_without_a_mask_outputs_follow_the_order_and_all_change_with_a_token() -> None:
    found = worked_attention(causal=False, cross=False)
    assert (found.permuted.follow, found.permuted.same) == (True, False)
    moved = tensor(found.run.outputs)[list(found.permuted.order)]
    torch.testing.assert_close(tensor(found.permuted.run.outputs), moved)
    assert [(step.kept, step.changed) for step in found.steps] == [(0, ()), (1, (0,)), (2, (0, 1))]


def test_with_a_causal_mask_the_order_matters_and_what_was_made_stays() -> None:
    found = worked_attention(causal=True, cross=False)
    assert (found.permuted.follow, found.permuted.same) == (False, False)
    assert [(step.kept, step.changed) for step in found.steps] == [(0, ()), (1, ()), (2, ())]
    for step in found.steps:  # what is kept of each step is that row of all tokens at once
        torch.testing.assert_close(
            tensor([step.run.outputs[step.kept]]), tensor([found.run.outputs[step.kept]])
        )


def test_the_order_of_a_memory_does_not_matter() -> None:
    found = worked_attention(causal=False, cross=True)
    assert (found.permuted.follow, found.permuted.same, found.steps) == (False, True, ())
    torch.testing.assert_close(tensor(found.permuted.run.outputs), tensor(found.run.outputs))
    assert found.permuted.run.weights != found.run.weights
