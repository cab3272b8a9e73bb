"""A spec beside a torch module that someone else wrote: tensors, ties, totals, and what leaves each layer."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.analyses.parameters import params
from archcalc.bridge.hooked import output_shapes
from archcalc.bridge.identity import modules_of, storage_of, tensors_of
from archcalc.bridge.order_beside import compare_order
from archcalc.bridge.outputs_beside import compare_outputs
from archcalc.bridge.own_module import built, factory_of
from archcalc.bridge.windows_beside import compare_windows
from archcalc.errors import Fault
from archcalc.matching.comparing import check_maps, compare_tensors, notes_on
from archcalc.matching.comparison import BUFFERS, PARAMETERS, SHAPES, TIES, TOTALS, Gathering
from archcalc.matching.pairing import paired
from archcalc.matching.tensors import OtherTensor, spec_tensors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor, nn

    from archcalc.bridge.hooked import Calls
    from archcalc.matching.comparison import SideBySide
    from archcalc.matching.maps import NameMap
    from archcalc.matching.pairing import Pairing
    from archcalc.tracing import Trace

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
    gathering = Gathering(trace, SIDE)
    found = _compare_tensors(trace, module, maps, gathering)
    if isinstance(calls, Fault):
        raise Fault(calls.fact, hint="\n".join(filter(None, (calls.hint, _so_far(gathering)))))
    if isinstance(calls, str):
        gathering.skip(SHAPES, trace.model, calls)
    else:
        modules = compare_outputs(found, calls, maps, gathering)
        compare_windows(modules, dict(modules_of(module)), gathering)
        guessed = {pair.ours.layer.name for pair in found.pairs if pair.way == "order"}
        named = {layer: name for layer, name in modules.items() if layer not in guessed}
        compare_order(named, calls, gathering)
    return gathering.comparison(written, notes_on(found, SIDE))


def _compare_tensors(
    trace: "Trace", module: "nn.Module", maps: "Sequence[NameMap]", gathering: Gathering
) -> "Pairing":
    """Parameters, buffers, ties and totals; which tensors belong together."""
    tensors = {name: tensor for name, tensor, _ in tensors_of(module)}
    theirs = [OtherTensor(name, tuple(each.shape), buffer) for name, each, buffer in tensors_of(module)]
    check_maps(maps, [*tensors, *(name for name, _ in modules_of(module))], SIDE)
    found = paired(spec_tensors(trace), theirs, maps, ordered=True)
    passed = _passed_over(found, module, tensors)
    for each in found.unexpected:
        if each.name in passed:
            gathering.skip(BUFFERS if each.buffer else PARAMETERS, each.name, passed[each.name])
    left = tuple(each for each in found.unexpected if each.name not in passed)
    found = compare_tensors(replace(found, unexpected=left), theirs, gathering)
    _compare_ties(found, tensors, gathering)
    _compare_totals(trace, [each for each in theirs if each.name not in passed], tensors, gathering)
    return found


def _passed_over(found: "Pairing", module: "nn.Module", tensors: "Mapping[str, Tensor]") -> dict[str, str]:
    """Tensors that the spec need not have, and why."""
    state = module.state_dict(keep_vars=True)
    known = {storage_of(tensors[pair.theirs.name]) for pair in found.pairs}
    passed: dict[str, str] = {}
    for each in found.unexpected:
        if each.buffer and each.name not in state:
            passed[each.name] = "the spec lacks it, and so does the module's state_dict"
        elif storage_of(tensors[each.name]) in known:
            passed[each.name] = "it is another name of a tensor that the spec has"
    return passed


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
    trace: "Trace",
    theirs: "Sequence[OtherTensor]",
    tensors: "Mapping[str, Tensor]",
    gathering: Gathering,
) -> None:
    """Numbers of all parameters and of all buffers, those of shared ones once."""
    ours = params(trace)
    each_once = {storage_of(tensors[each.name]): each for each in theirs}.values()
    for what, buffer, numbers in (("parameters", False, ours.params), ("buffers", True, ours.buffers)):
        held = sum(each.numbers for each in each_once if each.buffer is buffer)
        gathering.compare_whole(TOTALS, f"{what} in all", numbers, held)


def _so_far(gathering: Gathering) -> str:
    """What the tensors say where the module does not run."""
    told = gathering.comparison("", ())
    if told.first is not None:
        return f"first difference of the tensors: {told.first}"
    return "its parameters and buffers are those of the spec"
