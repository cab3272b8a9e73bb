"""The exported file: what it is, its imports, what torch lacks, and its classes."""

from typing import TYPE_CHECKING

from archcalc.exporting.pieces import names_of, needed
from archcalc.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.exporting.classes import Class
    from archcalc.tracing import Trace

STANDARD = {
    "OrderedDict": "from collections import OrderedDict",
    "Sequence": "from collections.abc import Sequence",
    "math": "import math",
}
"""Names of the standard library that a file may use."""
LIBRARIES = {
    "torch_geometric.nn": (
        *(
            "ChebConv",
            "GATConv",
            "GATv2Conv",
            "GCNConv",
            "GINConv",
            "RGCNConv",
            "SAGEConv",
            "TransformerConv",
        ),
    ),
    "torchvision.ops": ("DeformConv2d", "FrozenBatchNorm2d", "RoIAlign"),
    "torchvision.models.swin_transformer": ("ShiftedWindowAttention",),
    "transformers.models.mamba.configuration_mamba": ("MambaConfig",),
    "transformers.models.mamba.modeling_mamba": ("MambaMixer",),
}
"""Libraries beside torch whose layers some kinds are."""
TORCH = ("Tensor", "nn")


def assembled(trace: "Trace", classes: "Sequence[Class]") -> str:
    """The text of the file.

    Args:
        trace: the network.
        classes: each behind those that it uses, the network last.
    """
    texts = ["\n".join(each.text()) for each in classes]
    code = "\n\n\n".join(texts)
    parts = [*needed(code), code]
    body = "\n\n\n".join(parts)
    imports = "\n".join(_imports(names_of(body) | _strings(body)))
    return f"{_head(trace)}\n{_remark(trace)}\n{imports}\n\n\n{body}\n"


def _remark(trace: "Trace") -> str:
    """What the file leaves to the training script: first weights that the spec asks for."""
    asked = [layer for layer in trace.layers if layer.init and layer.facts.weights]
    if not asked:
        return ""
    first, ways = asked[0], " and ".join(dict.fromkeys(layer.init for layer in asked))
    more = f" and {len(asked) - 1:,} more layers" if len(asked) > 1 else ""
    return f"\n# Weights begin as torch draws them: the spec asks for {ways} in {first.name}{more}.\n"


def _strings(body: str) -> set[str]:
    return {name for name in ("math",) if f"{name}." in body}


def _head(trace: "Trace") -> str:
    """The network in a sentence."""
    given = ", ".join(f"{name} {_batch(tensor.shape)}" for name, tensor in trace.inputs.items())
    made = ", ".join(_batch(port.tensor.shape) for port in trace.outputs)
    text = f'"""{trace.model}: {given} -> {made}."""'
    name = one_line(trace.model.replace("\\", "/").replace('"', "'"))
    return text.replace(trace.model, name) if len(text) <= 88 else f'"""{name}."""'  # noqa: PLR2004  the width of the file


def _batch(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['N', *map(str, shape)])})"


def _imports(used: set[str]) -> "Iterator[str]":
    """The imports in the usual order: the standard library, then all others."""
    standard = sorted(
        (line for name, line in STANDARD.items() if name in used),
        key=lambda line: (line.startswith("from"), line),
    )
    yield from standard
    typing = [name for name in ("Any", "Literal", "cast") if name in used]
    if typing:
        yield f"from typing import {', '.join(typing)}"
    if standard or typing:
        yield ""
    if "torch" in used:
        yield "import torch"
    if "F" in used:
        yield "import torch.nn.functional as F"
    names = [name for name in TORCH if name in used]
    if names:
        yield f"from torch import {', '.join(names)}"
    if "parametrizations" in used:
        yield "from torch.nn.utils import parametrizations"
    for module, known in LIBRARIES.items():
        found = [name for name in known if name in used]
        if found:
            ignored = "" if module.startswith("transformers") else "  # type: ignore[import-untyped]"
            yield f"from {module} import {', '.join(found)}{ignored}"
