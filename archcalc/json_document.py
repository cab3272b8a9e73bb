"""The JSON document of a network, with the analyses that it tells of."""

from typing import TYPE_CHECKING

from archcalc.analyses.summary import summary
from archcalc.errors import Fault
from archcalc.render.document import network_document

if TYPE_CHECKING:
    from archcalc.tracing import Trace


def document(trace: "Trace", depth: int | None = None) -> dict[str, object]:
    """Everything known of a network: layer by layer, and in all; below ``depth`` containers are one entry.

    Raises:
        Fault: there is no depth below 1.
    """
    if depth is not None and depth < 1:
        raise Fault(f"depth needs at least 1, got {depth}")
    return network_document(trace, summary(trace), depth=depth)
