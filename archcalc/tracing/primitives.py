"""Layers of a kind: each is built from its arguments and asked for its facts."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest
from archcalc.layers.mapped import mapped_kind
from archcalc.layers.registry import kind
from archcalc.tracing.records import Origin, Port, Refused, TracedLayer
from archcalc.tracing.scopes import Named
from archcalc.tracing.tying import UNTIED, share

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeGuard

    from archcalc.facts import Shape, Tensor
    from archcalc.tracing.frames import Arrivals, Frame, Site
    from archcalc.tracing.ledger import Ledger


FEW, TENSOR = 20, 2
"""Outputs, weights and buffers of a layer that are not worth counting, and what one of more counts for."""


def enter_layer(site: "Site", name: str, ledger: "Ledger") -> Named:
    """Enter a layer of the kind ``name`` into the ledger, or that it refuses what it reads."""
    full, frame = site.full, site.frame
    cls = mapped_kind(kind(name), frame.mapped) if frame.mapped else kind(name)
    made, faults = ledger.inferred.made(cls, site)
    if faults:
        ledger.note_all(site, faults, name)
    arriving = () if cls.is_source and site.entry.from_ is None else site.sources
    if made is None or not _all_there(arriving):
        return Named(full)
    ports, layer = arriving, made.layer
    origin = Origin(frame.document, site.path, frame.use)
    try:
        tensors = (ports[0].tensor,) if len(ports) == 1 else tuple([port.tensor for port in ports])
        facts = ledger.inferred.facts(made, tensors)
        tied = UNTIED if frame.tie is None else share(facts, name, frame.tie, full, ledger.owner)
        frozen, some = _frozen(facts.weights, name, frame) if frame.frozen_weights else (frame.frozen, ())
    except Fault as fault:
        from archcalc.tracing.references import shadowed

        problem = ledger.note(site, ledger.sourced(fault, ports, shadowed(site)), name)
        if problem is not None:
            ledger.refused.append(Refused(full, name, ports, layer, origin, problem, fault))
        return Named(full)
    tensors_made = len(facts.outputs) + len(facts.weights) + len(facts.buffers)
    if tensors_made > FEW:
        ledger.charge(site, TENSOR * tensors_made)
    ledger.layers[full] = TracedLayer(
        full, name, ports, facts, frame.call, frozen, tied, layer, origin, frame.init, frame.copied, some
    )
    return finished(full, facts.outputs)


def finished(name: str, outputs: "Mapping[str, Tensor]") -> Named:
    """A finished layer with these outputs."""
    if len(outputs) == 1:
        [(output, tensor)] = outputs.items()
        return Named(name, single=Port(name, output, tensor))
    return Named(name, {output: Port(name, output, tensor) for output, tensor in outputs.items()})


def _all_there(ports: "Arrivals") -> "TypeGuard[tuple[Port, ...]]":
    """Whether no layer among them has failed."""
    return all(ports)  # a port is true


def _frozen(weights: "Mapping[str, Shape]", kind: str, frame: "Frame") -> tuple[bool, tuple[str, ...]]:
    """Whether all weights of a layer are frozen; else those that are, in their order."""
    unknown = next((name for name in frame.frozen_weights if name not in weights), None)
    if unknown is not None:
        fact = f"{kind} has no weight {unknown!r} here"
        raise Fault(fact, key="frozen", hint=nearest(unknown, weights, "it has none" if not weights else ""))
    some = tuple(name for name in weights if name in frame.frozen_weights)
    whole = frame.frozen or (bool(weights) and len(some) == len(weights))
    return whole, () if whole else some
