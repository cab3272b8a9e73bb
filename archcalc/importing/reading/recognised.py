"""Which kind a module is, by its class, and the arguments that this class calls by other names."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from archcalc.importing.reading.kinds import defaults
from archcalc.importing.reading.layouts import Untranslated
from archcalc.layers.registry import KINDS

if TYPE_CHECKING:
    from archcalc.importing.recording import HeldModule, Recording

    Made = Callable[[HeldModule], tuple[str, Mapping[str, object]]]

INFERRED = frozenset(
    (
        *("in_channels", "in_features", "num_features", "num_channels", "input_size", "in1_features"),
        *("in2_features", "dim", "embed_dim", "kdim", "vdim", "head_dim"),
    )
)
"""Arguments that say what arrives, which a kind infers."""
UNWRITTEN = frozenset(("inplace", "num_biases", "sparse", "scale_grad_by_freq"))
"""Arguments on which no number depends, and one that torch lacks."""
WEIGHT_NORM = "parametrizations.weight.original0"
SPECTRAL_NORM = "parametrizations.weight.original"
BIASES = ("bias", "in_proj_bias")


def _drop_path(module: "HeldModule") -> tuple[str, Mapping[str, object]]:
    rate = module.attributes.get("drop_prob", module.attributes.get("p", 0.0))
    return "StochasticDepth", {"p": rate, "mode": module.attributes.get("mode", "row")}


def _rms_norm(module: "HeldModule") -> tuple[str, Mapping[str, object]]:
    known = module.attributes
    eps = known.get("variance_epsilon", known.get("eps", known.get("epsilon")))
    return "RMSNorm", {} if eps is None else {"eps": eps}


def _transposed_linear(module: "HeldModule") -> tuple[str, Mapping[str, object]]:
    return "TransposedLinear", {"out_features": module.attributes["nf"]}


def _layer_scale(module: "HeldModule") -> tuple[str, Mapping[str, object]]:
    del module
    return "LayerScale", {}


CLASSES: Mapping[str, "Made"] = {
    "DropPath": _drop_path,
    "StochasticDepth": _drop_path,
    "Conv1D": _transposed_linear,
    "LayerScale": _layer_scale,
    "LayerScale2d": lambda _: ("LayerScale2d", {}),
    "NonDynamicallyQuantizableLinear": lambda module: (
        "Linear",
        {"out_features": module.attributes["out_features"]},
    ),
    "QuickGELUActivation": lambda _: ("QuickGELU", {}),
}
"""Class of another library than torch -> its kind and arguments."""


def recognised(module: "HeldModule", recording: "Recording", name: str) -> tuple[str, dict[str, object]]:
    """The kind of a module and its arguments, as far as its class says them.

    Raises:
        Untranslated: its class is no kind.
    """
    called = module.type.rpartition(".")[2]
    if called in CLASSES and not (module.type.startswith("torch.nn.") and called in KINDS):
        kind, arguments = CLASSES[called](module)
    elif called.endswith("RMSNorm") and not module.type.startswith("torch.nn."):
        kind, arguments = _rms_norm(module)
    elif called in KINDS:
        kind, arguments = called, _stated(module, called)
    else:
        raise Untranslated(f"there is no layer kind {called}")
    return kind, {**arguments, **by_tensors(kind, recording, name)}


def _stated(module: "HeldModule", kind: str) -> dict[str, object]:
    """The arguments of a kind that a module states under the same names."""
    known = module.attributes
    return {
        key: known[key]
        for key, default in defaults(kind).items()
        if key in known and key not in UNWRITTEN and not (key in INFERRED and default is None)
    }


def by_tensors(kind: str, recording: "Recording", name: str) -> dict[str, object]:
    """The arguments that the tensors of a module say: a bias, a parametrization."""
    fields, found = defaults(kind), dict[str, object]()
    before = f"{name}." if name else ""
    tensors = recording.tensors
    if "bias" in fields and f"{before}bias_ih_l0" not in tensors and f"{before}bias_ih" not in tensors:
        found["bias"] = any(f"{before}{bias}" in tensors for bias in BIASES)
    if "add_bias_kv" in fields:
        found["add_bias_kv"] = f"{before}bias_k" in tensors
    stated_axis = recording.modules[name].attributes.get("parametrizations.weight.dim", 0)
    if "parametrization" in fields and f"{before}{WEIGHT_NORM}" in tensors and stated_axis == 0:
        found["parametrization"] = "weight_norm"
    elif "parametrization" in fields and f"{before}{SPECTRAL_NORM}" in tensors:
        found["parametrization"] = "spectral_norm"
    if "affine" in fields:
        found["affine"] = f"{before}weight" in tensors
        if not found["affine"]:
            found.pop("bias", None)
    if "elementwise_affine" in fields:
        found["elementwise_affine"] = f"{before}weight" in tensors
        if not found["elementwise_affine"]:
            found.pop("bias", None)
    return found
