"""Builds the user's module, on the meta device where that can be done, and sees where each part is built."""

import importlib
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from archcalc.bridge.identity import modules_of, tensors_of
from archcalc.bridge.recording.history import Depends, SeenTensor
from archcalc.bridge.recording.places import PythonLines, SourceLine
from archcalc.bridge.recording.tracking import Tracking, dtype_of
from archcalc.bridge.recording.watching import Watch
from archcalc.errors import Fault
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

MARK, TENSOR_MARK = "_archcalc_line", "_archcalc_tensor_lines"
ENABLED: Any = importlib.import_module("torch.jit._state")._enabled  # noqa: SLF001  # torch has no other name for it
META = torch.device("meta")
MAX_BUILT = 1_000_000_000
"""Numbers that a module may make on the CPU while it is built."""


@dataclass(frozen=True, slots=True)
class Building:
    """A module with where its parts were built.

    Args:
        module: in eval mode.
        lines: of its modules.
        on_meta: whether it holds no numbers.
        tensor_lines: of its modules' own parameters and buffers, by their names.
    """

    module: nn.Module
    lines: "dict[nn.Module, SourceLine]"
    on_meta: bool
    tensor_lines: "dict[nn.Module, dict[str, SourceLine]]"


def build_module(factory: "Callable[[], nn.Module]", watch: Watch, *, meta: bool) -> Building:
    """Build it.

    Args:
        factory: makes it.
        watch: sees how its constants are made.
        meta: try the meta device first, and bring it there where it cannot be built there.

    Raises:
        Fault: it cannot be built, or not without taking up much memory.
    """
    with torch.no_grad(), _lines(watch.places):
        if meta:
            try:
                with META, watch:
                    there = _finished(factory())
            except Fault:
                watch.forget()
            else:
                return there if there.on_meta else _moved(there, watch.tracking)
        with _Limit():
            there = _finished(factory())
        return _moved(there, watch.tracking) if meta else there


def _finished(module: nn.Module) -> Building:
    """The module in eval mode; a copy of one that is there already, which the next run must find as it is."""
    module = module.eval() if MARK in vars(module) else _copied(module).eval()
    lines: dict[nn.Module, SourceLine] = {}
    own: dict[nn.Module, dict[str, SourceLine]] = {}
    for _, each in modules_of(module):
        line = cast("SourceLine | None", vars(each).pop(MARK, None))
        if line is not None:
            lines[each] = line
        own[each] = cast("dict[str, SourceLine]", vars(each).pop(TENSOR_MARK, {}))
    return Building(module, lines, all(tensor.is_meta for _, tensor, _ in tensors_of(module)), own)


def _copied(module: nn.Module) -> nn.Module:
    """A copy of a module; what is lazy in it answers no function, and so none that is watched."""
    twins = _lazy_twins(module)
    if not twins:
        return deepcopy(module)
    with torch._C.DisableTorchFunction():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
        return deepcopy(module, twins)


@contextmanager
def unscripted() -> "Generator[None]":
    """Functions that torch is asked to script meanwhile stay Python's, which can be seen."""
    if not ENABLED.enabled:
        yield
        return
    ENABLED.enabled = False
    try:
        yield
    finally:
        ENABLED.enabled = True


class _Limit(TorchFunctionMode):
    """Refuses to build what would take up the memory of the machine."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401  torch leaves functions open
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        result = func(*args, **(kwargs or {}))
        if not args or not isinstance(args[0], Tensor):
            self.numbers += result.numel() if isinstance(result, Tensor) else 0
            if self.numbers > MAX_BUILT:
                fact = (
                    f"it cannot be built on the meta device, and on the CPU takes over {MAX_BUILT:,} numbers"
                )
                raise Fault(fact, hint="a factory that makes a smaller one of the same form can be read")
        return cast("object", result)


@contextmanager
def _lines(places: PythonLines) -> "Generator[None]":
    """Note in every module that is built, and so in its copies, the lines that build it and its tensors."""
    plain, held = nn.Module.__init__, (nn.Module.register_parameter, nn.Module.register_buffer)

    def noting(self: nn.Module, *args: object, **kwargs: object) -> None:
        plain(self, *args, **kwargs)
        vars(self)[MARK] = places.calling(self)

    def holding(register: "Callable[..., None]") -> "Callable[..., None]":
        def noting_tensor(self: nn.Module, name: str, *args: object, **kwargs: object) -> None:
            register(self, name, *args, **kwargs)
            line = places.calling()
            if line is not None:
                vars(self).setdefault(TENSOR_MARK, {})[name] = line

        return noting_tensor

    nn.Module.__init__ = noting  # type: ignore[method-assign]  # for as long as it is built
    nn.Module.register_parameter = holding(held[0])  # type: ignore[method-assign]  # likewise
    nn.Module.register_buffer = holding(held[1])  # type: ignore[method-assign]  # likewise
    try:
        yield
    finally:
        nn.Module.__init__ = plain  # type: ignore[method-assign]  # as it was
        nn.Module.register_parameter, nn.Module.register_buffer = held  # type: ignore[method-assign]  # likewise


def _lazy_twins(module: nn.Module, device: torch.device | None = None) -> dict[int, object]:
    """What stands in a copy for parameters and buffers without a shape, of which torch copies some only."""
    return {
        id(each): cast("Callable[..., object]", type(each))(device=device or each.device, dtype=each.dtype)
        for each in (*module.parameters(), *module.buffers())
        if is_lazy(each)
    }


def _moved(there: Building, tracking: Tracking) -> Building:
    """A copy without numbers; those of buffers are kept beside it, and what is shared stays shared."""
    twins: dict[int, object] = {}
    for _, tensor, buffer in tensors_of(there.module):
        if id(tensor) not in twins:
            plain = tensor.detach().to(META)
            twin = plain if buffer else nn.Parameter(plain, tensor.requires_grad)
            node = SeenTensor(tuple(twin.shape), dtype_of(twin), Depends.CONSTANT)
            node.numbers = tensor.detach() if buffer and not tensor.is_meta else None
            tracking.hold(twin, node)
            twins[id(tensor)] = twin
    twins |= _lazy_twins(there.module, META)
    kept = list(there.module.modules())  # deepcopy knows objects by their addresses
    module = deepcopy(there.module, dict(twins))
    copies = list(zip(module.modules(), kept, strict=True))
    lines = {copy: there.lines[each] for copy, each in copies if each in there.lines}
    own = {copy: there.tensor_lines[each] for copy, each in copies if each in there.tensor_lines}
    return Building(module, lines, on_meta=True, tensor_lines=own)
