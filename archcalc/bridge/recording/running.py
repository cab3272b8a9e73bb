"""One run of a user's module on one batch, written down."""

from collections.abc import Callable, Mapping
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.parameter import is_lazy

from archcalc.bridge.contained import contained
from archcalc.bridge.identity import tensors_of
from archcalc.bridge.own_module import users_code, words_of
from archcalc.bridge.recording.answers import Answers
from archcalc.bridge.recording.building import Building, build_module
from archcalc.bridge.recording.entering import Entering
from archcalc.bridge.recording.flops import Flops
from archcalc.bridge.recording.history import Depends, SeenCall, SeenTensor
from archcalc.bridge.recording.inputs import Inputs, batch_of, bound, floats_of, named_tensors
from archcalc.bridge.recording.places import PythonLines, line_place
from archcalc.bridge.recording.tracking import dtype_of
from archcalc.bridge.recording.watching import Watch
from archcalc.errors import Fault
from archcalc.records import dataclass

Make = Callable[[], nn.Module]


@dataclass(frozen=True, slots=True)
class RecordedRun:
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


class NotRun(Fault):
    """A module does not run.

    Args:
        fault: why.
        numbers: of its inputs and weights.
    """

    def __init__(self, fault: Fault, numbers: int) -> None:
        super().__init__(fault.fact, hint=fault.hint)
        self.numbers = numbers


def run_once(
    make: Make, inputs: Inputs, batch: int, places: PythonLines, *, meta: bool = True
) -> RecordedRun:
    """Build a module and run it once, with gradients and in eval mode.

    Args:
        make: makes the module.
        inputs: what it reads, without the batch.
        batch: samples.
        places: finds lines of Python.
        meta: whether it runs without numbers.

    Raises:
        NotRun: it does not run on these inputs.
        Fault: it cannot be built, or takes other inputs.
    """
    flops = Flops()
    watch = Watch(places, flops)
    there = build_module(make, watch, meta=meta)
    device = "meta" if there.on_meta else "cpu"
    named, by_name = bound(there.module, inputs)
    floats = floats_of(there.module)
    batches = {name: batch_of(each, batch, device, floats) for name, each in named.items()}
    args, kwargs = ((), batches) if by_name else (tuple(batches.values()), {})
    _materialise(there, args, kwargs)
    _name(there.module, watch)
    nodes = {
        name: _input(watch, name, each)
        for whole in batches.items()
        for name, each in named_tensors(whole[1], whole[0])
    }
    watch.begin()
    entering, interrupts = Entering(there.module, watch), list[int]()
    try:
        # Torch's fused attention is not counted on a CPU; its plain form is the same products.
        with (
            contained(interrupts),
            torch.enable_grad(),
            sdpa_kernel(SDPBackend.MATH),
            entering,
            torch.device(device),
            flops,
            watch,
        ):
            result = there.module(*args, **kwargs)
    except Fault:
        raise
    except BaseException as error:  # noqa: BLE001  code of others raises what it likes, SystemExit too
        if interrupts:
            raise KeyboardInterrupt from None
        numbers = sum(each.numel() for each in there.module.parameters())
        numbers += sum(prod(each.shape) for each in nodes.values())
        raise NotRun(_failed(error, there, entering, nodes, places), numbers) from None
    for each in watch.tracking.stale:
        told = "what this makes is read after it was changed through a view; it is taken as it was before"
        watch.answers.remark(told, each.frame)
    stated, events = watch.result(result), tuple(watch.tracking.events)
    return RecordedRun(there, entering, nodes, events, stated, flops.total, watch.answers, batch)


def _input(watch: Watch, name: str, tensor: Tensor) -> SeenTensor:
    node = SeenTensor(tuple(tensor.shape), dtype_of(tensor), Depends.DATA, name)
    watch.tracking.hold(tensor, node)
    return node


def _name(module: nn.Module, watch: Watch) -> None:
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
            stale = len(tracking.stale)
            before = tracking.node(tensor)
            if len(tracking.stale) == stale:
                node.made, node.path, node.numbers = before.made, before.path, before.numbers
            node.sources = frozenset({name})
            if name not in saved or not tensor.is_floating_point():
                node.depends = Depends.CONSTANT
        tracking.hold(tensor, node)


def _materialise(there: Building, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
    """Lazy modules take their shapes from a first run."""
    if any(is_lazy(each) for each in there.module.parameters()):
        with users_code(lambda: "running it once for its lazy modules fails"), torch.no_grad():
            _ = there.module(*args, **kwargs)


def _failed(
    error: BaseException,
    there: Building,
    entering: Entering,
    inputs: Mapping[str, SeenTensor],
    places: PythonLines,
) -> Fault:
    """What an error says, with the module that failed, where it was built and where it was called."""
    shapes = ", ".join(f"{name} {list(node.shape)}" for name, node in inputs.items())
    failed, at, hint = entering.failed, "", ""
    if failed is not None:
        at = f" in {failed[1] or 'the module itself'} ({type(failed[0]).__name__})"
        built = line_place(there.lines.get(failed[0]))
        hint = f"it is built at {built.file}:{built.line}" if built else ""
    called = line_place(places.of(error))
    if called:
        start = f"{hint}, and fails at" if hint else "it fails at"
        hint = f"{start} {called.file}:{called.line}"
    return Fault(f"a run on {shapes} fails{at}: {words_of(error)}", hint=hint)
