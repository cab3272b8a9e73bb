"""Products of matrices, and the layers whose weights arrive as tensors."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import fitted_in, merged_by
from archcalc.importing.reading.calls import as_list, given
from archcalc.importing.reading.indexing import rows
from archcalc.importing.reading.layouts import Layout, Untranslated, layout_of
from archcalc.importing.reading.nodes import SampleNode
from archcalc.importing.reading.owned import owned_layer
from archcalc.importing.reading.reductions import folded_axes
from archcalc.importing.reading.reshaping import as_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import RecordedCall

MATRIX = 2
"""Axes of a matrix."""


def linear(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.linear: the Linear whose weights it got, or one whose weights arrive."""
    got = given(call, "input weight bias")
    node = draft.node(got.get("input"))
    weights = {"weight": got.get("weight"), "bias": got.get("bias")}
    width = draft.value(got.get("weight")).sizes[0]
    mark = draft.mark()
    try:
        bias = weights["bias"] is not None
        return owned_layer(draft, "Linear", (node,), weights, arguments={"out_features": width, "bias": bias})
    except Untranslated:
        draft.undo(mark)
    tensors = [draft.node(each) for each in weights.values() if each is not None]
    return draft.add("FunctionalLinear", node, *tensors)


def _matmul(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """X @ y."""
    got = given(call, "input other")
    left, right = (
        got.get("input", got.get("self")),
        got.get("other", got.get("mat2", got.get("vec", got.get("tensor")))),
    )
    if call.op.endswith("rmatmul__"):
        left, right = right, left
    return _multiplied(draft, call, draft.node(left), draft.node(right))


def _multiplied(draft: "Draft", call: "RecordedCall", left: SampleNode, right: SampleNode) -> SampleNode:
    """The product of two tensors, as torch pairs their axes."""
    sizes = draft.value(call.result).sizes
    if right.layout.axis is None and right.rank <= MATRIX and left.layout.axis is not None:
        return _by_weight(draft, left, right)
    if right.rank == 1 and left.layout.axis is None:
        product = draft.add("Multiply", left, right)
        return folded_axes(draft, "Sum", product, product.layout, {"dim": -1})
    if min(left.rank, right.rank) < MATRIX:
        raise Untranslated("a product with a vector")
    outer = next((node.layout.outer for node in (left, right) if node.layout.merged), 1)
    layout = layout_of(sizes, outer)
    rank = max(left.rank, right.rank)
    if layout.axis is not None and layout.axis >= rank - MATRIX:
        return _by_rows(draft, left, right, layout)
    ready = [fitted_in(draft, node, rank, layout) for node in (left, right)]
    return draft.add("MatMul", *ready, layout=layout)


def _by_rows(draft: "Draft", left: SampleNode, right: SampleNode, layout: Layout) -> SampleNode:
    """A product whose rows are samples, with matrices that are one for all of these."""
    if right.layout.axis is not None or left.layout != layout or layout.axis != left.rank - MATRIX:
        raise Untranslated("the batch is an axis of the matrices")
    if layout.merged:
        return draft.add("MatMul", left, right, layout=layout)
    shape = left.shape
    rows = as_shape(draft, left, (*shape[:-1], 1, shape[-1]), layout)
    found = draft.add("MatMul", rows, right, layout=layout)
    return as_shape(draft, found, (*found.shape[:-2], found.shape[-1]), layout)


def _by_weight(draft: "Draft", left: SampleNode, right: SampleNode) -> SampleNode:
    """X W of a matrix (or vector) that is one for all samples."""
    if right.rank == 1:
        row = as_shape(draft, right, (1, *right.shape), right.layout)
        found = draft.add("FunctionalLinear", left, row)
        layout = left.layout
        return as_shape(draft, found, found.shape[:-1], layout)
    return draft.add("FunctionalLinear", left, _transposed(draft, right))


def _transposed(draft: "Draft", matrix: SampleNode) -> SampleNode:
    """A matrix with its axes swapped; one that was swapped just now as it was before."""
    number = matrix.read.step
    if number is not None and draft.steps[number].kind == "Transpose":
        before = draft.steps[number].reads[0]
        found = next((node for node in draft.nodes.values() if node.read == before), None)
        if found is not None and len(found.shape) == MATRIX:
            return found
    return draft.add("Transpose", matrix, arguments={"dim0": 0, "dim1": 1})


def addmm(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """Beta input + alpha mat1 mat2 (torch.addmm, baddbmm)."""
    got = given(call, "input mat1 mat2")
    if "batch1" in call.kwargs:
        got = given(call, "input batch1 batch2")
    pair = [
        draft.node(got.get(each)) for each in (("batch1", "batch2") if "batch1" in got else ("mat1", "mat2"))
    ]
    product = _multiplied(draft, call, *pair)
    alpha = got.number("alpha", 1)
    product = draft.add("Scale", product, arguments={"factor": float(alpha)}) if alpha != 1 else product
    beta = got.number("beta", 1)
    if not beta:
        return product
    added = draft.node(got.get("input"))
    if beta != 1:
        added = draft.add("Scale", added, arguments={"factor": float(beta)})
    return merged_by(draft, call, "Add", product, added)


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def einsum(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.einsum, without the batch's letter."""
    equation, *rest = call.args
    operands = as_list(tuple(rest))
    if not isinstance(equation, str):
        raise Untranslated("einsum without an equation")
    nodes = [draft.node(each) for each in operands]
    terms, result = spelled(equation.replace(" ", ""), [node.rank for node in nodes])
    letters = {
        term[node.layout.axis]
        for term, node in zip(terms, nodes, strict=True)
        if node.layout.axis is not None and node.layout.alone
    }
    if len(letters) > 1:
        raise Untranslated("the batch has several letters")
    letter = next(iter(letters), "")
    if letter and letter not in result:
        raise Untranslated("it sums over the batch")
    for term, node in zip(terms, nodes, strict=True):
        if letter and node.layout.axis is None and letter in term:
            raise Untranslated("the batch meets what is one for all samples")
    outer = next((node.layout.outer for node in nodes if node.layout.merged), 1)
    layout = layout_of(draft.value(call.result).sizes, outer)
    inner = ",".join(term.replace(letter, "") for term in terms) + "->" + result.replace(letter, "")
    return draft.add("Einsum", *nodes, layout=layout, arguments={"equation": inner})


def spelled(equation: str, ranks: list[int]) -> tuple[list[str], str]:
    """The letters of every operand and of the result, dots written out."""
    left, arrow, result = equation.partition("->")
    terms = left.split(",")
    free = [letter for letter in LETTERS if letter not in equation]
    dotted = [
        rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True) if "..." in term
    ]
    spare = "".join(free[: max(dotted, default=0)])
    written = [
        term.replace(
            "...", spare[len(spare) - (rank - len(term.replace("...", ""))) :] if "..." in term else ""
        )
        for term, rank in zip(terms, ranks, strict=True)
    ]
    if not arrow:
        letters = sorted(left.replace(",", "").replace(".", ""))
        result = ("..." if "..." in left else "") + "".join(
            letter for letter in letters if letters.count(letter) == 1
        )
    return written, result.replace("...", spare)


CONVOLUTIONS = {f"conv{rank}d": (f"Conv{rank}d", f"FunctionalConv{rank}d") for rank in (1, 2, 3)}
SLIDING = "input weight bias stride padding dilation groups"


def _convolution(name: str) -> "Translator":
    kind, functional = CONVOLUTIONS[name]

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        from archcalc.importing.reading.applying import applied

        got = given(call, SLIDING)
        node = draft.node(got.get("input"))
        weights = {"weight": got.get("weight"), "bias": got.get("bias")}
        arguments = {key: got.get(key) for key in ("stride", "padding", "dilation", "groups") if key in got}
        sizes = draft.value(got.get("weight")).sizes
        mark = draft.mark()
        try:
            return owned_layer(
                *(draft, kind, (node,), weights),
                whole_batch=False,
                arguments={
                    "out_channels": sizes[0],
                    "kernel_size": sizes[2:],
                    "bias": weights["bias"] is not None,
                    **arguments,
                },
            )
        except Untranslated:
            draft.undo(mark)
        tensors = [draft.node(each) for each in weights.values() if each is not None]
        if node.layout.merged and node.layout.axis == 1 and sizes[0] == node.layout.inside:
            raise Untranslated("the channels hold the batch")
        return applied(draft, functional, node, *tensors, arguments=arguments)

    return translate


def _transposed_convolution(rank: int) -> "Translator":
    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input weight bias stride padding output_padding groups dilation")
        node = draft.node(got.get("input"))
        weights = {"weight": got.get("weight"), "bias": got.get("bias")}
        sizes = draft.value(got.get("weight")).sizes
        keys = ("stride", "padding", "output_padding", "groups", "dilation")
        groups = got.integer("groups", 1)
        width = sizes[1]
        if not isinstance(width, int):
            raise Untranslated("weights that grow with the batch")
        return owned_layer(
            *(draft, f"ConvTranspose{rank}d", (node,), weights),
            whole_batch=False,
            arguments={
                "out_channels": width * groups,
                "kernel_size": sizes[2:],
                "bias": weights["bias"] is not None,
                **{key: got.get(key) for key in keys if key in got},
            },
        )

    return translate


def bilinear(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.bilinear."""
    got = given(call, "input1 input2 weight bias")
    nodes = draft.node(got.get("input1")), draft.node(got.get("input2"))
    weights = {"weight": got.get("weight"), "bias": got.get("bias")}
    width = draft.value(got.get("weight")).sizes[0]
    return owned_layer(
        draft,
        "Bilinear",
        nodes,
        weights,
        arguments={"out_features": width, "bias": weights["bias"] is not None},
    )


def embedding(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.embedding."""
    got = given(call, "input weight padding_idx max_norm norm_type scale_grad_by_freq sparse")
    node = draft.node(got.get("input"))
    sizes = draft.value(got.get("weight")).sizes
    more: dict[str, object] = {
        key: got.get(key) for key in ("padding_idx", "max_norm", "norm_type") if key in got
    }
    weights = {"weight": got.get("weight")}
    mark = draft.mark()
    try:
        return owned_layer(
            *(draft, "Embedding", (node,), weights),
            arguments={"num_embeddings": sizes[0], "embedding_dim": sizes[1], **more},
        )
    except Untranslated:
        draft.undo(mark)
    return rows(draft, draft.node(got.get("weight")), node)


def outer_product(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.outer of what is one for all samples."""
    left, right = (draft.node(each) for each in call.args[:2])
    if left.layout.axis is not None or right.layout.axis is not None:
        raise Untranslated("an outer product over the batch")
    column = as_shape(draft, left, (*left.shape, 1), left.layout)
    return draft.add("Multiply", column, as_shape(draft, right, (1, *right.shape), right.layout))


TABLE: "Mapping[str, Translator]" = {
    "linear": linear,
    "matmul": _matmul,
    "r_matmul": _matmul,
    "bmm": _matmul,
    "mm": _matmul,
    "mv": _matmul,
    "dot": _matmul,
    "addmm": addmm,
    "baddbmm": addmm,
    "einsum": einsum,
    **{name: _convolution(name) for name in CONVOLUTIONS},
    **{f"conv_transpose{rank}d": _transposed_convolution(rank) for rank in (1, 2, 3)},
    "bilinear": bilinear,
    "embedding": embedding,
    "outer": outer_product,
}
