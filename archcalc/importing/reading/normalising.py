"""Normalisations, pools and resizing of torch.nn.functional."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.applying import applied
from archcalc.importing.reading.broadcasting import merged_by
from archcalc.importing.reading.calls import GivenArguments, given, several
from archcalc.importing.reading.layouts import Untranslated
from archcalc.importing.reading.owned import owned_layer
from archcalc.importing.reading.reshaping import as_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedArgument, RecordedCall


def layer_norm(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.layer_norm, F.rms_norm."""
    rms = "rms_norm" in call.op
    got = given(
        call, "input normalized_shape weight eps" if rms else "input normalized_shape weight bias eps"
    )
    node = draft.node(got.get("input"))
    sizes = got.get("normalized_shape")
    normalized = several(sizes)
    if node.layout.axis is not None and node.layout.axis >= node.rank - len(normalized):
        raise Untranslated("it acts on the batch axis")
    arguments: dict[str, object] = {"normalized_shape": normalized} if len(normalized) > 1 else {}
    arguments |= {"eps": got.get("eps")} if "eps" in got else {}
    kind = "RMSNorm" if rms else "LayerNorm"
    if got.get("weight") is None and got.get("bias") is None:
        return draft.add(kind, node, arguments={"elementwise_affine": False, **arguments})
    weights = {"weight": got.get("weight")} | ({} if rms else {"bias": got.get("bias")})
    mark = draft.mark()
    try:
        more = {} if rms else {"bias": got.get("bias") is not None}
        return owned_layer(draft, kind, (node,), weights, arguments={**arguments, **more})
    except Untranslated:
        draft.undo(mark)
    found = draft.add(kind, node, arguments={"elementwise_affine": False, **arguments})
    return scaled_and_shifted(draft, call, found, got)


def scaled_and_shifted(
    draft: "Draft",
    call: "RecordedCall",
    node: "SampleNode",
    got: GivenArguments,
    channels_first: bool = False,  # noqa: FBT001, FBT002  where they stand
) -> "SampleNode":
    """A scale and a shift whose tensors arrive."""
    for key, kind in (("weight", "Multiply"), ("bias", "Add")):
        if key in got:
            tensor = draft.node(got.get(key))
            if channels_first:
                tensor = as_shape(draft, tensor, (*tensor.shape, *(1,) * (node.rank - 2)), tensor.layout)
            node = merged_by(draft, call, kind, node, tensor)
    return node


def group_norm(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.group_norm."""
    got = given(call, "input num_groups weight bias eps")
    node = draft.node(got.get("input"))
    arguments: dict[str, object] = {"num_groups": got.integer("num_groups")}
    arguments |= {"eps": got.get("eps")} if "eps" in got else {}
    weights = {"weight": got.get("weight"), "bias": got.get("bias")}
    if not any(weights.values()):
        return applied(draft, "GroupNorm", node, arguments={"affine": False, **arguments})
    mark = draft.mark()
    try:
        return owned_layer(
            *(draft, "GroupNorm", (node,), weights),
            whole_batch=False,
            arguments={"bias": weights["bias"] is not None, **arguments},
        )
    except Untranslated:
        draft.undo(mark)
    found = applied(draft, "GroupNorm", node, arguments={"affine": False, **arguments})
    return scaled_and_shifted(draft, call, found, got, channels_first=True)


def batch_norm(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.batch_norm, with the tensors of a module."""
    got = given(call, "input running_mean running_var weight bias training momentum eps")
    node = draft.node(got.get("input"))
    if node.layout.axis is None and "running_mean" not in got and node.shape[0] == 1:
        return _standardised(draft, call, node, got)
    rank = max(node.rank - 2, 1)
    keys = ("weight", "bias", "running_mean", "running_var")
    weights = {key: got.get(key) for key in keys if key in got}
    return owned_layer(
        *(draft, f"BatchNorm{rank}d", (node,), weights),
        whole_batch=False,
        arguments={
            "affine": "weight" in got,
            "bias": "bias" in got,
            **{key: got.get(key) for key in ("momentum", "eps") if key in got},
        },
    )


def _standardised(
    draft: "Draft", call: "RecordedCall", node: "SampleNode", got: GivenArguments
) -> "SampleNode":
    """Every channel of a single sample with mean 0 and variance 1, as weights are standardised."""
    eps = {"eps": got.get("eps")} if "eps" in got else {}
    sizes = node.shape[2:]
    shape = {"normalized_shape": sizes} if len(sizes) > 1 else {}
    found = draft.add("LayerNorm", node, arguments={"elementwise_affine": False, **shape, **eps})
    return scaled_and_shifted(draft, call, found, got, channels_first=True)


def instance_norm(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.instance_norm without running statistics."""
    got = given(call, "input running_mean running_var weight bias use_input_stats momentum eps")
    node = draft.node(got.get("input"))
    if "running_mean" in got:
        raise Untranslated("running statistics of a function")
    kind, eps = f"InstanceNorm{node.rank - 2}d", {"eps": got.get("eps")} if "eps" in got else {}
    if "weight" not in got:
        return applied(draft, kind, node, arguments=eps)
    weights = {"weight": got.get("weight"), "bias": got.get("bias")}
    return owned_layer(
        draft,
        kind,
        (node,),
        weights,
        whole_batch=False,
        arguments={"affine": True, "bias": "bias" in got, **eps},
    )


POOLS = {
    "max_pool": "kernel_size stride padding dilation ceil_mode return_indices",
    "avg_pool": "kernel_size stride padding ceil_mode count_include_pad divisor_override",
    "lp_pool": "norm_type kernel_size stride ceil_mode",
    "adaptive_avg_pool": "output_size",
    "adaptive_max_pool": "output_size return_indices",
}
"""Function without its rank -> its arguments, which are the kind's too."""
KINDS = {
    "max_pool": "MaxPool",
    "avg_pool": "AvgPool",
    "lp_pool": "LPPool",
    "adaptive_avg_pool": "AdaptiveAvgPool",
    "adaptive_max_pool": "AdaptiveMaxPool",
}


def _pool(name: str, rank: int) -> "Translator":
    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, f"input {POOLS[name]}")
        arguments = {key: got.get(key) for key in POOLS[name].split() if key in got and got.get(key) != ()}
        if isinstance(call.result, tuple):
            arguments["return_indices"] = True
        return _pooled(draft, call, f"{KINDS[name]}{rank}d", draft.node(got.get("input")), arguments)

    return translate


def _pooled(
    draft: "Draft",
    call: "RecordedCall",
    kind: str,
    node: "SampleNode",
    arguments: "Mapping[str, RecordedArgument]",
) -> "Nodes":
    """A pool, and the places of the largest numbers where they are asked for."""
    sizes = arguments.get("output_size")
    given_sizes: dict[str, object] = {key: value for key, value in arguments.items() if key != "output_size"}
    if "output_size" in arguments:
        given_sizes["output_size"] = sizes
    stride, kernel = given_sizes.get("stride"), given_sizes.get("kernel_size")
    if stride is not None and same_sizes(stride, kernel):
        del given_sizes["stride"]
    found = applied(draft, kind, node, arguments=given_sizes)
    if not isinstance(call.result, tuple):
        return found
    from dataclasses import replace

    from archcalc.importing.program import Read

    places = replace(
        found, read=Read(found.read.step, "indices"), tensor=replace(found.tensor, dtype="int64")
    )
    return found, places


def same_sizes(one: object, other: object) -> bool:
    """Whether numbers per axis are those of another argument."""
    mine, theirs = several(one), several(other)
    if len(mine) == len(theirs):
        return mine == theirs
    longer, single = (mine, theirs) if len(mine) > len(theirs) else (theirs, mine)
    return len(single) == 1 and all(each == single[0] for each in longer)


def interpolated(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.interpolate."""
    got = given(call, "input size scale_factor mode align_corners recompute_scale_factor antialias")
    node = draft.node(got.get("input"))
    arguments: dict[str, object] = {
        key: got.get(key)
        for key in ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor")
        if key in got
    }
    if "scale_factor" in arguments:
        factors = [
            float(each) for each in several(arguments["scale_factor"]) if isinstance(each, int | float)
        ]
        arguments["scale_factor"] = factors[0] if len(factors) == 1 else tuple(factors)
    if arguments.get("align_corners") is False:
        del arguments["align_corners"]
    return applied(draft, "Upsample", node, arguments=arguments)


def local_response(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.local_response_norm."""
    keys = "size alpha beta k"
    got = given(call, f"input {keys}")
    return applied(
        draft,
        "LocalResponseNorm",
        draft.node(got.get("input")),
        arguments={key: got.get(key) for key in keys.split() if key in got},
    )


TABLE: "Mapping[str, Translator]" = {
    "layer_norm": layer_norm,
    "rms_norm": layer_norm,
    "group_norm": group_norm,
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "interpolate": interpolated,
    "upsample": interpolated,
    "local_response_norm": local_response,
    **{f"{name}{rank}d": _pool(name, rank) for name in POOLS for rank in (1, 2, 3)},
    **{f"{name}{rank}d_with_indices": _pool(name, rank) for name in ("max_pool",) for rank in (1, 2, 3)},
}
