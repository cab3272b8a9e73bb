"""Programs made from traces: the layers of a shipped spec, as if a module had been read."""

import re

from archcalc.errors import Place
from archcalc.importing.program import Program, Read, Step
from archcalc.tracing import Port, Trace, TracedLayer
from archcalc.tracing.records import tensor_name


def program_of(trace: Trace) -> Program:
    """The layers of a trace as steps; those without a name of their own have none."""
    numbers = {layer.name: number for number, layer in enumerate(trace.layers)}
    first = {layer.name: next(iter(layer.facts.outputs)) for layer in trace.layers}

    def read(port: Port) -> Read:
        if port.layer in trace.inputs:
            return Read(None, port.layer)
        return Read(numbers[port.layer], "" if port.output == first[port.layer] else port.output)

    owners = {
        tensor_name(layer.name, weight): layer.name
        for layer in trace.layers
        for weight in layer.facts.weights
        if weight not in layer.tied
    }
    steps = tuple(
        _step(layer, tuple(read(port) for port in layer.inputs), owners, number)
        for number, layer in enumerate(trace.layers)
    )
    return Program(
        name=trace.model,
        inputs=trace.inputs,
        steps=steps,
        outputs=tuple(read(port) for port in trace.outputs),
        classes={name: kind for name, kind in trace.scopes.items() if name not in trace.repeats},
        shapes=tuple(layer.output.shape for layer in trace.layers),
    )


def _step(layer: TracedLayer, reads: tuple[Read, ...], owners: dict[str, str], number: int) -> Step:
    *scope, name = layer.name.split(".")
    automatic = re.fullmatch(rf"{layer.type.lower()}_\d+", name) is not None
    tied = next(iter(layer.tied.values()), None)
    return Step(
        kind=layer.type,
        arguments=_arguments(layer),
        reads=reads,
        scope=tuple(scope),
        name=None if automatic else name,
        place=Place("net.py", number + 1, 1),
        tie=None if tied is None else owners[tied],
        frozen=layer.frozen,
    )


def _arguments(layer: TracedLayer) -> dict[str, object]:
    """The arguments that are not the kind's defaults."""
    fields = type(layer.arguments).model_fields
    return {key: value for key, value in dict(layer.arguments).items() if value != fields[key].get_default()}
