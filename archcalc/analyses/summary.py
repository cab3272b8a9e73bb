"""What a summary and the JSON document tell of a network: three analyses of it, each done once."""

from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.compute import MacsReport, macs
from archcalc.analyses.parameters import ParamsReport, params
from archcalc.analyses.receptive_field import ReceptiveFieldReport, receptive_fields

if TYPE_CHECKING:
    from archcalc.tracing import Trace


class Summary(NamedTuple):
    """Parameters, multiply-accumulates and receptive fields of a network."""

    params: ParamsReport
    macs: MacsReport
    fields: ReceptiveFieldReport


def summary(trace: "Trace", fields: ReceptiveFieldReport | None = None) -> Summary:
    """The three together; ``fields`` where they are known already, or count in units of a layer."""
    return Summary(params(trace), macs(trace), fields or receptive_fields(trace))
