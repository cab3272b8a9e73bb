"""Functions of torch that are several layers: what they are made of by their definitions."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import common_layout, fitted_in
from archcalc.importing.reading.calls import GivenArguments, given
from archcalc.importing.reading.casting import cast_to
from archcalc.importing.reading.layouts import Untranslated, layout_of
from archcalc.importing.reading.reductions import dims_of, folded_axes, keepdim_of
from archcalc.importing.reading.reshaping import as_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedCall


def cosine_similarity(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.cosine_similarity: the product of two directions."""
    got = given(call, "x1 x2 dim eps")
    ends = [draft.node(got.get(name)) for name in ("x1", "x2")]
    rank = max(node.rank for node in ends)
    layout = common_layout(rank, tuple(ends))
    dim = dims_of(ends[0], GivenArguments({"dim": got.get("dim", 1)}))
    directions = [draft.add("Normalize", node, arguments=dim) for node in ends]
    ready = [fitted_in(draft, node, rank, layout) for node in directions]
    product = draft.add("Multiply", *ready, layout=layout)
    behind = layout_of(draft.value(call.result).sizes, layout.outer)
    return draft.add("Sum", product, layout=behind, arguments=dim)


def spread_and_mean(kind: str) -> "Translator":
    """torch.var_mean, torch.std_mean."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input dim")
        node = draft.node(got.get("input"))
        if not isinstance(call.result, tuple):
            raise Untranslated("one tensor came back")
        correction = got.get("correction", int(bool(got.get("unbiased", True))))
        layout = layout_of(draft.value(call.result[0]).sizes, node.layout.outer)
        arguments = dims_of(node, got) | keepdim_of(got)
        spread = draft.add(kind, node, layout=layout, arguments={**arguments, "correction": correction})
        return spread, draft.add("Mean", node, layout=layout, arguments=arguments)

    return translate


def pairwise_distance(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.pairwise_distance: the norm of what two tensors differ by, along the last axis."""
    got = given(call, "x1 x2 p eps keepdim")
    ends = [draft.node(got.get(name)) for name in ("x1", "x2")]
    rank = max(node.rank for node in ends)
    layout = common_layout(rank, tuple(ends))
    ready = [fitted_in(draft, node, rank, layout) for node in ends]
    apart = draft.add("Subtract", *ready, layout=layout)
    eps = float(got.number("eps", 1e-6))
    apart = draft.add("Offset", apart, arguments={"value": eps}) if eps else apart
    dim = dims_of(apart, GivenArguments({"dim": -1}))
    behind = layout_of(draft.value(call.result).sizes, layout.outer)
    arguments = {"p": float(got.number("p", 2.0)), **dim, **keepdim_of(got)}
    return folded_axes(draft, "Norm", apart, behind, arguments)


def weight_norm(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """A weight that is a length g times the direction v / |v|, as torch.nn.utils.weight_norm makes it."""
    got = given(call, "v g dim")
    direction, length, dim = draft.node(got.get("v")), draft.node(got.get("g")), got.integer("dim", 0)
    axes = len(direction.shape)
    others = tuple(axis for axis in range(axes) if dim == -1 or axis != dim % axes)
    norm = draft.add("Norm", direction, arguments={"dim": others, "keepdim": True})
    return draft.add("Multiply", draft.add("Divide", direction, norm), length)


def one_hot(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.one_hot: where a row of 0, 1, 2 ... is the number."""
    got = given(call, "tensor num_classes")
    node, count = draft.node(got.get("tensor")), got.integer("num_classes", -1)
    if count < 0:
        raise Untranslated("as many classes as the numbers say")
    wide = as_shape(draft, node, (*node.shape, 1), node.layout)
    return cast_to(draft, _equal_to_range(draft, wide, count), "int64")


def _equal_to_range(draft: "Draft", node: "SampleNode", count: int, behind: int = 0) -> "SampleNode":
    """Which of 0 .. count - 1 a number is, along an axis of size 1 that has so many axes behind it."""
    form = {"form": "range"} if count > 1 else {"form": "fill", "value": 0.0}
    numbers = draft.add("Constant", arguments={"shape": (count,), "dtype": node.dtype, **form})
    wide = as_shape(draft, numbers, (count, *(1,) * behind), numbers.layout) if behind else numbers
    return draft.add("Compare", node, wide, arguments={"op": "eq"})


def scattered(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.scatter(dim, index, c) of a tensor of one number: c where some index says so, else that number."""
    got = given(call, "input dim index src")
    base = draft.value(got.get("input")).content
    number, index = draft.scalar(got.get("src", got.get("value"))), draft.node(got.get("index"))
    if base is None or base.form != "fill" or base.detail is None or number is None:
        raise Untranslated("it writes tensors where a tensor says so")
    axis = index.axis(got.get("dim"))
    shape, value = index.shape, draft.value(call.result)
    count = value.sizes[got.integer("dim")]
    if not isinstance(count, int):
        raise Untranslated("it acts on the batch axis")
    behind = len(shape) - axis - 1
    # (a, k, b) -> (a, k, 1, b), beside 0 .. n - 1 along the new axis, of which any k may be it.
    wide = as_shape(draft, index, (*shape[: axis + 1], 1, *shape[axis + 1 :]), index.layout)
    places = cast_to(draft, _equal_to_range(draft, wide, count, behind), value.dtype)
    found = draft.add(
        "Max", places, layout=layout_of(value.sizes, index.layout.outer), arguments={"dim": axis}
    )
    scaled = draft.add("Scale", found, arguments={"factor": number - base.detail})
    return draft.add("Offset", scaled, arguments={"value": base.detail}) if base.detail else scaled


def tensordot(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.tensordot over one axis or several, as the equation that it is."""
    from archcalc.importing.reading.products import LETTERS

    got = given(call, "a b dims")
    left, right, dims = draft.node(got.get("a")), draft.node(got.get("b")), got.get("dims", 2)
    if right.layout.axis is not None or left.layout.axis is None:
        raise Untranslated("a tensordot with the batch in its second operand")
    if isinstance(dims, int):
        dims = (tuple(range(left.rank - dims, left.rank)), tuple(range(dims)))
    if not isinstance(dims, tuple) or len(dims) != 2:  # noqa: PLR2004  of both operands
        raise Untranslated(f"dims {dims}")
    mine, theirs = left.axes(dims[0]), right.axes(dims[1])
    letters = LETTERS[: len(left.shape)]
    others = iter(LETTERS[len(left.shape) :])
    paired = dict(zip(theirs, (letters[axis] for axis in mine), strict=True))
    second = "".join(paired.get(axis) or next(others) for axis in range(len(right.shape)))
    kept_letters = "".join(letters[axis] for axis in range(len(letters)) if axis not in mine)
    result = kept_letters + "".join(letter for axis, letter in enumerate(second) if axis not in theirs)
    layout = layout_of(draft.value(call.result).sizes, left.layout.outer)
    return draft.add(
        "Einsum", left, right, layout=layout, arguments={"equation": f"{letters},{second}->{result}"}
    )


TABLE: "Mapping[str, Translator]" = {
    "cosine_similarity": cosine_similarity,
    "pairwise_distance": pairwise_distance,
    "_weight_norm": weight_norm,
    "var_mean": spread_and_mean("Var"),
    "std_mean": spread_and_mean("Std"),
    "one_hot": one_hot,
    "scatter": scattered,
    "tensordot": tensordot,
}
