"""Layers of a kind: each is built from its arguments and asked for its facts."""

from collections import ChainMap
from dataclasses import replace
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
    from archcalc.facts import Facts, Tensor
    from archcalc.layers.base import Layer
    from archcalc.tracing.frames import Site
    from archcalc.tracing.ledger import Ledger


def enter_layer(site: "Site", name: str, ledger: "Ledger") -> Named:
    """Enter a layer of the kind ``name`` into the ledger, or that it refuses what it reads."""
    failed, frame = Named(site.full), site.frame
    cls = mapped_kind(kind(name), frame.mapped)
    layer, faults = build(cls, site, remembers=ledger.remembers)
    ledger.note_all(site, faults, name)
    arriving = () if cls.is_source and site.entry.from_ is None else site.sources
    ports = tuple(port for port in arriving if port)
    if layer is None or len(ports) != len(arriving):
        return failed
    full, origin = site.full, Origin(frame.document, site.path, frame.use)
    try:
        facts = facts_of(layer, tuple(port.tensor for port in ports))
        check_extents(facts)
        owners = ChainMap(ledger.layers, ledger.within) if ledger.within else ledger.layers
        tied = share(facts, name, frame.tie, full, owners)
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


def facts_of(layer: "Layer", tensors: "tuple[Tensor, ...]") -> "Facts":
    """The facts of a layer, whose outputs are one for all samples where all that it reads is.

    Raises:
        Fault: it refuses what it reads.
    """
    batched = False
    for index, tensor in enumerate(tensors):
        batched |= tensor.batched
        if not tensor.shape and not layer.takes_numbers:
            which = "" if len(tensors) == 1 else f" as input {index}"
            raise Fault(f"needs a tensor with axes{which}, got a number: []", hint="Reshape gives it an axis")
    facts = layer.infer(tensors)
    for tensor in facts.outputs.values():
        if tensor.batched is not batched:
            break
    else:
        return facts
    outputs = {name: replace(tensor, batched=batched) for name, tensor in facts.outputs.items()}
    return replace(facts, outputs=outputs)
