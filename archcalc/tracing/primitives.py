"""Layers of a kind: each is built from its arguments and asked for its facts."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.layers.mapped import mapped_kind
from archcalc.layers.registry import kind
from archcalc.tracing.arguments import build
from archcalc.tracing.extents import check_extents
from archcalc.tracing.records import Origin, Port, Refused, TracedLayer
from archcalc.tracing.references import shadowed
from archcalc.tracing.scopes import Named
from archcalc.tracing.tying import share

if TYPE_CHECKING:
    from archcalc.tracing.frames import Site
    from archcalc.tracing.ledger import Ledger


def enter_layer(site: "Site", name: str, ledger: "Ledger") -> Named:
    """Enter a layer of the kind ``name`` into the ledger, or that it refuses what it reads."""
    failed, frame = Named(site.full), site.frame
    layer, faults = build(mapped_kind(kind(name), frame.mapped), site, remembers=ledger.remembers)
    ledger.note_all(site, faults, name)
    ports = tuple(port for port in site.sources if port)
    if layer is None or len(ports) != len(site.sources):
        return failed
    full, origin = site.full, Origin(frame.document, site.path, frame.use)
    try:
        facts = layer.infer(tuple(port.tensor for port in ports))
        check_extents(facts)
        tied = share(facts, name, frame.tie, full, ledger.layers)
    except Fault as fault:
        problem = ledger.note(site, ledger.sourced(fault, ports, shadowed(site)), name)
        if problem is not None:
            ledger.refused.append(Refused(full, name, ports, layer, origin, problem, fault))
        return failed
    place = site.place
    ledger.layers[full] = TracedLayer(full, name, ports, facts, place, frame.frozen, tied, layer, origin)
    return Named(full, {output: Port(full, output, tensor) for output, tensor in facts.outputs.items()})
