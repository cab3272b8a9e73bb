"""Small torch modules all the way: recorded, read, written as a spec, traced, built again, and run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from archcalc import facts
from archcalc.bridge.modules.reading import BARE
from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.recording.record import recorded
from archcalc.importing.checking import Agreement, agreement
from archcalc.importing.program import Program, Step
from archcalc.importing.reading import program_of
from archcalc.importing.recording import GrowingSize, Recording, Ref
from archcalc.importing.structure import structured
from archcalc.loading import check
from archcalc.source import Document
from archcalc.tracing import Trace, trace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SAMPLES = 4
"""More than the runs had, so that nothing fits by chance."""


class Calling(nn.Module):
    """A function of tensors as a module, with what it holds.

    Args:
        function: of the module itself and the inputs.
        held: modules and parameters by name.
    """

    def __init__(
        self, function: "Callable[..., object]", **held: "nn.Module | nn.Parameter | Tensor"
    ) -> None:
        super().__init__()
        self.function = function
        for name, each in held.items():
            if isinstance(each, Tensor) and not isinstance(each, nn.Parameter):
                self.register_buffer(name, each)
            else:
                setattr(self, name, each)

    def forward(self, *inputs: Tensor) -> object:
        """What the function gives."""
        return self.function(self, *inputs)


@dataclass(frozen=True, slots=True)
class Imported:
    """A module and what became of it."""

    recording: Recording
    program: Program
    trace: Trace
    agreement: Agreement

    @property
    def kinds(self) -> list[str]:
        """Of the steps, in order."""
        return [step.kind for step in self.program.steps]

    def only(self, kind: str) -> Step:
        """The one step of a kind."""
        found = [step for step in self.program.steps if step.kind == kind]
        assert len(found) == 1, self.kinds
        return found[0]


def imported(make: "Callable[[], nn.Module]", *inputs: "Sequence[int] | facts.Tensor") -> Imported:
    """A module made by ``make``, read on inputs of these shapes (without the batch)."""
    recording, program = programmed(make, *inputs)
    traced = trace(check(Document.of(structured(program, readable=False).data, "read.yaml")))
    return Imported(recording, program, traced, agreement(recording, program, traced))


def programmed(
    make: "Callable[[], nn.Module]", *inputs: "Sequence[int] | facts.Tensor"
) -> tuple[Recording, Program]:
    """The record of a module, and the steps that were read from it."""
    given = [each if isinstance(each, facts.Tensor) else facts.Tensor(tuple(each)) for each in inputs]
    recording = recorded(make, given, "tests.importing.reading:make")
    return recording, program_of(recording)


def assert_same(make: "Callable[[], nn.Module]", *inputs: "Sequence[int] | facts.Tensor") -> Imported:
    """The spec of a module has its tensors and shapes, and calculates what the module does.

    Without an Opaque: that it is the same network, number by number.
    """
    found = imported(make, *inputs)
    assert found.agreement.exact, found.agreement.differences
    opaque = [step.note for step in found.program.steps if step.kind == "Opaque"]
    assert not opaque, opaque
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves it untyped
    module = make().eval()
    batches = [drawn(found.recording, number) for number in found.recording.inputs.values()]
    network = TorchNetwork(found.trace).eval()
    copy_tensors(module, network)
    fill_constants(found.recording, network)
    with torch.no_grad():
        theirs, ours = module(*batches), network(*batches)
    there = flattened(theirs)
    wanted = [
        first_axis(each, found.recording, ref)
        for each, ref in zip(there, refs(found.recording.result), strict=True)
    ]
    assert len(wanted) == len(ours)
    for one, other in zip(wanted, ours, strict=True):
        torch.testing.assert_close(other, one)
    return found


def drawn(recording: Recording, number: int) -> Tensor:
    """A batch of an input, of random numbers."""
    value = recording.values[number]
    shape = [SAMPLES if isinstance(size, GrowingSize) else size for size in value.sizes]
    if "int" in value.dtype:
        return torch.randint(0, 3, shape, dtype=cast("torch.dtype", getattr(torch, value.dtype)))
    return torch.rand(shape) + 0.1


def copy_tensors(module: nn.Module, network: TorchNetwork) -> None:
    """Give the network the numbers of the module, name by name."""
    own = dict(network.named_parameters()) | dict(network.named_buffers())
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if tensor.is_floating_point() and isinstance(tensor, nn.Parameter):
            tensor.data.uniform_(-0.5, 0.5)
        for there in (name, f"{type(module).__name__}.{name}"):
            if there in own:
                own[there].data.copy_(tensor.data)


def inside(result: object) -> "Sequence[object]":
    """What a tuple, list or mapping holds."""
    if isinstance(result, dict):
        return [*cast("dict[str, object]", result).values()]
    return cast("Sequence[object]", result)


def fill_constants(recording: Recording, network: TorchNetwork) -> None:
    """Give constants of no known form the numbers that the run saw; a spec does not hold them."""
    known = {
        value.sizes: value.content.numbers
        for value in recording.values
        if value.constant and value.content is not None and value.content.form == "other"
    }
    for module in network.modules():
        held = vars(module).get(BARE)
        if isinstance(held, Tensor) and known.get(tuple(held.shape)):
            vars(module)[BARE] = torch.tensor(known[tuple(held.shape)], dtype=held.dtype).view(held.shape)


def flattened(result: object) -> list[Tensor]:
    """Every tensor of a result."""
    if isinstance(result, Tensor):
        return [result]
    return [each for one in inside(result) for each in flattened(one)]


def refs(result: object) -> list[Ref]:
    """Every tensor of a recorded result."""
    if isinstance(result, Ref):
        return [result]
    return [each for one in inside(result) for each in refs(one)]


def first_axis(tensor: Tensor, recording: Recording, ref: Ref) -> Tensor:
    """A result with the axis of the batch first."""
    sizes = recording.values[ref.value].sizes
    return tensor.movedim(sizes.index(GrowingSize(1)), 0) if GrowingSize(1) in sizes else tensor
