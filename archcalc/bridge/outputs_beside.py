"""What leaves each layer of a spec beside what leaves the module that it is."""

from operator import eq
from typing import TYPE_CHECKING

from archcalc.bridge.hooked import without_batch
from archcalc.matching.comparison import SHAPES
from archcalc.matching.maps import name_in_spec
from archcalc.matching.pairing import Prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.bridge.hooked import Calls
    from archcalc.facts import Shape
    from archcalc.matching.comparison import Gathering
    from archcalc.matching.maps import NameMap
    from archcalc.matching.pairing import Pairing
    from archcalc.tracing import Trace, TracedLayer


UNRUN = "its weights are there, and no module that has them is run"


def compare_outputs(
    found: "Pairing", calls: "Calls", maps: "Sequence[NameMap]", gathering: "Gathering"
) -> dict[str, str]:
    """Shapes of all outputs of layers that are modules there, and of what leaves the network.

    Args:
        found: which tensors belong together.
        calls: name of a module -> shapes that leave it, call by call; the whole under an empty name.
        maps: names of the module and what they are in the spec.
        gathering: where it is noted.

    Returns:
        Name of a layer -> name of the module that it is.
    """
    trace = gathering.trace
    modules = _modules(found, calls, maps, trace)
    held = {pair.ours.layer.name for pair in found.pairs}
    ends = {port.layer: (index, port.output) for index, port in reversed([*enumerate(trace.outputs)])}
    for layer in trace.layers:
        module = modules.get(layer.name)
        if module is not None:
            where = "" if module == layer.name else module
            _compare_calls(layer, tuple(layer.facts.outputs), calls[module], gathering, where)
        elif layer.name in ends:
            index, name = ends[layer.name]
            left = [call[index : index + 1] for call in calls.get("", ())]
            _compare_calls(layer, (name,), left, gathering, f"output {index} of all")
        else:
            there = layer.name in held
            gathering.skip(SHAPES, layer.subject, UNRUN if there else "no module of this name is run")
    _compare_returned(modules, calls, gathering)
    return modules


def _compare_returned(modules: "Mapping[str, str]", calls: "Calls", gathering: "Gathering") -> None:
    """What the whole returns, where a module is known to be the last layer: something may come behind it."""
    trace = gathering.trace
    ours = [port.tensor.shape for port in trace.outputs]
    told = [list(_in_our_order(ours, call)) for call in calls.get("", ())]
    for port, mine, theirs in zip(trace.outputs, ours, told[0] if told else (), strict=False):
        layer = trace.by_name.get(port.layer)
        if layer is None or port.layer not in modules:
            continue
        if theirs is None:
            gathering.skip(
                SHAPES, f"what leaves the network at {layer.subject}", "it returns no tensor for it"
            )
        else:
            gathering.compare(SHAPES, layer, "what leaves the network behind it", mine, theirs)


def _modules(found: "Pairing", calls: "Calls", maps: "Sequence[NameMap]", trace: "Trace") -> dict[str, str]:
    """Name of a layer -> the module that it is: by the names of both, or by its tensors."""
    by_tensors = {
        pair.ours.layer.name: pair.theirs.name.removesuffix(f".{pair.ours.own}")
        for pair in found.pairs
        if pair.way == "order" and pair.theirs.name.endswith(f".{pair.ours.own}")
    }
    prefix = found.prefix or Prefix()
    named: dict[str, str] = {}
    for name in calls:
        said = name_in_spec(name, maps)
        for ours in (said,) if said is not None else (name, prefix.renamed(name)):
            if ours is not None and ours in trace.by_name:
                named.setdefault(ours, name)
    return {**named, **{layer: module for layer, module in by_tensors.items() if module in calls}}


def _compare_calls(
    layer: "TracedLayer",
    names: "Sequence[str]",
    calls: "Sequence[tuple[Shape, ...]]",
    gathering: "Gathering",
    where: str,
) -> None:
    """The outputs of a layer beside those of its module, in the call that fits best: there may be several."""
    ours = [layer.facts.outputs[name].shape for name in names]
    told = [list(_in_our_order(ours, call)) for call in calls]
    best = max(told, key=lambda call: sum(map(eq, call, ours)), default=list["Shape | None"]())
    for name, mine, theirs in zip(names, ours, best or [None] * len(ours), strict=True):
        if theirs is None:
            gathering.skip(SHAPES, f"{name} of {layer.subject}", "the module returns no tensor for it")
        else:
            gathering.compare(SHAPES, layer, f"shape of {name}", mine, theirs, where)


def _in_our_order(ours: "Sequence[Shape]", theirs: "Sequence[Shape]") -> "Iterator[Shape | None]":
    """For each output of ours the one of theirs that fits, else the next: their order may be another."""
    left = [*theirs]
    fitting: dict[int, Shape] = {}
    for index, mine in enumerate(ours):
        same = next((each for each in left if without_batch(each, mine) == mine), None)
        if same is not None:
            left.remove(same)
            fitting[index] = mine
    for index, mine in enumerate(ours):
        yield fitting[index] if index in fitting else without_batch(left.pop(0), mine) if left else None
