"""Readouts: one vector for a whole graph (torch_geometric.nn.global_mean_pool, add, max)."""

from typing import TYPE_CHECKING

from archcalc.facts import Facts, Tensor
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


class GlobalMeanPool(GlobalPool, frozen=True):
    """The mean over all nodes (torch_geometric's global_mean_pool)."""

    passes = Passing.AVERAGED


class GlobalAddPool(GlobalPool, frozen=True):
    """The sum over all nodes (torch_geometric's global_add_pool)."""

    def image(self, *read: Ends) -> Ends:
        """Sums, of which the sign is known."""
        return multiples(read[0])


class GlobalMaxPool(GlobalPool, frozen=True):
    """The largest value over all nodes, feature by feature (torch_geometric's global_max_pool)."""

    passes = Passing.CHOSEN

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The largest of normal numbers, or of what a function made of them."""
        del drawn
        from archcalc.layers.carrying.passing import carried_largest

        return carried_largest(read, facts)
