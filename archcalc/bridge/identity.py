"""Modules and tensors of a network under all of their names, and which of them are one."""

from collections.abc import Iterator
from typing import cast

from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def modules_of(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Name and module, the whole under an empty name; one that stands in several places under each name."""
    # torch leaves the type of this function open.
    return cast("Iterator[tuple[str, nn.Module]]", module.named_modules(remove_duplicate=False))


def tensors_of(module: nn.Module) -> Iterator[tuple[str, Tensor, bool]]:
    """Name, tensor, and whether it is a buffer, module by module; those that are shared under each name."""
    for scope, each in modules_of(module):
        for name, parameter in each.named_parameters(scope, recurse=False, remove_duplicate=False):
            if not is_lazy(parameter):  # it has no shape before it is run
                yield name, parameter, False
        for name, tensor in each.named_buffers(scope, recurse=False, remove_duplicate=False):
            if not is_lazy(tensor):
                yield name, tensor, True


def storage_of(tensor: Tensor) -> object:
    """What tensors have in common that are one in memory; without numbers, on the meta device, too."""
    if is_lazy(tensor):
        return id(tensor)
    try:
        storage = tensor.untyped_storage()
    except RuntimeError:  # sparse tensors, and others that are made of several, have none
        return id(tensor)
    address = storage._cdata  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # torch has no other name for it
    return address, tensor.storage_offset(), tuple(tensor.shape)
