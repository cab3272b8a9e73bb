"""What the batches of training are: how many samples the smallest has, and which sizes leave another rest."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.rules.context import Context


def last_batch(context: "Context") -> int | None:
    """Samples of the last batch of an epoch, where it is smaller than the others and is not dropped.

    None where that is not so, or batches or samples are not said.
    """
    training = context.spec.training
    if training.batch_size is None or training.samples is None or training.drop_last:
        return None
    return training.samples % training.batch_size or None


def batch_size_near(batch: int, samples: int) -> int | None:
    """The next larger size of a batch that leaves no last batch of one sample; None where none does.

    Args:
        batch: a size, more than 1.
        samples: samples of an epoch.
    """
    larger = range(batch + 1, samples + 1)
    return next((size for size in larger if samples % size != 1), None)
