"""Two networks, the second of which should be the first without some of its layers."""

from typing import TYPE_CHECKING

from archcalc.rules.entries import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.errors import Place
    from archcalc.rules.context import Context
    from archcalc.tracing import Port, Trace, TracedLayer


def changed(before: "Context", after: "Context", removed: "frozenset[Place]") -> str | None:
    """What would be different beside the layers that go; None: nothing would.

    Readers of a removed layer then read what it read. Layers may change automatic names only when they have
    no weights and no budget is about them.

    Args:
        before: the network.
        after: the one without the layers.
        removed: where these are written.
    """
    gone = {layer.name: layer for layer in before.layers if place_of(layer.origin) in removed}
    kept = [layer for layer in before.layers if layer.name not in gone]
    more = next((layer for layer in gone.values() if not _hands_on(layer)), None)
    if more is not None:
        return f"{more.subject} has weights, or changes the shape"
    if len(kept) != len(after.layers):
        return "other layers would go or come"
    names = {old.name: new.name for old, new in zip(kept, after.layers, strict=True)}
    found = (_layer(old, new, gone, names) for old, new in zip(kept, after.layers, strict=True))
    return (
        next((change for change in found if change), None)
        or _outputs(before.trace, after.trace, gone, names)
        or _budgets(before, after, names)
    )


def _hands_on(layer: "TracedLayer") -> bool:
    """Whether readers of it can read its input instead, and no weights go with it."""
    shapes = {port.tensor.shape for port in layer.inputs}
    bare = not (layer.facts.weights or layer.facts.buffers)
    return bare and len(layer.inputs) == len(layer.facts.outputs) == 1 and shapes == {layer.output.shape}


def _layer(
    old: "TracedLayer", new: "TracedLayer", gone: "Mapping[str, TracedLayer]", names: "Mapping[str, str]"
) -> str | None:
    """What would be different about a layer."""
    if (old.type, old.facts) != (new.type, new.facts):
        return "shapes would change"
    if _ports(old.inputs, gone, names) != list(map(str, new.inputs)):
        return f"{old.subject} would read another layer"
    tied = {own: _tensor(owner, names) for own, owner in old.tied.items()}
    frozen = old.frozen != new.frozen or old.frozen_weights != new.frozen_weights
    if frozen or (old.arguments, tied) != (new.arguments, dict(new.tied)):
        return f"{old.subject} would be another"
    if old.name != new.name and (old.facts.weights or old.facts.buffers):
        return f"the weights of {old.name} would be called {new.name}"
    return None


def _tensor(owner: str, names: "Mapping[str, str]") -> str:
    """The new full name of a tensor, which is its layer's name or begins with it."""
    layer, _, own = owner.rpartition(".")
    return names[owner] if owner in names else f"{names.get(layer, layer)}.{own}"


def _ports(
    ports: "Iterable[Port]", gone: "Mapping[str, TracedLayer]", names: "Mapping[str, str]"
) -> list[str]:
    """Ports as they are called where some layers are gone, with what these read in their place."""
    found: list[str] = []
    for port in ports:
        while port.layer in gone:
            port = gone[port.layer].inputs[0]  # noqa: PLW2901  followed upwards
        name = names.get(port.layer, port.layer)
        found.append(name + str(port).removeprefix(port.layer))
    return found


def _outputs(
    before: "Trace", after: "Trace", gone: "Mapping[str, TracedLayer]", names: "Mapping[str, str]"
) -> str | None:
    same = _ports(before.outputs, gone, names) == list(map(str, after.outputs))
    return None if same else "other outputs would leave"


def _budgets(before: "Context", after: "Context", names: "Mapping[str, str]") -> str | None:
    """A budget that would be about other layers, or about none."""
    for scope in before.spec.budgets.scopes:
        old, new = ([layer.name for layer in each.trace.inside(scope)] for each in (before, after))
        if [names[name] for name in old if name in names] != new or (old and not new):
            return f"budgets.scopes.{scope} would be about other layers"
    return None
