"""Folds of axes: sums, means, extremes, norms; and what runs along an axis."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.calls import GivenArguments, given, several
from archcalc.importing.reading.casting import cast_to, real_numbers
from archcalc.importing.reading.layouts import Untranslated, layout_of
from archcalc.importing.reading.reshaping import as_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.reading.layouts import Layout
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedArgument, RecordedCall


def _behind(draft: "Draft", node: "SampleNode", result: "RecordedArgument") -> "Layout":
    """The layout of a result."""
    return layout_of(draft.value(result).sizes, node.layout.outer)


def dims_of(node: "SampleNode", got: GivenArguments) -> dict[str, object]:
    """The axes that are folded, as a kind writes them.

    Raises:
        Untranslated: the batch is among them.
    """
    dims = got.get("dim", got.get("axis"))
    if dims is None or dims == ():
        if node.layout.axis is not None:
            raise Untranslated("it acts on the batch axis")
        return {}
    axes = node.axes(dims)
    last = len(node.shape)
    written = dims if isinstance(dims, tuple) else (dims,)
    shown = tuple(
        axis - last if isinstance(dim, int) and dim < 0 else axis
        for axis, dim in zip(axes, written, strict=True)
    )
    return {"dim": shown[0] if len(shown) == 1 else shown}


def keepdim_of(got: GivenArguments) -> dict[str, object]:
    """Whether folded axes stay with size 1."""
    return {"keepdim": True} if got.get("keepdim", False) else {}


def folded_axes(
    draft: "Draft", kind: str, node: "SampleNode", layout: "Layout", arguments: "Mapping[str, object]"
) -> "SampleNode":
    """A fold; what is a single number in the end is reshaped to be one."""
    dims = several(arguments.get("dim", tuple(range(len(node.shape)))))
    if len(dims) < len(node.shape) or arguments.get("keepdim"):
        return draft.add(kind, node, layout=layout, arguments=arguments)
    kept_all = draft.add(kind, node, layout=node.layout, arguments={**arguments, "keepdim": True})
    return as_shape(draft, kept_all, (), layout)


def _fold(kind: str, signature: str, *extra: str) -> "Translator":
    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, signature)
        node = draft.node(got.get("input"))
        dtype = got.get("dtype")
        node = cast_to(draft, node, dtype) if isinstance(dtype, str) else node
        more = {key: got.get(key) for key in extra if key in got}
        layout = _behind(draft, node, call.result)
        return folded_axes(draft, kind, node, layout, {**dims_of(node, got), **keepdim_of(got), **more})

    return translate


def _extreme(kind: str) -> "Translator":
    """torch.max, torch.min: of two tensors, or along an axis with the places."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        from archcalc.importing.reading.arithmetic import TABLE as ARITHMETIC

        got = given(call, "input dim keepdim")
        if "other" in call.kwargs or (len(call.args) > 1 and not isinstance(call.args[1], int)):
            return ARITHMETIC["maximum" if kind == "Max" else "minimum"](draft, call)
        node = draft.node(got.get("input"))
        if "dim" not in got and "axis" not in got:
            raise Untranslated("it acts on the batch axis")
        results = call.result if isinstance(call.result, tuple) else (call.result,)
        layout = _behind(draft, node, results[0])
        arguments = dims_of(node, got) | keepdim_of(got)
        facts, _ = draft.facts(kind, arguments, (node,), 0)
        values = draft.add(kind, node, layout=layout, arguments=arguments)
        return values, draft.output(facts, "indices", layout)

    return translate


def _largest(kind: str) -> "Translator":
    """torch.amax, torch.amin."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input dim keepdim")
        node = draft.node(got.get("input"))
        layout = _behind(draft, node, call.result)
        return folded_axes(draft, kind, node, layout, {**dims_of(node, got), **keepdim_of(got)})

    return translate


def _place_of(kind: str) -> "Translator":
    """torch.argmax, torch.argmin."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input dim keepdim")
        node = draft.node(got.get("input"))
        if "dim" not in got:
            raise Untranslated("it acts on the batch axis")
        layout = _behind(draft, node, call.result)
        return folded_axes(draft, kind, node, layout, {**dims_of(node, got), **keepdim_of(got)})

    return translate


def norm(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.norm(p, dim, keepdim), torch.linalg.norm, torch.linalg.vector_norm."""
    linear = "linalg" in call.op
    got = given(call, "input ord dim keepdim" if linear else "input p dim keepdim")
    node = draft.node(got.get("input", got.get("x", got.get("A"))))
    order = got.get("ord" if linear else "p", 2)
    order = 2 if order in ("fro", None) else order
    if not isinstance(order, int | float):
        raise Untranslated(f"a norm {order}")
    layout = _behind(draft, node, call.result)
    return folded_axes(
        draft, "Norm", node, layout, {"p": float(order), **dims_of(node, got), **keepdim_of(got)}
    )


def _spread(kind: str) -> "Translator":
    """torch.var, torch.std."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        by_truth = len(call.args) > 2 and isinstance(call.args[2], bool)  # noqa: PLR2004  input, dim, unbiased
        got = given(call, "input dim unbiased keepdim" if by_truth else "input dim")
        node = draft.node(got.get("input"))
        correction = got.get("correction", int(bool(got.get("unbiased", True))))
        layout = _behind(draft, node, call.result)
        arguments = dims_of(node, got) | keepdim_of(got)
        return folded_axes(draft, kind, node, layout, {**arguments, "correction": correction})

    return translate


def normalized(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.normalize."""
    got = given(call, "input p dim eps")
    node = draft.node(got.get("input"))
    dim = got.get("dim", 1)
    more = {key: float(got.number(key)) for key in ("p", "eps") if key in got}
    axes = dims_of(node, GivenArguments({"dim": dim}))
    return draft.add("Normalize", node, arguments={**axes, **more})


def top(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.topk."""
    got = given(call, "input k dim largest sorted")
    node = draft.node(got.get("input"))
    arguments: dict[str, object] = {"k": got.integer("k")}
    dim = got.get("dim", -1)
    arguments |= dims_of(node, GivenArguments({"dim": dim}))
    facts, _ = draft.facts("TopK", arguments, (node,), 0)
    values = draft.add("TopK", node, arguments=arguments)
    return values, draft.output(facts, "indices", node.layout)


def _along(kind: str) -> "Translator":
    """torch.cumsum and the like."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input dim")
        node = draft.node(got.get("input"))
        dtype = got.get("dtype")
        node = cast_to(draft, node, dtype) if isinstance(dtype, str) else node
        return draft.add(kind, node, arguments=dims_of(node, GivenArguments({"dim": got.get("dim")})))

    return translate


def log_sum(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.logsumexp."""
    got = given(call, "input dim keepdim")
    node = real_numbers(draft, draft.node(got.get("input")))
    layout = _behind(draft, node, call.result)
    total = draft.add(
        "Sum", draft.add("Exp", node), layout=layout, arguments={**dims_of(node, got), **keepdim_of(got)}
    )
    return draft.add("Log", total)


TABLE: "Mapping[str, Translator]" = {
    "mean": _fold("Mean", "input dim keepdim"),
    "sum": _fold("Sum", "input dim keepdim"),
    "max": _extreme("Max"),
    "min": _extreme("Min"),
    "amax": _largest("Max"),
    "amin": _largest("Min"),
    "argmax": _place_of("Argmax"),
    "argmin": _place_of("Argmin"),
    "norm": norm,
    "linalg.norm": norm,
    "linalg.vector_norm": norm,
    "var": _spread("Var"),
    "std": _spread("Std"),
    "normalize": normalized,
    "topk": top,
    "cumsum": _along("Cumsum"),
    "logsumexp": log_sum,
    "any": _fold("Any", "input dim keepdim"),
    "all": _fold("All", "input dim keepdim"),
}
