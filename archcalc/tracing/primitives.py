"""Layers of a kind: each is built from its arguments and asked for its facts."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.layers.mapped import mapped_kind
from archcalc.layers.registry import kind
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
    cls = mapped_kind(kind(name), frame.mapped)
    layer, faults = ledger.inferred.layer(cls, site)
    if faults:
        ledger.note_all(site, faults, name)
    arriving = () if cls.is_source and site.entry.from_ is None else site.sources
    ports = tuple(port for port in arriving if port)
    if layer is None or len(ports) != len(arriving):
        return failed
    full, origin = site.full, Origin(frame.document, site.path, frame.use)
    try:
        facts = ledger.inferred.facts(layer, tuple([port.tensor for port in ports]))
        tied = share(facts, name, frame.tie, full, ledger.owner)
    except Fault as fault:
        problem = ledger.note(site, ledger.sourced(fault, ports, shadowed(site)), name)
        if problem is not None:
            ledger.refused.append(Refused(full, name, ports, layer, origin, problem, fault))
        return failed
    place = site.place
    ledger.layers[full] = TracedLayer(
        full, name, ports, facts, place, frame.frozen, tied, layer, origin, frame.init, frame.copied
    )
    return Named(full, {output: Port(full, output, tensor) for output, tensor in facts.outputs.items()})
