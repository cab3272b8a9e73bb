"""A network as a plain list of steps: every layer once, in execution order, with its scope."""

from collections.abc import Mapping
from dataclasses import field

from archcalc.errors import Place
from archcalc.facts import Shape, Tensor
from archcalc.records import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """What a step reads.

    Args:
        step: number of the step; None: an input of the network.
        output: name of the step's output (``h_n``; empty: the first one), or of the input.
    """

    step: int | None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of a kind.

    Args:
        kind: its kind: ``Conv2d``.
        arguments: those that are not the kind's defaults, under the kind's own names; sizes that are inferred
            are not among them.
        reads: what it reads, in order. Of a layer without inputs (a Parameter) nothing.
        scope: full name of the module around, as steps: ``("layer1", "0")``.
        name: own name within the scope; None: it has none, as an operator.
        place: where in Python it comes from.
        mapped: leading axes of a sample along which the layer is applied, each position by itself (``Vmap``).
        tie: full name of an earlier step's layer whose weights it shares.
        frozen: its weights are not trained, or the names of those that are not.
        note: what a reader has to know.
    """

    kind: str
    arguments: Mapping[str, object]
    reads: tuple[Read, ...]
    scope: tuple[str, ...] = ()
    name: str | None = None
    place: Place | None = None
    mapped: int = 0
    tie: str | None = None
    frozen: bool | tuple[str, ...] = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A whole network.

    Args:
        name: what it is called.
        inputs: name -> shape without the batch, and dtype.
        steps: in execution order.
        outputs: what leaves it.
        classes: full name of a scope -> name of the module's class (``Bottleneck``): names for blocks.
        shapes: of the first output of each step, without the batch.
    """

    name: str
    inputs: Mapping[str, Tensor]
    steps: tuple[Step, ...]
    outputs: tuple[Read, ...]
    classes: Mapping[str, str] = field(default_factory=dict[str, str])
    shapes: tuple[Shape, ...] = ()
