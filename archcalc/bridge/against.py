"""A spec beside a torch module that someone else wrote: tensors, ties, totals, and what leaves each layer."""

from dataclasses import replace
from operator import eq
from typing import TYPE_CHECKING

from archcalc.analyses.parameters import params
from archcalc.bridge.hooked import output_shapes, without_batch
from archcalc.bridge.identity import modules_of, storage_of, tensors_of
from archcalc.bridge.own_module import built, factory_of
from archcalc.errors import Fault
from archcalc.matching.comparing import check_maps, compare_tensors, notes_on
from archcalc.matching.comparison import BUFFERS, SHAPES, TIES, TOTALS, Gathering
from archcalc.matching.maps import name_in_spec
from archcalc.matching.pairing import Prefix, paired
from archcalc.matching.tensors import OtherTensor, spec_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor, nn

    from archcalc.bridge.hooked import Calls
    from archcalc.facts import Shape
    from archcalc.matching.comparison import SideBySide
    from archcalc.matching.maps import NameMap
    from archcalc.matching.pairing import Pairing
    from archcalc.tracing import Trace, TracedLayer

SIDE = "the module"


def against(
    trace: "Trace", written: str, arguments: "Mapping[str, object]", maps: "Sequence[NameMap]" = ()
) -> "SideBySide":
    """Compare a network with a module, which is built on the meta device where that can be done.

    Args:
        trace: the network.
        written: ``package.module:name`` of the module's class, or of a function that makes it; it is run.
        arguments: of that call.
        maps: names of the module and what they are in the spec.

    Raises:
        Fault: there is no such module, it cannot be made, or it does not run on the spec's inputs.
    """
    factory = factory_of(written, arguments)
    module = built(factory)
    try:
        calls: Calls | str | Fault = output_shapes(module, factory, trace)
    except Fault as fault:
        calls = fault
    tensors = {name: (each, buffer) for name, each, buffer in tensors_of(module)}
    theirs = [OtherTensor(name, tuple(each.shape), buffer) for name, (each, buffer) in tensors.items()]
    check_maps(maps, [*(each.name for each in theirs), *(name for name, _ in modules_of(module))], SIDE)
    found = paired(spec_tensors(trace), theirs, maps, ordered=True)
    found, passed = _outside_of_state(found, module)
    gathering = Gathering(trace, SIDE)
    found = compare_tensors(found, theirs, gathering)
    for name in sorted(passed):
        gathering.skip(BUFFERS, name, "the spec lacks it, and so does the module's state_dict")
    _compare_ties(found, {name: each for name, (each, _) in tensors.items()}, gathering)
    _compare_totals(trace, {name: each for name, each in tensors.items() if name not in passed}, gathering)
    if isinstance(calls, Fault):
        raise Fault(calls.fact, hint="\n".join(filter(None, (calls.hint, _so_far(gathering)))))
    if isinstance(calls, str):
        gathering.skip(SHAPES, trace.model, calls)
    else:
        _compare_shapes(trace, _modules(found, calls, maps, trace), calls, gathering)
    return gathering.comparison(written, notes_on(found, SIDE))


def _outside_of_state(found: "Pairing", module: "nn.Module") -> "tuple[Pairing, frozenset[str]]":
    """The pairing without buffers that the spec lacks and no checkpoint has; and their names."""
    state = module.state_dict(keep_vars=True)
    passed = frozenset(each.name for each in found.unexpected if each.buffer and each.name not in state)
    left = tuple(each for each in found.unexpected if each.name not in passed)
    return replace(found, unexpected=left), passed


def _compare_ties(found: "Pairing", tensors: "Mapping[str, Tensor]", gathering: Gathering) -> None:
    """What the spec shares has to be shared there, and the other way round."""
    theirs = {pair.ours.name: storage_of(tensors[pair.theirs.name]) for pair in found.pairs}
    first: dict[object, str] = {}
    for tensor in sorted((pair.ours for pair in found.pairs), key=lambda each: each.position):
        what = f"{tensor.own or 'it'} is shared with"
        shared = first.setdefault(theirs[tensor.name], tensor.name)
        if tensor.owner is not None and tensor.owner in theirs:
            same = theirs[tensor.owner] == theirs[tensor.name]
            gathering.compare(TIES, tensor.layer, f"{what} {tensor.owner}", ours=True, theirs=same)
        elif shared != tensor.name:
            gathering.compare(TIES, tensor.layer, f"{what} {shared}", ours=False, theirs=True)


def _compare_totals(
    trace: "Trace", tensors: "Mapping[str, tuple[Tensor, bool]]", gathering: Gathering
) -> None:
    """Numbers of all parameters and of all buffers, those of shared ones once."""
    ours = params(trace)
    theirs = {False: 0, True: 0}
    for each, buffer in {storage_of(each): (each, buffer) for each, buffer in tensors.values()}.values():
        theirs[buffer] += each.numel()
    gathering.compare_whole(TOTALS, "parameters in all", ours.params, theirs[False])
    gathering.compare_whole(TOTALS, "buffers in all", ours.buffers, theirs[True])


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


def _compare_shapes(
    trace: "Trace", modules: "Mapping[str, str]", calls: "Calls", gathering: Gathering
) -> None:
    ends = {port.layer: (index, port.output) for index, port in reversed([*enumerate(trace.outputs)])}
    for layer in trace.layers:
        module = modules.get(layer.name)
        if module is not None:
            names = tuple(layer.facts.outputs)
            _compare_calls(layer, names, calls[module], gathering, "" if module == layer.name else module)
        elif layer.name in ends:
            index, name = ends[layer.name]
            left = [call[index : index + 1] for call in calls.get("", ())]
            _compare_calls(layer, (name,), left, gathering, f"output {index} of all")
        else:
            gathering.skip(SHAPES, layer.subject, "no module of this name is run")


def _compare_calls(
    layer: "TracedLayer",
    names: "Sequence[str]",
    calls: "Sequence[tuple[Shape, ...]]",
    gathering: Gathering,
    where: str,
) -> None:
    """The outputs of a layer beside those of its module, in the call that fits best: there may be several."""
    ours = [layer.facts.outputs[name].shape for name in names]
    told = [[without_batch(theirs, mine) for mine, theirs in zip(ours, call, strict=False)] for call in calls]
    best = max(told, key=lambda call: sum(map(eq, call, ours)), default=list["Shape"]())
    for name, mine, theirs in zip(names, ours, best, strict=False):
        gathering.compare(SHAPES, layer, f"shape of {name}", mine, theirs, where)
    if not best:
        gathering.skip(SHAPES, layer.subject, "its module returns no tensor")


def _so_far(gathering: Gathering) -> str:
    """What the tensors say where the module does not run."""
    told = gathering.comparison("", ())
    if told.first is not None:
        return f"first difference of the tensors: {told.first}"
    return "its parameters and buffers are those of the spec"
