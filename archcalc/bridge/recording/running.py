"""One run of a user's module on one batch, written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcalc.bridge.identity import tensors_of
from archcalc.bridge.own_module import users_code
from archcalc.bridge.recording.answers import Answers
from archcalc.bridge.recording.building import Building, build
from archcalc.bridge.recording.entering import Entering
from archcalc.bridge.recording.flops import Flops
from archcalc.bridge.recording.history import Depends, SeenCall, SeenTensor
from archcalc.bridge.recording.inputs import Inputs, batch_of, bound, floats_of, tensors_in
from archcalc.bridge.recording.places import PythonLines, SourceLine, place_of
from archcalc.bridge.recording.tracking import dtype_of
from archcalc.bridge.recording.watching import Watch

Make = Callable[[], nn.Module]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run saw.

    Args:
        built: the module.
        entering: the names of its modules, and which are one layer.
        inputs: name -> value.
        events: the calls.
        result: what it returned, with values in place of tensors.
        flops: of all of it.
        answers: of what has no numbers.
        batch: samples.
    """

    built: Building
    entering: Entering
    inputs: Mapping[str, SeenTensor]
    events: tuple[SeenCall, ...]
    result: object
    flops: int
    answers: Answers
    batch: int


def run_once(make: Make, inputs: Inputs, batch: int, places: PythonLines, *, meta: bool = True) -> Run:
    """Build a module and run it once, with gradients and in eval mode.

    Raises:
        Fault: it cannot be built, or does not run on these inputs.
    """
    flops = Flops()
    watch = Watch(places, flops)
    there = build(make, watch, meta=meta)
    device = "meta" if there.on_meta else "cpu"
    _materialised(there.module, inputs, batch, device)
    _named(there.module, watch)
    named, by_name = bound(there.module, inputs)
    batches = {name: batch_of(each, batch, device, floats_of(there.module)) for name, each in named.items()}
    nodes = {
        name: _input(watch, name, each)
        for whole in batches.items()
        for name, each in tensors_in(whole[1], whole[0])
    }
    watch.tracking.events.clear()
    watch.building = False
    entering = Entering(there.module, watch)
    with users_code(lambda: _told(entering, nodes, there.lines)), torch.enable_grad():
        with entering, torch.device(device), flops, watch:
            result = there.module(**batches) if by_name else there.module(*batches.values())
        stated = watch.result(result)
    return Run(
        there, entering, nodes, tuple(watch.tracking.events), stated, flops.total, watch.answers, batch
    )


def _input(watch: Watch, name: str, tensor: Tensor) -> SeenTensor:
    node = SeenTensor(tuple(tensor.shape), dtype_of(tensor), Depends.DATA, name)
    watch.tracking.hold(tensor, node)
    return node


def _named(module: nn.Module, watch: Watch) -> None:
    """Parameters are values of their own; buffers are constants, but for numbers that a checkpoint brings."""
    tracking = watch.tracking
    seen: set[int] = set()
    saved = set(module.state_dict(keep_vars=True))
    for name, tensor, buffer in tensors_of(module):
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        node = SeenTensor(tuple(tensor.shape), dtype_of(tensor), Depends.WEIGHTS, name)
        if buffer:
            before = tracking.node(tensor)
            node.made, node.path, node.numbers = before.made, before.path, before.numbers
            node.sources = frozenset({name})
            if name not in saved or not tensor.is_floating_point():
                node.depends = Depends.CONSTANT
        tracking.hold(tensor, node)


def _materialised(module: nn.Module, inputs: Inputs, batch: int, device: str) -> None:
    """Lazy modules take their shapes from a first run."""
    if any(is_lazy(each) for each in module.parameters()):
        named, by_name = bound(module, inputs)
        batches = {name: batch_of(each, batch, device, None) for name, each in named.items()}
        with users_code(lambda: "running it once for its lazy modules fails"), torch.no_grad():
            _ = module(**batches) if by_name else module(*batches.values())


def _told(entering: Entering, inputs: Mapping[str, SeenTensor], lines: Mapping[nn.Module, SourceLine]) -> str:
    """What was run, and in which layer it ended, with the line that builds this."""
    shapes = ", ".join(f"{name} {list(node.shape)}" for name, node in inputs.items())
    at = ""
    if entering.running and entering.running[-1][1]:
        module, name = entering.running[-1]
        built_at = place_of(lines.get(module))
        line = f", built at {built_at.file}:{built_at.line}" if built_at else ""
        at = f" in {name} ({type(module).__name__}{line})"
    return f"running it on {shapes} fails{at}"
