"""``explain`` from Python: how every number of a layer or a network comes about."""

from dataclasses import fields
from typing import TYPE_CHECKING, Unpack

from archcalc.explaining import records
from archcalc.explaining.layers import explained
from archcalc.python.opening import traced_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.python.opening import GivenOptions, Network
    from archcalc.render.cells import Table


@dataclass(frozen=True, repr=False)
class ExplainedNumbers(Shown, records.Explanation):
    """Numbers with their formulas, what was put in, and the sources."""

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc explain`` prints."""
        from archcalc.render.explanation import explanation_tables

        return explanation_tables(self)


def explain(
    network: "Network", layer: str | None = None, **given: "Unpack[GivenOptions]"
) -> ExplainedNumbers:
    """How every number of a layer comes about, as ``archcalc explain`` has it.

    Args:
        network: a trace, a spec, its name or file, or its data.
        layer: the layer; of a container, or left out of the network, the sums.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: an option is wrong, or there is no such layer.
        SpecError: the spec cannot be read or traced.
    """
    found = explained(traced_given(network, given), layer)
    return ExplainedNumbers(**{each.name: getattr(found, each.name) for each in fields(found)})
