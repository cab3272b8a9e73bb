"""Builds the user's module, on the meta device where that can be done, and sees where each part is built."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from archcalc.bridge.identity import modules_of, tensors_of
from archcalc.bridge.recording.history import Depends, SeenTensor
from archcalc.bridge.recording.places import PythonLines, SourceLine
from archcalc.bridge.recording.tracking import Tracking, dtype_of
from archcalc.bridge.recording.watching import Watch
from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

MARK = "_archcalc_line"
META = torch.device("meta")


@dataclass(frozen=True, slots=True)
class Building:
    """A module with where its parts were built.

    Args:
        module: in eval mode.
        lines: of its modules.
        on_meta: whether it holds no numbers.
    """

    module: nn.Module
    lines: "dict[nn.Module, SourceLine]"
    on_meta: bool


def build(factory: "Callable[[], nn.Module]", watch: Watch, *, meta: bool) -> Building:
    """Build it.

    Args:
        factory: makes it.
        watch: sees how its constants are made.
        meta: try the meta device first, and bring it there where it cannot be built there.

    Raises:
        Fault: it cannot be built.
    """
    with torch.no_grad(), _lines(watch.places):
        try:
            if not meta:
                return _finished(factory())
            with torch.device("meta"), watch:
                return _finished(factory())
        except Fault as fault:
            if not meta:
                raise
            del fault
        watch.tracking.__init__()  # type: ignore[misc]  # what was seen is of no use
        there = _finished(factory())
        to_meta(there.module, watch.tracking)
        return Building(there.module, there.lines, on_meta=True)


def _finished(module: nn.Module) -> Building:
    lines: dict[nn.Module, SourceLine] = {}
    for _, each in modules_of(module.eval()):
        line = cast("SourceLine | None", vars(each).pop(MARK, None))
        if line is not None:
            lines[each] = line
    tensors = [tensor for _, tensor, _ in tensors_of(module)]
    return Building(module, lines, all(each.is_meta for each in tensors))


@contextmanager
def _lines(places: PythonLines) -> "Generator[None]":
    """Note in every module that is built, and so in its copies, the line that builds it."""
    plain = nn.Module.__init__

    def noting(self: nn.Module, *args: object, **kwargs: object) -> None:
        plain(self, *args, **kwargs)
        vars(self)[MARK] = places.calling(self)

    nn.Module.__init__ = noting  # type: ignore[method-assign]  # for as long as it is built
    try:
        yield
    finally:
        nn.Module.__init__ = plain  # type: ignore[method-assign]  # as it was


def to_meta(module: nn.Module, tracking: Tracking) -> None:
    """Drop the numbers of parameters, and keep those of buffers beside it; what is shared stays shared."""
    moved: dict[int, Tensor] = {}

    def twin(tensor: Tensor) -> Tensor:
        if id(tensor) not in moved:
            plain = tensor.detach().to(META)
            made = nn.Parameter(plain, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else plain
            moved[id(tensor)] = made
            numbers = None if isinstance(tensor, nn.Parameter) else tensor
            tracking.hold(
                made, SeenTensor(tuple(made.shape), dtype_of(made), Depends.CONSTANT, numbers=numbers)
            )
        return moved[id(tensor)]

    for each in module.modules():
        for held in (each._parameters, each._buffers):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for them
            for name, tensor in held.items():
                if tensor is not None:
                    held[name] = twin(tensor)  # type: ignore[assignment]  # a parameter's twin is one
