"""A recurrence over a sub-graph (``Scan``): the walk through the layers of one step, and its one layer."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.facts import Tensor
from archcalc.tracing.arguments import as_read, evaluated
from archcalc.tracing.extents import check_extents
from archcalc.tracing.primitives import finished
from archcalc.tracing.records import Origin, Port, Refused, TracedLayer
from archcalc.tracing.references import port_of
from archcalc.tracing.scan import ScanLayer
from archcalc.tracing.scan_body import OUTPUT, Body
from archcalc.tracing.scopes import Named, Scope
from archcalc.tuples import NamedTuple
from archcalc.wording import shown

if TYPE_CHECKING:
    from archcalc.source import Path
    from archcalc.spec import Scan, ScanState
    from archcalc.tracing.frames import Frame, Site
    from archcalc.tracing.graph import Trace
    from archcalc.tracing.ledger import Ledger
    from archcalc.tracing.scopes import Taken
    from archcalc.tracing.walk import Walk


class Begun(NamedTuple):
    """A recurrence before its first step.

    Args:
        elements: name -> the sequence that it is one position of.
        states: name -> what it is at a step.
        given: name of a state -> what gives its first value.
    """

    elements: "dict[str, Port]"
    states: dict[str, Tensor]
    given: "dict[str, Port]"


def enter_scan(entry: "Scan", site: "Site", walk: "Walk") -> Named:
    """Go through the layers of a step, which become one layer that runs along a sequence."""
    failed, ledger = Named(site.full), walk.ledger
    begun = ledger.attempt(site, lambda each: _begun(entry, each, ledger))
    if begun is None:
        return failed
    body, names, tied = _walked(entry, site, walk, begun)
    if body is None:
        return failed
    ports = (*begun.elements.values(), *begun.given.values(), *names.values())
    scan = ScanLayer.model_construct(
        body=body,
        elements=tuple(begun.elements),
        states=tuple(begun.states),
        given=tuple(begun.given),
        outputs=tuple(entry.outputs_by_name) or (OUTPUT,),
        axis=site.frame.mapped,
    )
    return _entered(scan, ports, tied, site, ledger)


def _begun(entry: "Scan", site: "Site", ledger: "Ledger") -> Begun | None:
    """What runs, and the states; None where something of it has failed."""
    names = entry.inputs or ("input",)
    if len(site.sources) != len(names):
        own = (
            "name the sequences in `inputs`"
            if not entry.inputs
            else f"name them in this order: {list(names)}"
        )
        fact = f"runs along {len(names)} sequence{'s' * (len(names) > 1)}, got {len(site.sources)}"
        raise Fault(fact, key="from", hint=own)
    _check_apart(entry, names)
    sources = [port for port in site.sources if port is not None]
    axis = site.frame.mapped
    for port in sources:
        if len(port.tensor.shape) <= axis:
            raise Fault(f"runs along the first axis of a sequence, but {port} has none", key="from")
    states: dict[str, Tensor] = {}
    given: dict[str, Port] = {}
    sound = len(sources) == len(names)
    for name, state in entry.states.items():
        path = (*site.path, "states", name)
        try:
            found = _first(state, site, sources)
        except Fault as fault:
            ledger.report(site.frame, path, site.subject(), fault, entry=site.path)
            found = None
        if isinstance(found, Port):
            given[name], found = found, replace(found.tensor, batched=True)
        if found is None:
            sound = False
        else:
            states[name] = found
    return Begun(dict(zip(names, sources, strict=True)), states, given) if sound else None


def _check_apart(entry: "Scan", names: tuple[str, ...]) -> None:
    """Refuse one name for two things."""
    for name in entry.states:
        if name in names:
            raise Fault(f"{name!r} is both a sequence and a state", key="states", hint="rename one of them")
    ends = {f"{name}_n" for name in entry.states}
    for name in entry.outputs_by_name:
        if name in ends:
            raise Fault(
                f"output {name!r} is called as the last value of a state", key="outputs", hint="rename it"
            )


def _first(state: "ScanState", site: "Site", sources: list[Port]) -> Tensor | Port | None:
    """Zeros of a shape, or the layer that gives the first value; None: it failed."""
    if state.from_ is not None:
        try:
            return port_of(site.frame, state.from_)
        except Fault as fault:
            raise fault.at("from") from None
    try:
        written = list(state.shape) if isinstance(state.shape, tuple) else state.shape
        sizes = as_read(evaluated(written, site))
    except Fault as fault:
        raise fault.at("shape") from None
    shape = cast("tuple[object, ...]", sizes) if isinstance(sizes, tuple) else (sizes,)
    for size in shape:
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise Fault(f"a size is a whole number from 1 on, got {shown(size)}", key="shape")
    dtype = next((port.tensor.dtype for port in sources if port.tensor.is_float), "float32")
    leading = sources[0].tensor.shape[: site.frame.mapped] if sources else ()
    return Tensor((*leading, *cast("tuple[int, ...]", shape)), dtype)


def _walked(
    entry: "Scan", site: "Site", walk: "Walk", begun: Begun
) -> "tuple[Trace | None, dict[str, Port], dict[str, str]]":
    """The layers of a step as a network, what they read from outside, and the weights that are of others."""
    ledger, frame, axis = walk.ledger, site.frame, site.frame.mapped
    arriving = {name: _element(name, port, axis) for name, port in begun.elements.items()}
    arriving |= {name: Port(name, OUTPUT, tensor) for name, tensor in begun.states.items()}
    taken: Taken = {name: frame.spot((*site.path, "states"), at_key=True)[0] for name in begun.states}
    scope = Scope(site.full + ".", claimed=taken)
    inner: Frame = replace(
        frame,
        parent=frame,
        scope=scope,
        entries=entry.layers,
        inputs={"input": next(iter(arriving.values())), **arriving},
        numbered=False,
    )
    body, sound = Body(ledger, scope.prefix), len(ledger.problems)
    around, ledger.in_scan = ledger.in_scan, True
    last = walk.sequence((*site.path, "layers"), inner, next(iter(arriving.values())))
    ledger.in_scan = around
    leaving = _leaving(entry, site, inner, last, ledger)
    body.take_out()
    if leaving is None or len(ledger.problems) > sound:
        return None, {}, {}
    return body.trace(site.full, arriving, leaving), body.outside, dict(body.tied())


def _element(name: str, port: Port, axis: int) -> Port:
    shape = port.tensor.shape
    return Port(name, OUTPUT, replace(port.tensor, shape=(*shape[:axis], *shape[axis + 1 :])))


def _leaving(
    entry: "Scan", site: "Site", inner: "Frame", last: Port | None, ledger: "Ledger"
) -> tuple[Port, ...] | None:
    """What leaves a step: its outputs, then the next states; None where some of it failed."""
    named = isinstance(entry.outputs, dict)
    wanted: list[tuple[Path, str]] = [
        (("outputs", name if named else index), reference)
        for index, (name, reference) in enumerate(entry.outputs_by_name.items())
    ]
    wanted += [(("states", name, "next"), state.next) for name, state in entry.states.items()]
    found: list[Port | None] = [] if entry.outputs else [last]
    for below, reference in wanted:
        try:
            found.append(port_of(inner, reference))
        except Fault as fault:
            path = (*site.path, *below)
            ledger.report(site.frame, path, site.subject(), fault.at(None), entry=site.path)
            found.append(None)
    ports = tuple(port for port in found if port is not None)
    return ports if len(ports) == len(found) else None


def _check_frozen(scan: ScanLayer, *, frozen: bool) -> None:
    """Refuse a step of which some weights are trained and others not."""
    for layer in scan.body.layers:
        if layer.frozen_weights or (layer.facts.weights and layer.frozen != frozen):
            fact = f"{layer.name} is frozen, and the Scan that it is a step of is not"
            raise Fault(fact, key="layers", hint="write frozen: true at the Scan, which is one layer")


def _entered(
    scan: ScanLayer, ports: tuple[Port, ...], tied: "dict[str, str]", site: "Site", ledger: "Ledger"
) -> Named:
    """The recurrence as a layer of the ledger, or that it refuses what it reads."""
    frame, full = site.frame, site.full
    origin = Origin(frame.document, site.path, frame.use)
    try:
        _check_frozen(scan, frozen=frame.frozen)
        facts = scan.infer(tuple(port.tensor for port in ports))
        check_extents(facts)
    except Fault as fault:
        problem = ledger.note(site, ledger.sourced(fault, ports))
        if problem is not None:
            ledger.refused.append(Refused(full, "Scan", ports, scan, origin, problem, fault))
        return Named(full)
    ledger.layers[full] = TracedLayer(
        full, "Scan", ports, facts, frame.call, frame.frozen, tied, scan, origin
    )
    return finished(full, facts.outputs)
