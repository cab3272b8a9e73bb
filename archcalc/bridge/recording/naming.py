"""Full names of torch's functions, as a user writes them, and which of them make no tensor."""

from functools import cache
from typing import cast

import torch
from torch._ops import OpOverload, OpOverloadPacket
from torch.nn import functional

METHODS = ("TensorBase", "Tensor", "_TensorBase")
GROUPS = {"_special": "special", "_fft": "fft", "_linalg": "linalg"}
ASKED = """
    shape size dim ndim ndimension dtype device layout requires_grad is_leaf is_cuda is_cpu is_meta
    is_sparse is_mkldnn is_quantized is_nested is_mps is_xpu is_complex is_floating_point is_signed
    is_contiguous is_conj is_neg is_inference is_shared is_set_to is_same_size numel nelement stride
    storage_offset element_size itemsize nbytes __len__ __hash__ __repr__ __format__ __dir__ data_ptr
    untyped_storage storage _version _base _is_view grad grad_fn names get_device requires_grad_ retain_grad
    retains_grad output_nr register_hook volatile is_pinned is_coalesced sparse_dim dense_dim dim_order
    _backward_hooks _grad _grad_fn is_vulkan is_ipu is_maia is_xla is_mtia has_names __class__
"""
ASKED_OF_TORCH = """
    is_tensor is_storage is_complex is_floating_point is_conj is_same_size is_signed numel result_type
    can_cast get_default_dtype is_grad_enabled is_inference promote_types
"""
ANSWERED = """
    item __bool__ __int__ __float__ __index__ __complex__ __contains__ tolist numpy __array__ equal allclose
    is_nonzero
"""
PLAIN = {f"torch.Tensor.{name}" for name in ASKED.split()} | {
    f"torch.{name}" for name in ASKED_OF_TORCH.split()
}
"""Functions that ask a tensor for what is no tensor, whatever its numbers."""
ANSWERING = {f"torch.Tensor.{name}" for name in ANSWERED.split()} | {
    "torch.equal",
    "torch.allclose",
    "torch.is_nonzero",
}
"""Functions whose answer, which is no tensor, depends on numbers."""


@cache
def torch_name(function: object) -> str:
    """``torch.add``, ``torch.Tensor.view``; of a property ``torch.Tensor.T``."""
    name = cast("str", getattr(function, "__name__", type(function).__name__))
    if name in {"__get__", "__set__", "__delete__"}:
        described = cast("str", getattr(getattr(function, "__self__", None), "__name__", "property"))
        return f"torch.Tensor.{described}" if name == "__get__" else f"torch.Tensor.{described}.{name}"
    if isinstance(function, OpOverload | OpOverloadPacket):
        return f"torch.ops.{cast('object', function)}".removesuffix(".default")
    owner = getattr(function, "__qualname__", name).rpartition(".")[0].rpartition(".")[2]
    home = getattr(function, "__objclass__", None)
    if owner in METHODS or getattr(home, "__name__", "") in METHODS:
        return f"torch.Tensor.{name}"
    return _of_module(function, name)


def _of_module(function: object, name: str) -> str:
    module = cast("str", getattr(function, "__module__", None) or "torch")
    group = GROUPS.get(module.rpartition(".")[2])
    if group:
        return f"torch.{group}.{name.removeprefix(f'{group}_')}"
    if getattr(functional, name, None) is function and not hasattr(torch, name):
        return f"torch.nn.functional.{name}"
    if module != "torch.nn.functional" and getattr(torch, name, None) is function:
        return f"torch.{name}"
    return f"{module}.{name}"


@cache
def asks_shape(function: object) -> bool:
    """Whether it asks a tensor for its shape or the like."""
    return torch_name(function) in PLAIN


@cache
def answering(function: object) -> bool:
    """Whether it turns the numbers of a tensor into something of Python."""
    return torch_name(function) in ANSWERING


@cache
def initialises(function: object) -> bool:
    """Whether it only gives a tensor other numbers, as those of ``torch.nn.init`` do."""
    name = torch_name(function)
    return name.startswith("torch.nn.init.") or (
        name.startswith("torch.Tensor.") and name[-1] == "_" != name[-2]
    )
