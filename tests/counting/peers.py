"""Other tools, as they are installed: multiply-accumulates that they print for a module."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from io import StringIO
from typing import cast

import torch
from torch import nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archcalc.bridge.libraries import imported

Counted = Callable[[nn.Module, torch.Tensor], float]
PATCHED = ("matmul", "mm", "bmm", "addmm", "mul", "add")
"""Methods of a tensor that tools put others in the place of."""


class Held(nn.Module):
    """A module with a parameter beside it: some tools look for one."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module, self.beside = module, nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> object:
        """As the module."""
        return self.module(x)


@contextmanager
def functions_kept() -> "Generator[None]":
    """Put back torch's functions, which some tools leave patched when they fail, and patch twice then."""
    places: tuple[object, ...] = (functional, torch)
    kept = [(place, dict(vars(place))) for place in places]
    methods = {name: vars(torch.Tensor).get(name) for name in PATCHED}
    try:
        yield
    finally:
        for place, names in kept:
            for name, value in names.items():
                if callable(value) and getattr(place, name) is not value:
                    setattr(place, name, value)
        for name, method in methods.items():
            if method is not None:
                setattr(torch.Tensor, name, method)
            elif name in vars(torch.Tensor):
                delattr(torch.Tensor, name)


def _torchinfo(module: nn.Module, x: torch.Tensor) -> float:
    summary = import_module("torchinfo").summary
    return float(summary(module, input_data=x, verbose=0).total_mult_adds)


def _thop(module: nn.Module, x: torch.Tensor) -> float:
    return float(import_module("thop").profile(module, inputs=(x,), verbose=False)[0])


def _ptflops(backend: str) -> Counted:
    def counted(module: nn.Module, x: torch.Tensor) -> float:
        imported("torchvision.models")
        measure = import_module("ptflops").get_model_complexity_info
        found = measure(
            module, tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, backend=backend
        )
        return float(found[0])

    return counted


def _fvcore(module: nn.Module, x: torch.Tensor) -> float:
    analysis = import_module("fvcore.nn").FlopCountAnalysis(module, x)
    return float(analysis.unsupported_ops_warnings(enabled=False).total())


def calflops(module: nn.Module, x: torch.Tensor) -> float:
    """calflops, which fails where nothing has a parameter."""
    imported("torchvision.models")
    measure = import_module("calflops").calculate_flops
    held = module if any(True for _ in module.parameters()) else Held(module)
    return float(measure(held.eval(), args=[x], print_results=False, output_as_string=False)[1])


def _torch(*, gradients: bool) -> Counted:
    def counted(module: nn.Module, x: torch.Tensor) -> float:
        # The fused kernel of a CPU is not in torch's registry; that of a GPU is, as are its products.
        products: AbstractContextManager[object] = nullcontext()
        if gradients:
            products = cast("AbstractContextManager[object]", sdpa_kernel(SDPBackend.MATH))
        with products, torch.set_grad_enabled(gradients), FlopCounterMode(display=False) as counter:
            module.train(gradients)(x)
        return float(counter.get_total_flops()) / 2

    return counted


def thop_installed() -> str:
    """The convention of the thop that is installed: two packages have this module."""
    try:
        distribution("ultralytics-thop")
    except PackageNotFoundError:
        return "thop-0.1"
    return "thop"


TOOLS: dict[str, tuple[str, Counted]] = {
    "torchinfo": ("torchinfo", _torchinfo),
    thop_installed(): ("thop", _thop),
    "ptflops": ("ptflops", _ptflops("pytorch")),
    "ptflops-aten": ("ptflops", _ptflops("aten")),
    "fvcore": ("fvcore", _fvcore),
    "calflops": ("calflops", calflops),
    "torch": ("torch", _torch(gradients=True)),
    "torch-no-grad": ("torch", _torch(gradients=False)),
}
INSTALLED = tuple(name for name, (package, _) in TOOLS.items() if find_spec(package) is not None)


def measured(peer: str, module: nn.Module, x: torch.Tensor) -> float:
    """What a tool prints, in multiply-accumulates; nothing of it stays."""
    with functions_kept(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return TOOLS[peer][1](module.eval(), x)
