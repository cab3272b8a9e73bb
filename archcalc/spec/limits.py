"""Budgets of a spec: limits of the network, and of layers and scopes in it."""

from typing import TYPE_CHECKING, cast

from pydantic import Field

from archcalc.budgets import METRICS, Budget, Limit, Metric
from archcalc.spec.values import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


UNJUDGED: "Mapping[str, str]" = {
    "memory": "memory is judged of the whole network: write it in budgets, beside scopes",
}
"""Metrics that would pass without a word -> what to do; a spec that has one is refused."""


class Limits(Record, frozen=True):
    """Limits of a network, or of one layer or scope of it."""

    params: Budget | None = None
    """Elements of all weights; tied ones count once."""
    trainable_params: Budget | None = None
    """Elements of the weights that are trained."""
    macs: Budget | None = None
    """Multiply-accumulates of one sample."""
    flops: Budget | None = None
    """Twice the MACs."""
    receptive_field: Budget | None = None
    """Positions of an input, along each axis, that a unit of the output reads."""

    def written(self) -> "Iterator[tuple[Metric, Limit]]":
        """The limits that are given."""
        for metric in METRICS:
            limit = cast("Limit | None", getattr(self, metric, None))
            if limit is not None:
                yield metric, limit


class Budgets(Limits, frozen=True):
    """Limits of the whole network, and of layers and scopes in it."""

    memory: Budget | None = None
    """Bytes of a run of one sample without gradients: weights, buffers and the peak of the activations."""
    scopes: dict[str, Limits] = Field(default={})
    """Full name of a layer, container, block or repeat -> its own limits."""
