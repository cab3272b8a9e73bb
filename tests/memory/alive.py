"""Bytes that are alive while torch trains a network: every storage from the operation that makes it on."""

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

Judge = Callable[[Tensor, Tensor], Tensor]
Moments = dict[str, int]


class Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Counts storages until they are given up.

    While it runs, autograd adds a second gradient of a tensor into a new one: networks that part and meet
    again take more than they do without it.
    """

    def __init__(self, held: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as above
        self.now = self.most = 0
        self.known: set[int] = set()
        for tensor in held:
            self._born(tensor)

    def _born(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        at, size = storage.data_ptr(), storage.nbytes()
        if not size or at in self.known:
            return
        self.known.add(at)
        self.now += size
        self.most = max(self.most, self.now)

        def died() -> None:
            self.known.discard(at)
            self.now -= size

        weakref.finalize(storage, died)

    def __torch_dispatch__(
        self,
        func: Callable[..., object],
        types: Iterable[type],
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        made = func(*args, **(kwargs or {}))
        for each in cast("list[object]", tree_leaves(made)):
            if isinstance(each, Tensor):
                self._born(each)
        return made

    def peak(self) -> int:
        """The most that was alive since it was asked last."""
        found, self.most = self.most, self.now
        return found


def trained(
    network: nn.Module, read: Tensor, targets: Tensor, judge: Judge, optimizer: torch.optim.Optimizer
) -> tuple[Moments, Moments]:
    """The most at every moment of the first step and of the second one."""
    held = (*network.parameters(), *network.buffers(), read, targets)
    found: list[Moments] = []
    with Alive(held) as alive:
        for _ in range(2):
            optimizer.zero_grad()
            alive.peak()
            (made,) = network(read)
            moments = {"forward": alive.peak()}
            loss = judge(made, targets)
            moments["loss"] = alive.peak()
            del made
            loss.backward()  # type: ignore[no-untyped-call]  # as above
            moments["backward"] = alive.peak()
            optimizer.step()
            moments["optimizer step"] = alive.peak()
            del loss
            found.append(moments)
    return found[0], found[1]
