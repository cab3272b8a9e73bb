"""Readouts: one vector for a whole graph (torch_geometric.nn.global_mean_pool, add, max)."""

from typing import TYPE_CHECKING

from archcalc.facts import Facts, Tensor
from archcalc.keeping import INDEX, Saved, per_sample
from archcalc.layers.base import Layer, single
from archcalc.layers.graph import node_features
from archcalc.layers.mathematics import Ends, Passing, multiples
from archcalc.layers.operations import fold_work
from archcalc.layers.reduction import reduction

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class GlobalPool(Layer, frozen=True):
    """Join the features of all nodes of a graph."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(N, F) -> (F)."""
        tensor = single(inputs)
        node_features(tensor)
        shape, reads = reduction(tensor.shape, 0, keepdim=False)
        work = fold_work(tensor.shape, shape if self.passes is Passing.AVERAGED else ())
        return Facts({"output": Tensor(shape, tensor.dtype)}, work, (reads,))

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The graph of every node; for a mean how many nodes a graph has, too."""
        del facts
        nodes = per_sample(inputs[0].shape[0], INDEX)
        averaged = self.passes is Passing.AVERAGED
        return Saved(others=(nodes, *([per_sample(1, inputs[0].dtype)] * averaged)))


class GlobalMeanPool(GlobalPool, frozen=True):
    """The mean over all nodes (torch_geometric's global_mean_pool)."""

    passes = Passing.AVERAGED


class GlobalAddPool(GlobalPool, frozen=True):
    """The sum over all nodes (torch_geometric's global_add_pool)."""

    def image(self, *read: Ends) -> Ends:
        """Sums, of which the sign is known."""
        return multiples(read[0])

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """A mean, times how many there are."""
        del drawn
        from archcalc.layers.carrying.passing import carried_total

        return carried_total(read, facts)


class GlobalMaxPool(GlobalPool, frozen=True):
    """The largest value over all nodes, feature by feature (torch_geometric's global_max_pool)."""

    passes = Passing.CHOSEN

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """What arrives and what leaves, the graph of every node, and what the largest ones begin with."""
        del facts
        nodes, features = inputs[0].shape
        own = per_sample(nodes, INDEX), per_sample(features, inputs[0].dtype)
        return Saved(inputs=(0,), outputs=(0,), others=own)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The largest of normal numbers, or of what a function made of them."""
        del drawn
        from archcalc.layers.carrying.passing import carried_largest

        return carried_largest(read, facts)
