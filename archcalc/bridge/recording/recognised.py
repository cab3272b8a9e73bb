"""Which modules are one layer: those that run a known class's own forward and hold nothing besides."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcalc.importing.recording import RecordedArgument
from archcalc.layers.registry import KINDS
from archcalc.records import dataclass

FREE = {
    "__init__",
    "__repr__",
    "extra_repr",
    "reset_parameters",
    "_reset_parameters",
    "train",
    "__setstate__",
    "__getstate__",
    "_load_from_state_dict",
    "_save_to_state_dict",
    "state_dict",
    "load_state_dict",
}
"""What a class may override without running another forward."""


@dataclass(frozen=True, slots=True)
class KnownLayer:
    """A module that is one layer.

    Args:
        type: full name of the class that it is one of.
        attributes: beside its own, those that the class has under other names.
    """

    type: str
    attributes: Mapping[str, RecordedArgument] = field(default_factory=dict[str, RecordedArgument])


def layer_of(module: nn.Module) -> KnownLayer | None:
    """What layer a module is; None: it is looked into."""
    if isinstance(module, torch.jit.ScriptModule) or "forward" in vars(module) or _computed(module):
        return None
    found = _inherited(type(module))
    if found is not None:
        return KnownLayer(f"torch.nn.{found.__name__}", _parametrized(module))
    named = _qualified(type(module))
    special = SPECIAL.get(named)
    if special is not None:
        return special(module)
    if named.startswith("torch_geometric.nn.") and named.rpartition(".")[2] in KINDS:
        return KnownLayer(f"torch_geometric.nn.{named.rpartition('.')[2]}")
    return _rms_norm(module) if "RMSNorm" in type(module).__name__ else None


def _inherited(kind: type[nn.Module]) -> type[nn.Module] | None:
    if kind not in INHERITED:
        INHERITED[kind] = _base(kind)
    return INHERITED[kind]


INHERITED: dict[type, type[nn.Module] | None] = {}
"""Classes that were looked at."""


def _base(kind: type[nn.Module]) -> type[nn.Module] | None:
    """The class of torch.nn whose forward a class runs, with all that this one calls."""
    for base in kind.__mro__:
        if base.__module__.startswith("torch.nn.modules.") and base.__name__ in KINDS:
            if getattr(nn, base.__name__, None) is not base:
                return None
            ours = {name for each in base.__mro__ if each is not nn.Module for name in vars(each)} | {
                "__call__"
            }
            overridden = {
                name
                for each in kind.__mro__
                if each is not base and issubclass(each, base)
                for name, value in vars(each).items()
                if callable(value) or isinstance(value, property)
            }
            return base if not (overridden & ours) - FREE else None
    return None


def _computed(module: nn.Module) -> bool:
    """Whether hooks make its weights before each call, as the old weight_norm and pruning do."""
    there = vars(module)
    hooks: list[object] = [*there["_forward_pre_hooks"].values(), *there["_forward_hooks"].values()]
    return any(type(each).__module__.startswith("torch.nn.utils") for each in hooks)


def _parametrized(module: nn.Module) -> dict[str, RecordedArgument]:
    """How its weight is computed from others, where torch's parametrizations do it."""
    lists = cast("Mapping[str, nn.ModuleList] | None", getattr(module, "parametrizations", None))
    if not isinstance(lists, nn.ModuleDict):
        return {}
    stated: dict[str, RecordedArgument] = {}
    for name, steps in lists.items():
        classes = tuple(type(each).__name__.strip("_") for each in steps)
        stated[f"parametrizations.{name}"] = classes
        for each in steps:
            if isinstance(getattr(each, "dim", None), int):
                stated[f"parametrizations.{name}.dim"] = cast("int", each.dim)
    return stated


def _qualified(kind: type) -> str:
    """Full name of the class that defines the forward."""
    for base in kind.__mro__:
        if "forward" in vars(base):
            return f"{base.__module__}.{base.__qualname__}"
    return ""


def _held(module: nn.Module) -> dict[str, Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _stochastic_depth(module: nn.Module) -> KnownLayer:
    return KnownLayer("torchvision.ops.StochasticDepth", {"p": module.p, "mode": module.mode})  # type: ignore[dict-item]  # attributes of any module


def _drop_path(module: nn.Module) -> KnownLayer | None:
    p = getattr(module, "drop_prob", None)
    return KnownLayer("torchvision.ops.StochasticDepth", {"p": float(p or 0), "mode": "row"})


def _layer_scale(name: str) -> "Callable[[nn.Module], KnownLayer | None]":
    def scale(module: nn.Module) -> KnownLayer | None:
        gamma = _held(module).get("gamma")
        if gamma is None or len(_held(module)) != 1 or gamma.dim() != 1:
            return None
        return KnownLayer(f"timm.layers.{name}", {"dim": gamma.shape[0]})

    return scale


def _conv1d(module: nn.Module) -> KnownLayer | None:
    weight = _held(module)["weight"]
    return KnownLayer("transformers.pytorch_utils.Conv1D", {"nx": weight.shape[0], "nf": weight.shape[1]})


def _windows(module: nn.Module) -> KnownLayer | None:
    names = {"qkv.weight", "qkv.bias", "proj.weight", "proj.bias"}
    names |= {"relative_position_bias_table", "relative_position_index"}
    if not names - {"qkv.bias", "proj.bias"} <= _held(module).keys() <= names:
        return None
    return KnownLayer("torchvision.models.swin_transformer.ShiftedWindowAttention")


def _rms_norm(module: nn.Module) -> KnownLayer | None:
    """An RMSNorm, whoever wrote it: it has one weight, and does what torch's does."""
    held = _held(module)
    eps = next(
        (each for each in map(vars(module).get, ("variance_epsilon", "eps")) if isinstance(each, float)), None
    )
    weight = dict(module.named_parameters()).get("weight")
    if len(held) != 1 or weight is None or weight.dim() != 1 or eps is None or is_lazy(weight):
        return None
    if not _does_as_rms_norm(type(module), module):
        return None
    return KnownLayer("torch.nn.RMSNorm", {"normalized_shape": tuple(weight.shape), "eps": eps})


DONE: dict[type, bool] = {}
"""Classes that were tried."""


def _does_as_rms_norm(kind: type[nn.Module], module: nn.Module) -> bool:
    if kind not in DONE:
        DONE[kind] = _tried(module)
    return DONE[kind]


def _tried(module: nn.Module) -> bool:
    """On numbers of its own: the weight of a module that was made for meta is replaced while it runs."""
    from copy import deepcopy

    with torch.no_grad(), torch.device("cpu"):
        generator = torch.Generator().manual_seed(1)
        copy = deepcopy(module).to_empty(device="cpu").float()
        weight = copy.get_parameter("weight")
        weight.copy_(torch.rand(weight.shape, generator=generator) + 0.5)
        eps = next(
            each for each in map(vars(copy).get, ("variance_epsilon", "eps")) if isinstance(each, float)
        )
        numbers = torch.randn((2, 3, *weight.shape), generator=generator)
        try:
            theirs = copy(numbers)
        except Exception:  # noqa: BLE001  code of others raises what it likes
            return False
        ours = torch.nn.functional.rms_norm(numbers, tuple(weight.shape), weight, eps)
        return (
            isinstance(theirs, Tensor)
            and theirs.shape == ours.shape
            and torch.allclose(theirs, ours, atol=1e-5)
        )


SPECIAL: "Mapping[str, Callable[[nn.Module], KnownLayer | None]]" = {
    "torchvision.ops.stochastic_depth.StochasticDepth": _stochastic_depth,
    "timm.layers.drop.DropPath": _drop_path,
    "timm.layers.layer_scale.LayerScale": _layer_scale("LayerScale"),
    "timm.layers.layer_scale.LayerScale2d": _layer_scale("LayerScale2d"),
    "transformers.pytorch_utils.Conv1D": _conv1d,
    "transformers.activations.QuickGELUActivation": lambda _: KnownLayer(
        "transformers.activations.QuickGELUActivation"
    ),
    **{
        f"transformers.activations.{name}": lambda _: KnownLayer("torch.nn.GELU", {"approximate": "tanh"})
        for name in ("NewGELUActivation", "FastGELUActivation", "GELUTanh")
    },
    "torchvision.models.swin_transformer.ShiftedWindowAttention": _windows,
}
"""Class that defines the forward -> what layer a module of it is; a reader may add to it."""
