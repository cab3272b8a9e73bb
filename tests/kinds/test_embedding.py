"""Tables of embeddings: what they read, found by changing one token, offset or weight at a time."""

import pytest
import torch
from torch import Tensor, nn

from archcalc.facts import Facts
from archcalc.facts import Tensor as Stated
from archcalc.layers.registry import kind
from tests.kinds.test_reads_against_torch import said

TOKENS = torch.tensor([4, 1, 3, 0, 2])
ROWS, WIDTH = 6, 3


def changed(before: Tensor, after: Tensor) -> set[int]:
    """Rows of the outputs that differ."""
    return {at for at in range(len(before)) if not torch.equal(before[at], after[at])}


def facts(name: str, *inputs: Tensor, **arguments: object) -> Facts:
    """What the kind states on these inputs."""
    arriving = tuple(Stated(tuple(x.shape), str(x.dtype).removeprefix("torch.")) for x in inputs)
    sizes = {"num_embeddings": ROWS, "embedding_dim": WIDTH}
    return kind(name).model_validate({**sizes, **arguments}).infer(arriving)


def test_a_row_is_looked_up_for_its_token_alone() -> None:
    table = nn.Embedding(ROWS, WIDTH)
    (reads,) = facts("Embedding", TOKENS).reads
    for place in range(len(TOKENS)):
        other = TOKENS.clone()
        other[place] = 5
        told = {unit for unit in range(len(TOKENS)) if (place,) in said(reads, (unit, 0), (len(TOKENS),))}
        assert changed(table(TOKENS), table(other)) == told


def test_tables_have_no_products_and_name_their_rows() -> None:
    found = facts("Embedding", TOKENS)
    assert (found.macs, found.lookups, found.weights) == (0, ("weight",), {"weight": (ROWS, WIDTH)})


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_a_bag_reads_all_its_tokens(mode: str) -> None:
    table = nn.EmbeddingBag(ROWS, WIDTH, mode=mode)
    found = facts("EmbeddingBag", TOKENS, mode=mode)
    assert found.outputs["output"].shape == (WIDTH,)
    told = said(found.reads[0], (0,), (len(TOKENS),))
    for place in range(len(TOKENS)):
        other = TOKENS.clone()
        other[place] = 5
        assert bool(changed(table(TOKENS[None]), table(other[None]))) == ((place,) in told)


@pytest.mark.parametrize("last", [False, True])
def test_a_bag_among_several_reads_its_offset_and_the_next(last: bool) -> None:  # noqa: FBT001  parametrised
    """Which tokens a bag reads the offsets say: all of them, over all offsets that there may be."""
    table = nn.EmbeddingBag(ROWS, WIDTH, mode="sum", include_last_offset=last)
    offsets = torch.tensor([0, 2, 4, 5] if last else [0, 2, 4])
    found = facts("EmbeddingBag", TOKENS, offsets, mode="sum", include_last_offset=last)
    tokens, places = found.reads
    assert found.outputs["output"].shape == (3, WIDTH)
    assert tokens[0].sampled
    for place in range(1, len(offsets)):
        moved = offsets.clone()
        moved[place] -= 1
        told = {unit for unit in range(3) if (place,) in said(places, (unit, 0), (len(offsets),))}
        assert changed(table(TOKENS, offsets), table(TOKENS, moved)) == told
