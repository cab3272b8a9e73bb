"""What is one for all samples beside what each sample has of its own: a batch of one beside a batch."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def met_by(read: "Sequence[Tensor]", batched: "Sequence[bool]", *, pairs: bool) -> "Sequence[Tensor]":
    """The tensors as a module takes them.

    Args:
        read: with the batch as their first axis.
        batched: of each, whether every sample has its own; the others are a batch of one.
        pairs: axes are paired from the last one on: then what is one for all stands before all axes, or in
            the place of the batch; else it is repeated for every sample.
    """
    own = [each for each, has in zip(read, batched, strict=True) if has]
    if not own or len(own) == len(read):
        return read
    if pairs:
        most = max(each.dim() for each in own)
        alone = [not has and each.dim() in (1, most + 1) for each, has in zip(read, batched, strict=True)]
        return [each[0] if lone else each for each, lone in zip(read, alone, strict=True)]
    batch = len(own[0])
    return [
        each if has else each.expand(batch, *each.shape[1:]) for each, has in zip(read, batched, strict=True)
    ]
