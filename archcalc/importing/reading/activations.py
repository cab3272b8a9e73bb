"""Functions of torch.nn.functional that act on single numbers, or along one axis."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.calls import given
from archcalc.importing.reading.casting import cast_to, real_numbers
from archcalc.importing.reading.layouts import Untranslated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import RecordedCall

ELEMENTWISE = {
    "relu": "ReLU input",
    "relu6": "ReLU6 input",
    "gelu": "GELU input approximate",
    "silu": "SiLU input",
    "hardswish": "Hardswish input",
    "hardsigmoid": "Hardsigmoid input",
    "sigmoid": "Sigmoid input",
    "special.expit": "Sigmoid input",
    "tanh": "Tanh input",
    "mish": "Mish input",
    "leaky_relu": "LeakyReLU input negative_slope",
    "elu": "ELU input alpha",
    "celu": "CELU input alpha",
    "selu": "SELU input",
    "rrelu": "RReLU input lower upper",
    "softplus": "Softplus input beta threshold",
    "logsigmoid": "LogSigmoid input",
    "softsign": "Softsign input",
    "tanhshrink": "Tanhshrink input",
    "hardshrink": "Hardshrink input lambd",
    "softshrink": "Softshrink input lambd",
    "hardtanh": "Hardtanh input min_val max_val",
    "threshold": "Threshold input threshold value",
    "exp": "Exp input",
    "log": "Log input",
    "sqrt": "Sqrt input",
    "rsqrt": "Rsqrt input",
    "reciprocal": "Reciprocal input",
    "neg": "Neg input",
    "negative": "Neg input",
    "abs": "Abs input",
    "absolute": "Abs input",
    "sin": "Sin input",
    "cos": "Cos input",
    "erf": "Erf input",
    "sign": "Sign input",
    "floor": "Floor input",
    "ceil": "Ceil input",
    "round": "Round input",
    "log1p": "Log1p input",
    "expm1": "Expm1 input",
    "log2": "Log2 input",
    "exp2": "Exp2 input",
    "tan": "Tan input",
    "atan": "Atan input",
    "logical_not": "LogicalNot input",
    "bitwise_not": "LogicalNot input",
    "isnan": "IsNan input",
    "isinf": "IsInf input",
}
"""Operation -> the kind, and its arguments in torch's order under torch's names."""
DROPPING = {
    "dropout": "Dropout",
    "dropout1d": "Dropout1d",
    "dropout2d": "Dropout2d",
    "dropout3d": "Dropout3d",
    "alpha_dropout": "AlphaDropout",
    "feature_dropout": "Dropout2d",
    "feature_alpha_dropout": "FeatureAlphaDropout",
}
ALONG = {"softmax": "Softmax", "log_softmax": "LogSoftmax", "softmin": "Softmin", "glu": "GLU"}


def _function(kind: str, signature: str) -> "Translator":
    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, signature)
        arguments = {key: got.get(key) for key in signature.split()[1:] if key in got}
        return draft.add(kind, draft.node(got.get("input", got.get("self"))), arguments=arguments)

    return translate


def _dropping(kind: str) -> "Translator":
    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input p training inplace")
        node = draft.node(got.get("input"))
        rate = got.number("p", 0.5)
        if rate == 0 or node.layout.axis is None:
            return node
        if not node.layout.alone and kind != "Dropout":
            raise Untranslated("whole channels are dropped where the batch is merged with another axis")
        return draft.add(kind, node, arguments={"p": float(rate)})

    return translate


def _along(kind: str) -> "Translator":
    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input dim _stacklevel dtype" if kind != "GLU" else "input dim")
        node = draft.node(got.get("input"))
        dtype = got.get("dtype")
        if isinstance(dtype, str):
            node = cast_to(draft, node, dtype)
        elif kind != "GLU":
            node = real_numbers(draft, node)
        dim = got.get("dim", -1 if kind == "GLU" else None)
        if dim is None:
            dim = 0 if node.rank in (0, 1, 3) else 1
        return draft.add(kind, node, arguments={"dim": counted_axis(node.counted(dim), dim, len(node.shape))})

    return translate


def counted_axis(place: int, written: object, axes: int) -> int:
    """An axis of a module, from the end where it was written so."""
    return place - axes - 1 if isinstance(written, int) and written < 0 else place


def softmax_method(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.softmax and Tensor.softmax, which have the dtype in the third place."""
    return _along("LogSoftmax" if "log" in call.op else "Softmax")(draft, _renamed(call))


def _renamed(call: "RecordedCall") -> "RecordedCall":
    """The call with a dtype by position made one by name."""
    from dataclasses import replace

    if len(call.args) > 2 and isinstance(call.args[2], str):  # noqa: PLR2004  input, dim, dtype
        return replace(call, args=call.args[:2], kwargs={**call.kwargs, "dtype": call.args[2]})
    return call


def prelu(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.prelu(x, weight)."""
    from archcalc.importing.reading.owned import owned_layer

    got = given(call, "input weight")
    weights = {"weight": got.get("weight")}
    shape = draft.value(got.get("weight")).sizes
    count = shape[0] if shape and isinstance(shape[0], int) else 1
    return owned_layer(
        draft, "PReLU", (draft.node(got.get("input")),), weights, arguments={"num_parameters": count}
    )


TABLE: "Mapping[str, Translator]" = {
    **{name: _function(*text.split(" ", 1)) for name, text in ELEMENTWISE.items()},
    **{name: _dropping(kind) for name, kind in DROPPING.items()},
    **{name: _along(kind) for name, kind in ALONG.items()},
    "softmax": softmax_method,
    "log_softmax": softmax_method,
    "prelu": prelu,
}
