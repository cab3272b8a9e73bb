"""Stages of a pipeline: neighbouring layers, as many repeated scopes in each.

Huang et al. 2019 (arXiv 1811.06965); Narayanan et al. 2021 (arXiv 2104.04473, section 2.2).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.tracing.records import Port, tensor_name

if TYPE_CHECKING:
    from archcalc.facts import Tensor
    from archcalc.tracing import Trace, TracedLayer


def stages(trace: "Trace", count: int) -> "tuple[Trace, ...]":
    """The network cut into so many stages, each a network of its own.

    What stands in a row under numbers (the turns of a repeat, the layers of a Sequential) is divided evenly,
    the first stages have one more where it does not divide; what comes before is in the first stage, what
    comes behind in the last, and what stands between with what is before it.

    Raises:
        Fault: fewer stand in a row than there are stages.
    """
    if count == 1:
        return (trace,)
    units: dict[str, int] = {}
    own = [unit_around(layer.name) for layer in trace.layers]
    for name in own:
        if name is not None:
            units.setdefault(name, len(units))
    if len(units) < count:
        fact = f"{len(units)} numbered scopes in a row do not fill {count} stages"
        raise Fault(fact, hint=f"at most {len(units)}" if len(units) > 1 else "")
    each, more = divmod(len(units), count)
    places = [stage for stage in range(count) for _ in range(each + (stage < more))]
    groups: list[list[TracedLayer]] = [[] for _ in range(count)]
    last, at = len(units) - 1, 0
    done = set[str]()
    for layer, name in zip(trace.layers, own, strict=True):
        if name is not None:
            at = units[name]
            done.add(name)
        groups[places[last if len(done) == len(units) and name is None else at]].append(layer)
    return tuple(_stage(trace, tuple(group)) for group in groups)


def unit_around(name: str) -> str | None:
    """The outermost numbered scope or layer around a layer; None: there is none."""
    steps = name.split(".")
    end = next((index for index, step in enumerate(steps) if step.isdecimal()), None)
    return None if end is None else ".".join(steps[: end + 1])


def _stage(trace: "Trace", layers: "tuple[TracedLayer, ...]") -> "Trace":
    """Some layers of a network as one: what others make arrives, what others read leaves."""
    names = {layer.name: layer for layer in layers}
    inputs: dict[str, Tensor] = {}

    def arriving(port: Port) -> Port:
        if port.layer in names:
            return port
        name = port.layer if port.layer in trace.inputs else str(port)
        inputs[name] = port.tensor
        return Port(name, "output", port.tensor)

    made = tuple(
        replace(layer, inputs=tuple(map(arriving, layer.inputs)), tied=tied)
        for layer, tied in zip(layers, _ties(layers), strict=True)
    )
    ends = {(port.layer, port.output): port for port in trace.outputs if port.layer in names}
    for layer in trace.layers:
        if layer.name not in names:
            for port in layer.inputs:
                if port.layer in names:
                    tensor = names[port.layer].facts.outputs[port.output]
                    ends[port.layer, port.output] = Port(port.layer, port.output, tensor)
    return replace(trace, inputs=inputs, layers=made, outputs=tuple(ends.values()), findings=(), ends={})


def _ties(layers: "tuple[TracedLayer, ...]") -> "list[dict[str, str]]":
    """Ties among the layers of a stage; a weight that another stage owns is there as a copy, once."""
    owned = {
        tensor_name(each.name, own) for each in layers for own in each.facts.weights if own not in each.tied
    }
    owned |= {
        tensor_name(each.name, own) for each in layers for own in each.facts.buffers if own not in each.tied
    }
    copies: dict[str, str] = {}
    found: list[dict[str, str]] = []
    for layer in layers:
        ties: dict[str, str] = {}
        for own, owner in layer.tied.items():
            if owner in owned:
                ties[own] = owner
            elif owner in copies:
                ties[own] = copies[owner]
            else:
                copies[owner] = tensor_name(layer.name, own)
        found.append(ties)
    return found
