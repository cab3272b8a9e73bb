"""Calls of modules whose class is known: the kind of the same name, with the module's arguments."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archcalc.importing.reading.activations import counted_axis
from archcalc.importing.reading.named import named_layer, own_tensors
from archcalc.importing.reading.owned import first_name, tensor_full_name
from archcalc.importing.reading.parametrised import by_parameters
from archcalc.importing.reading.recognised import recognised
from archcalc.importing.reading.special import SPECIAL

if TYPE_CHECKING:
    from archcalc.importing.reading.draft import Draft, Nodes
    from archcalc.importing.recording import RecordedCall

ANYWHERE = frozenset(
    (
        *(
            "Linear",
            "TransposedLinear",
            "Bilinear",
            "Embedding",
            "LayerNorm",
            "RMSNorm",
            "Identity",
            "LayerScale",
        ),
        *(
            "Dropout",
            "AlphaDropout",
            "StochasticDepth",
            "ReLU",
            "ReLU6",
            "LeakyReLU",
            "ELU",
            "GELU",
            "QuickGELU",
        ),
        *("SiLU", "Mish", "Hardswish", "Hardsigmoid", "Sigmoid", "Tanh", "Softplus", "CELU", "SELU", "RReLU"),
        *("LogSigmoid", "Softsign", "Tanhshrink", "Hardshrink", "Softshrink", "Hardtanh", "Threshold"),
    )
)
"""Kinds that leave the batch alone wherever it stands."""
COUNTED = frozenset(("Softmax", "LogSoftmax", "Softmin", "GLU"))
"""Kinds whose ``dim`` counts the batch."""


def module_call(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """The layer that a module is."""
    name = call.module or ""
    kind, arguments = recognised(draft.recording.modules[name], draft.recording, name)
    other_axis = draft.recording.modules[name].attributes.get("parametrizations.weight.dim")
    if other_axis and kind != "Linear" and "parametrization" not in arguments:
        return by_parameters(draft, call, kind, arguments)
    if draft.bare and any(
        first_name(draft, tensor_full_name(name, own)) in draft.bare for own in own_tensors(draft, name)
    ):
        return by_parameters(draft, call, kind, arguments)
    if kind == "Identity":  # nothing comes of it
        draft.called.add(name)
        return draft.node(call.args[0])
    if kind in SPECIAL:
        return SPECIAL[kind](draft, call, arguments)
    return _plain(draft, call, kind, arguments)


def _plain(draft: "Draft", call: "RecordedCall", kind: str, arguments: Mapping[str, object]) -> "Nodes":
    """A module that takes one tensor (or several) and gives one."""
    given = [*call.args, *call.kwargs.values()]
    nodes = tuple(draft.node(each) for each in given if each is not None)
    written = dict(arguments)
    if kind in COUNTED:
        node, dim = nodes[0], written.get("dim", -1)
        if dim is None:
            dim = 0 if node.rank in (0, 1, 3) else 1
        written["dim"] = counted_axis(node.counted(dim), dim, len(node.shape))
    anywhere = kind in ANYWHERE or kind in COUNTED
    return named_layer(draft, call.module or "", kind, nodes, written, anywhere=anywhere)
