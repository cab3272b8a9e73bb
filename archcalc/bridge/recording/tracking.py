"""Which value of a run each tensor holds right now, through changes in place and views."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from archcalc.bridge.identity import storage_of
from archcalc.bridge.recording.history import Depends, SeenCall, SeenTensor, swapped
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "_archcalc_constant"
"""Constants carry their history with them: libraries keep some of them from one run to the next."""
RESHAPING = frozenset(("view", "view_as", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze"))
"""Views of all numbers in their order."""
INDEXED = ("torch.Tensor.__getitem__",)


@dataclass(slots=True)
class HeldValue:
    """A tensor and the value that it holds.

    Args:
        tensor: kept, so that nothing else gets its address.
        node: the value.
        version: torch's count of changes in place when the value was made.
        viewed: the tensor that it is a view of, and the call that made it.
        same: the tensor that it is, under another object.
    """

    tensor: Tensor
    node: SeenTensor
    version: int
    viewed: "tuple[Tensor, SeenCall] | None" = None
    same: Tensor | None = None


def version_of(tensor: Tensor) -> int:
    """How often a tensor was changed in place; 0 where torch does not count."""
    try:
        return tensor._version  # noqa: SLF001  # torch has no other name for it
    except RuntimeError:
        return 0


def dtype_of(tensor: Tensor) -> str:
    """``float32``."""
    return str(tensor.dtype).removeprefix("torch.")


class Tracking:
    """The values of all tensors that were seen."""

    def __init__(self) -> None:
        self.held: dict[int, HeldValue] = {}
        self.storages: dict[object, Tensor] = {}
        self.events: list[SeenCall] = []
        self.stale: list[SeenCall] = []
        self.unseen: Callable[[Tensor], SeenTensor] | None = None

    def node(self, tensor: Tensor) -> SeenTensor:
        """The value of a tensor; one that nobody saw being made is a constant."""
        held = self.held.get(id(tensor))
        if held is None:
            return self._unseen(tensor)
        if held.version != version_of(tensor):
            self._freshen(held)
        return held.node

    def seen(self, tensor: Tensor) -> SeenTensor | None:
        """The value of a tensor, if somebody saw it being made: nobody does within a layer."""
        there = id(tensor) in self.held or MARK in vars(tensor)
        return self.node(tensor) if there or not tensor.is_meta else None

    def nodes(self, value: object) -> object:
        """Arguments with their values in place of tensors."""
        return swapped(value, self.node)

    def hold(self, tensor: Tensor, node: SeenTensor, same: Tensor | None = None) -> None:
        """From now on a tensor has this value."""
        old = self.held.get(id(tensor))
        viewed = old.viewed if old else None
        same = same if same is not None or old is None else old.same
        self.held[id(tensor)] = HeldValue(tensor, node, version_of(tensor), viewed, same)
        if node.depends == Depends.CONSTANT:
            vars(tensor)[MARK] = node
        else:
            vars(tensor).pop(MARK, None)
        storage = storage_of(tensor)
        if storage not in self.storages:
            self.storages[storage] = tensor

    def view(self, tensor: Tensor, of: Tensor, event: SeenCall) -> None:
        """A tensor is a view of another one."""
        self.held[id(tensor)].viewed = (of, event)

    def changed(self, tensor: Tensor, node: SeenTensor) -> None:
        """A tensor was changed in place, and what it is a view of with it."""
        self.hold(tensor, node)
        held = self.held[id(tensor)]
        if held.same is not None:
            self.changed(held.same, node)
        elif held.viewed is not None:
            base, event = held.viewed
            if event.op in INDEXED:
                self._put_back(base, event, node)
            elif event.op.rpartition(".")[2] in RESHAPING:
                self._shape_back(base, event, node)

    def _put_back(self, base: Tensor, event: SeenCall, node: SeenTensor) -> None:
        """What a change of ``x[i]`` does to ``x``, as a call of its own."""
        held = self.held[id(base)]
        written = held.node
        args = (written, event.args[1], node)
        depends = max(written.depends, node.depends)
        put = SeenCall(
            "torch.Tensor.__setitem__",
            Tensor.__setitem__,
            args,
            {},
            event.scope,
            None,
            event.frame,
            written=written,
            depends=depends,
        )
        new = SeenTensor(
            written.shape, written.dtype, depends, made=put, path=None, sources=written.sources | node.sources
        )
        put.result = new
        self.events.append(put)
        self.changed(base, new)

    def _shape_back(self, base: Tensor, event: SeenCall, node: SeenTensor) -> None:
        """What a change of ``x.view(...)`` does to ``x``: it is that, in its own shape."""
        shape = tuple(base.shape)
        back = SeenCall(
            "torch.Tensor.view",
            Tensor.view,
            (node, *shape),
            {},
            event.scope,
            None,
            event.frame,
            depends=node.depends,
        )
        back.result = SeenTensor(shape, node.dtype, node.depends, made=back, sources=node.sources)
        self.events.append(back)
        self.changed(base, back.result)

    def _freshen(self, held: HeldValue) -> None:
        """A tensor that was changed through another one which shares its memory."""
        if held.same is not None:
            held.node = self.node(held.same)
        elif held.viewed is not None and not isinstance(held.viewed[1].run, nn.Module):
            self._view_again(held)
        else:
            self.stale += [held.node.made] if held.node.made else []
        held.version = version_of(held.tensor)

    def _view_again(self, held: HeldValue) -> None:
        base, event = cast("tuple[Tensor, SeenCall]", held.viewed)
        node = held.node
        args = (self.node(base), *event.args[1:])
        again = SeenCall(
            event.op,
            event.run,
            args,
            event.kwargs,
            event.scope,
            event.module,
            event.frame,
            depends=max(node.depends, self.node(base).depends),
        )
        new = SeenTensor(
            node.shape, node.dtype, again.depends, made=again, path=node.path, sources=node.sources
        )
        again.result = swapped(event.result, lambda each: each, lambda each: new if each is node else each)
        self.events.append(again)
        held.node = new

    def _unseen(self, tensor: Tensor) -> SeenTensor:
        """A tensor that no call gave: of another object of the same memory, or one that was there."""
        known = self.storages.get(storage_of(tensor)) if not tensor.is_sparse else None
        if known is not None and known is not tensor and known.shape == tensor.shape:
            node = self.node(known)
            self.hold(tensor, node, same=known)
            return node
        cached = cast("SeenTensor | None", vars(tensor).get(MARK))
        if cached is not None and not isinstance(tensor, nn.Parameter):
            self.hold(tensor, cached)
            return cached
        if self.unseen is not None and (tensor.is_meta or isinstance(tensor, nn.Parameter)):
            node = self.unseen(tensor)
            self.hold(tensor, node)
            return node
        weight = isinstance(tensor, nn.Parameter)
        node = SeenTensor(
            tuple(tensor.shape),
            dtype_of(tensor),
            Depends.WEIGHTS if weight else Depends.CONSTANT,
            numbers=None if tensor.is_meta else tensor.detach(),
        )
        self.hold(tensor, node)
        return node


def alias(tensor: Tensor) -> Tensor:
    """The same tensor as another object."""
    return cast("Tensor", torch.ops.aten.alias.default(tensor))
