"""The shapes that leave each module of a network that someone else wrote, seen by forward hooks."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from math import prod
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcalc.bridge.identity import modules_of
from archcalc.bridge.network import example
from archcalc.bridge.own_module import users_code
from archcalc.errors import Fault

if TYPE_CHECKING:
    from torch.utils.hooks import RemovableHandle

    from archcalc.facts import Shape
    from archcalc.tracing import Trace

    Calls = dict[str, list[tuple[Shape, ...]]]

BATCH = 2
MAX_NUMBERS = 200_000_000
"""Numbers of inputs and weights of a network that is run on the CPU."""


def output_shapes(module: nn.Module, make: "Callable[[], nn.Module]", trace: "Trace") -> "Calls | str":
    """Name of a module -> shapes that leave it, call by call; why there are none.

    It is run on the meta device, and where it needs numbers, on the CPU if it is small.

    Args:
        module: the network as it was built.
        make: makes it once more.
        trace: whose inputs it reads, in batches of two.

    Raises:
        Fault: it does not run on these inputs.
    """
    numbers = sum(each.numel() for each in module.parameters() if not is_lazy(each))
    numbers += BATCH * sum(prod(tensor.shape) for tensor in trace.inputs.values())
    fault: Fault | None = None
    if all(each.is_meta for each in (*module.parameters(), *module.buffers())):
        try:
            return _Run(module, trace, "meta").calls()
        except Fault as error:
            fault = error
    if numbers > MAX_NUMBERS:
        why = f" ({fault.fact})" if fault else ""
        return f"it does not run on the meta device{why}, and {numbers:,} numbers are too many for the CPU"
    with torch.no_grad():
        return _Run(make() if fault else module, trace, "cpu").calls()


class _Run:
    """One forward of a network, watched."""

    def __init__(self, module: nn.Module, trace: "Trace", device: str) -> None:
        self.module, self.trace, self.device = module, trace, device
        self.seen: Calls = {}
        self.inside: list[str] = []

    def calls(self) -> "Calls":
        names: dict[nn.Module, list[str]] = {}
        for name, each in modules_of(self.module):
            names.setdefault(each, []).append(name)
        handles = [handle for each, called in names.items() for handle in self._watched(each, called)]
        try:
            with users_code(self._told), torch.device(self.device):
                result = self._call()
                self.seen.setdefault("", [tuple(_shapes(result))])  # where it cannot be watched itself
        finally:
            for handle in handles:
                handle.remove()
        return self.seen

    def _watched(self, module: nn.Module, names: list[str]) -> "Iterator[RemovableHandle]":
        if isinstance(module, torch.jit.ScriptModule):
            return  # it takes no hooks

        def enter(*_: object) -> None:
            self.inside.append(names[0])

        def leave(_module: nn.Module, _inputs: object, output: object) -> None:
            self.inside.pop()
            for name in names:
                self.seen.setdefault(name, []).append(tuple(_shapes(output)))

        yield module.register_forward_pre_hook(enter)
        yield module.register_forward_hook(leave)

    def _call(self) -> object:
        """Inputs by name where forward has all of their names, else in the spec's order."""
        batches = map(self._in_its_dtype, example(self.trace, BATCH, self.device))
        inputs = dict(zip(self.trace.inputs, batches, strict=True))
        if inputs.keys() <= _arguments(self.module):
            return cast("object", self.module(**inputs))
        return cast("object", self.module(*inputs.values()))

    def _in_its_dtype(self, batch: Tensor) -> Tensor:
        """Numbers with a point as the weights are, where these are all of one dtype: half precision, say."""
        dtypes = {each.dtype for each in self.module.parameters() if each.is_floating_point()}
        return batch.to(dtypes.pop()) if batch.is_floating_point() and len(dtypes) == 1 else batch

    def _told(self) -> str:
        shapes = ", ".join(f"{name} {[BATCH, *tensor.shape]}" for name, tensor in self.trace.inputs.items())
        at = f" in {self.inside[-1]}" if self.inside and self.inside[-1] else ""
        return f"running it on the spec's inputs, {shapes}, fails{at}"


def _arguments(module: nn.Module) -> set[str]:
    """Names that the forward of a module has; none where it was recorded without them."""
    try:
        return {*inspect.signature(module.forward).parameters}
    except ValueError:
        return set()


def _shapes(output: object) -> "Iterator[Shape]":
    """Of every tensor in what a module returns, in order."""
    if isinstance(output, Tensor):
        yield tuple(output.shape)
    elif isinstance(output, Mapping):
        yield from _shapes(list(cast("Mapping[object, object]", output).values()))
    elif is_dataclass(output):
        yield from _shapes([getattr(output, field.name) for field in fields(output)])
    elif isinstance(output, list | tuple):
        for each in cast("Sequence[object]", output):
            yield from _shapes(each)


def without_batch(theirs: "Shape", ours: "Shape") -> "Shape":
    """A shape of a module as the spec has it, where only the batch stands elsewhere.

    It may stand behind the first axis, as in recurrent layers, be 1 or left out for what does not depend on
    the sample, or be one axis with those behind it. What fits in none of these is taken as it is.
    """
    batched = [index for index in range(2) if theirs[index : index + 1] == (BATCH,)]
    ways = [theirs[:index] + theirs[index + 1 :] for index in batched]
    if ours in ways or theirs in (ours, (1, *ours)):
        return ours
    joined = len(ours) - len(theirs) + 1
    if joined > 0 and theirs == (BATCH * prod(ours[:joined]), *ours[joined:]):
        return ours
    return theirs[1:] if theirs[:1] == (BATCH,) else theirs
