"""Modules whose tensors something else uses too, or which are calculated: their function, with Parameters."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archcalc.importing.reading.applying import applied
from archcalc.importing.reading.broadcasting import common_layout, fitted_in
from archcalc.importing.reading.indexing import rows
from archcalc.importing.reading.layouts import UNBATCHED, Untranslated
from archcalc.importing.reading.owned import tensor_full_name
from archcalc.importing.reading.sources import held

if TYPE_CHECKING:
    from archcalc.importing.reading.draft import Draft
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedCall

CONVOLUTIONS = ("Conv1d", "Conv2d", "Conv3d")
SLIDING = ("stride", "padding", "dilation", "groups")


def by_parameters(
    draft: "Draft", call: "RecordedCall", kind: str, arguments: Mapping[str, object]
) -> "SampleNode":
    """The function that a module is, of Parameters under the names of its tensors.

    Raises:
        Untranslated: there is none.
    """
    name, node = call.module or "", draft.node(call.args[0])
    draft.called.add(name)
    bias = [tensor(draft, name, "bias")] if tensor_full_name(name, "bias") in draft.recording.tensors else []
    if kind == "Linear":
        return draft.add("FunctionalLinear", node, weight(draft, name), *bias)
    if kind == "Embedding":
        return rows(draft, weight(draft, name), node)
    if kind in CONVOLUTIONS and arguments.get("padding_mode", "zeros") == "zeros":
        more = {key: arguments[key] for key in SLIDING}
        return applied(draft, f"Functional{kind}", node, weight(draft, name), *bias, arguments=more)
    if kind in ("LayerNorm", "RMSNorm"):
        eps = {"eps": arguments["eps"]} if "eps" in arguments else {}
        found = draft.add(kind, node, arguments={"elementwise_affine": False, **eps})
        for merge, each in zip(("Multiply", "Add"), (weight(draft, name), *bias), strict=False):
            layout = common_layout(node.rank, (found, each))
            found = draft.add(merge, found, fitted_in(draft, each, node.rank, layout), layout=layout)
        return found
    raise Untranslated(f"the tensors of this {kind} are used by themselves too")


def tensor(draft: "Draft", module: str, own: str) -> "SampleNode":
    """A parameter of a module."""
    return held(draft, tensor_full_name(module, own))


def weight(draft: "Draft", module: str) -> "SampleNode":
    """The weight of a module; one with a norm of its own is calculated.

    Length g times the direction v / |v|, along an axis (torch.nn.utils.parametrizations.weight_norm).
    """
    attributes = draft.recording.modules[module].attributes
    axis = attributes.get("parametrizations.weight.dim")
    if not isinstance(axis, int):
        return tensor(draft, module, "weight")
    length, direction = (tensor(draft, module, f"parametrizations.weight.original{i}") for i in (0, 1))
    others = tuple(place for place in range(len(direction.shape)) if place != axis % len(direction.shape))
    norm = draft.add("Norm", direction, layout=UNBATCHED, arguments={"dim": others, "keepdim": True})
    return draft.add("Multiply", draft.add("Divide", direction, norm), length)
