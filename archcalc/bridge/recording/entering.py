"""Follows a run into its modules: the scopes of what is called, and the calls of those that are one layer."""

from sys import exc_info
from typing import TYPE_CHECKING, Self, cast

import torch
from torch import nn

from archcalc.bridge.identity import modules_of
from archcalc.bridge.recording.history import Depends
from archcalc.bridge.recording.recognised import KnownLayer, layer_of
from archcalc.bridge.recording.watching import Started, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch.utils.hooks import RemovableHandle


class Entering:
    """Hooks into every module of a network, for one run.

    Args:
        module: the network.
        watch: writes calls down.
    """

    def __init__(self, module: nn.Module, watch: Watch) -> None:
        self.watch = watch
        self.names: dict[nn.Module, list[str]] = {}
        for name, each in modules_of(module):
            self.names.setdefault(each, []).append(name)
        self.layers: dict[nn.Module, KnownLayer] = {}
        for each in self.names:
            layer = layer_of(each)
            if layer is not None:
                self.layers[each] = layer
        self.running: list[tuple[nn.Module, str]] = []
        self.started: Started | None = None
        self.error: BaseException | None = None
        self.failed: tuple[nn.Module, str] | None = None
        self.handles: list[RemovableHandle] = []

    def __enter__(self) -> Self:
        for each in self.names:
            if not isinstance(each, torch.jit.ScriptModule):  # it takes no hooks
                self.handles += self._hooked(each)
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()

    def _hooked(self, module: nn.Module) -> "Iterator[RemovableHandle]":
        yield module.register_forward_pre_hook(self._enter, prepend=True, with_kwargs=True)
        yield module.register_forward_hook(self._leave, with_kwargs=True, always_call=True)

    def _enter(self, module: nn.Module, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        name = self._name(module)
        self.running.append((module, name))
        if self.watch.whole:
            self.watch.whole += 1
        elif module in self.layers:
            with torch._C.DisableTorchFunction():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
                self.started = self.watch.start(args, kwargs)
            self.watch.whole = 1
        else:
            self.watch.scopes.append(name)

    def _name(self, module: nn.Module) -> str:
        """Of the names of a module the first one within the module that runs."""
        names = self.names[module]
        if len(names) > 1:
            scope = self.watch.scopes[-1]
            inside = [name for name in names if not scope or name.startswith(f"{scope}.")]
            return min(inside or names, key=lambda name: name.count("."))
        return names[0]

    def _leave(
        self, module: nn.Module, args: tuple[object, ...], kwargs: dict[str, object], output: object
    ) -> object:
        del args, kwargs
        error = exc_info()[1]
        if output is None and error is not None:  # torch calls this hook of a module that raised, too
            self._raised(module, error)
            return None
        name = ""
        while self.running:
            last, name = self.running.pop()
            if last is module:
                break
            self._left()
        return self._left(module, name, output)

    def _raised(self, module: nn.Module, error: BaseException) -> None:
        """Leave a module that raised; the innermost one is where the error came from."""
        last, name = self.running.pop()
        self._left()
        if error is not self.error:
            self.error, self.failed = error, (module if last is module else last, name)

    def _left(self, module: nn.Module | None = None, name: str = "", output: object = None) -> object:
        watch = self.watch
        if watch.whole > 1:
            watch.whole -= 1
        elif watch.whole:
            watch.whole = 0
            if module is not None:
                return self._layer(module, name, output)
        else:
            watch.scopes.pop()
        return output

    def _layer(self, module: nn.Module, name: str, output: object) -> object:
        started = cast("Started", self.started)
        held = any(True for _ in module.parameters()) or any(True for _ in module.buffers())
        with torch._C.DisableTorchFunction():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
            return self.watch.finish(
                started,
                self.layers[module].type,
                None if held else module.forward,
                output,
                name,
                Depends.WEIGHTS if held else Depends.CONSTANT,
            )
