"""Kinds over sequences: recurrences, attention, positions, experts, state spaces."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.exporting.kinds.parts import LayerReading, MemberForm, arguments_of, module
from archcalc.exporting.layout import python_code
from archcalc.exporting.nodes import CallArgument, CallNode, Hole, Literal, Own, Text, call

if TYPE_CHECKING:
    from archcalc.exporting.kinds.functions import Written
    from archcalc.exporting.nodes import Node

WITH_BIAS = 4
"""Inputs of attention with terms on the scores."""


def _recurrent(reading: LayerReading) -> MemberForm:
    """An RNN, LSTM or GRU with the batch before the steps."""
    given = arguments_of(reading, "batch_first", "num_biases")
    whole = CallNode(Text(f"nn.{reading.layer.type}"), (*given, CallArgument(Text("True"), "batch_first")))
    init = _with_biases(whole, reading)
    if len(reading.shapes) == 1 and reading.read <= {"output"}:
        return MemberForm(init, call(Own(), Hole(0)), targets="first")
    function = "lstm" if reading.layer.type == "LSTM" else "with_states"
    return MemberForm(init, call(function, Own(), *reading.holes), targets="many")


def _with_biases(init: CallNode, reading: LayerReading) -> CallNode:
    """The layer of torch has two vectors of biases a gate; the spec may have one."""
    one = reading.values["bias"] and reading.values["num_biases"] == 1
    return call("with_one_bias", init) if one else init


def _cell(reading: LayerReading) -> MemberForm:
    """One step of a recurrence."""
    found = module(f"nn.{reading.layer.type}", arguments_of(reading, "num_biases"), reading)
    if isinstance(found.init, CallNode):
        init = _with_biases(found.init, reading)
        found = replace(found, init=init, modular=init if found.modular else None)
    if reading.layer.type != "LSTMCell" or len(reading.shapes) == 1:
        return found
    states = CallNode(Text(""), (CallArgument(Hole(1)), CallArgument(Hole(2))))
    return replace(found, call=call(Own(), Hole(0), states))


def _convolutional(reading: LayerReading) -> MemberForm:
    """An LSTM over maps, with all of its states."""
    kernel = cast("int | tuple[int, ...]", reading.values["kernel_size"])
    taps = kernel[0] if isinstance(kernel, tuple) and len(set(kernel)) == 1 else kernel
    widths = (reading.literal("input_dim"), reading.literal("hidden_dim"))
    sizes = [CallArgument(each) for each in (*widths, Literal(taps, "kernel_size"))]
    init = CallNode(Text("ConvolutionalLSTM"), (*sizes, *reading.named("num_layers", "bias")))
    return MemberForm(init, call(Own(), *reading.holes), targets="many")


def _bag(reading: LayerReading) -> MemberForm:
    """Bags of embeddings, with offsets or weights of their own."""
    found = module("nn.EmbeddingBag", arguments_of(reading), reading)
    dtypes = [port.tensor.is_float for port in reading.layer.inputs]
    if len(dtypes) == 1:
        return found
    if dtypes == [False, True]:
        return replace(found, call=call(Own(), Hole(0), "None", Hole(1)))
    return replace(found, call=call("bags", Own(), *reading.holes), tensor=True)


def _multihead(reading: LayerReading) -> MemberForm:
    """Torch's module, or one whose keys and values have fewer or other heads."""
    values, shapes = reading.values, reading.shapes
    query, key, value = shapes[0], shapes[min(1, len(shapes) - 1)], shapes[:3][-1]
    heads = cast("int", values["num_heads"])
    width, kv_heads, head_dim = query[-1], values["num_kv_heads"] or heads, values["head_dim"]
    given = [
        CallArgument(Literal(width, "embed_dim")),
        CallArgument(reading.literal("num_heads")),
        *reading.named("dropout", "bias", "add_bias_kv", "add_zero_attn"),
        CallArgument(Literal(key[-1], "kdim"), "kdim", width),
        CallArgument(Literal(value[-1], "vdim"), "vdim", width),
    ]
    holes: list[CallArgument] = [
        CallArgument(Hole(n)) for n in (0, min(1, len(shapes) - 1), len(shapes[:3]) - 1)
    ]
    plain = kv_heads == heads and (head_dim is None or cast("int", head_dim) * heads == width)
    masked = values["causal"] or values["window"] or len(shapes) == WITH_BIAS
    needs = bool(values["need_weights"])
    if plain:
        init = CallNode(Text("nn.MultiheadAttention"), (*given, CallArgument(Text("True"), "batch_first")))
    else:
        more = reading.named("num_kv_heads", "head_dim")
        init = CallNode(Text("GroupedAttention"), (*given, *more))
    if masked:
        mask = _mask(reading, "multihead_mask" if plain else "score_mask")
        holes.append(CallArgument(mask, "attn_mask"))
    if needs:
        holes += [CallArgument(_truth(reading, "average_attn_weights"), "average_attn_weights", default=True)]
        return MemberForm(init, CallNode(Own(), tuple(holes)), targets="many")
    if plain:
        holes.append(CallArgument(Text("False"), "need_weights"))
        return MemberForm(init, CallNode(Own(), tuple(holes)), targets="first")
    return MemberForm(init, CallNode(Own(), tuple(holes)), targets="first")


def _truth(reading: LayerReading, key: str) -> Literal:
    return Literal(bool(reading.values[key]), key)


def _latent(reading: LayerReading) -> MemberForm:
    """Attention from a latent."""
    places = [CallArgument(reading.literal(key)) for key in ("hidden_size", "num_heads")]
    names = [key for key in reading.values if key not in ("hidden_size", "num_heads")]
    return module("LatentAttention", [*places, *reading.named(*names)], reading, tensor=True)


def _delta(reading: LayerReading) -> MemberForm:
    """Linear attention by the gated delta rule."""
    width, *sizes = reading.values
    return module("GatedDelta", [CallArgument(reading.literal(width)), *reading.named(*sizes)], reading)


def _mask(reading: LayerReading, function: str) -> CallNode:
    """What is added to the scores."""
    shapes = reading.shapes
    key = Hole(min(1, len(shapes) - 1))
    heads = [CallArgument(reading.literal("num_heads"))] if function == "multihead_mask" else []
    given = [CallArgument(Hole(0)), CallArgument(key), *heads]
    bias = [CallArgument(Hole(3), "bias")] if len(shapes) == WITH_BIAS else []
    return CallNode(Text(function), (*given, *bias, *reading.named("causal", "window")))


def _dot_product(reading: LayerReading) -> MemberForm:
    """Attention on flat features: plain, or with a window or terms on the scores."""
    values = reading.values
    masked = values["window"] is not None or len(reading.shapes) == WITH_BIAS
    if values["num_heads"] is None:
        return _by_heads(reading, masked=masked)
    groups = values["num_kv_heads"] or values["num_heads"]
    given = [
        *(CallArgument(hole) for hole in reading.holes[:3]),
        CallArgument(reading.literal("num_heads")),
        *(
            []
            if groups == values["num_heads"]
            else [CallArgument(reading.literal("num_kv_heads"), "num_kv_heads")]
        ),
        *([CallArgument(Hole(3), "bias")] if len(reading.shapes) == WITH_BIAS else []),
        *reading.named("causal", *(["window"] if masked else []), "scale"),
    ]
    if values["dropout_p"]:
        given.append(CallArgument(reading.literal("dropout_p"), "dropout"))
        given.append(CallArgument(Text("self.training"), "training"))
    function = "attend_masked" if masked else "attend"
    return MemberForm(None, CallNode(Text(function), tuple(given)), tensor=True)


def _by_heads(reading: LayerReading, *, masked: bool) -> MemberForm:
    """Torch's own function, where heads are an axis."""
    values, asked = reading.values, reading.layer.facts.attention
    given = [CallArgument(hole) for hole in reading.holes[:3]]
    biased = len(reading.shapes) == WITH_BIAS
    if masked and not values["causal"] and values["window"] is None:
        given.append(CallArgument(Hole(3), "attn_mask"))
    elif masked:
        bias = [CallArgument(Hole(3), "bias")] if biased else []
        seen = CallNode(
            Text("score_mask"),
            (CallArgument(Hole(0)), CallArgument(Hole(1)), *bias, *reading.named("causal", "window")),
        )
        given.append(CallArgument(seen, "attn_mask"))
    elif values["causal"]:
        given.append(CallArgument(Text("True"), "is_causal"))
    if values["dropout_p"]:
        chance = Text(f"{python_code(values['dropout_p'])} if self.training else 0.0")
        given.append(CallArgument(chance, "dropout_p"))
    given += reading.named("scale")
    if asked is not None and asked.heads != asked.kv_heads:
        given.append(CallArgument(Text("True"), "enable_gqa"))
    return MemberForm(None, CallNode(Text("F.scaled_dot_product_attention"), tuple(given)), tensor=True)


def _windows(reading: LayerReading) -> MemberForm:
    """Torchvision's attention in shifted windows."""
    pairs: list[CallArgument] = []
    for key in ("window_size", "shift_size"):
        value = reading.values[key]
        sizes = list(cast("tuple[int, ...]", value)) if isinstance(value, tuple) else [value] * 2
        pairs.append(
            CallArgument(CallNode(Text(""), tuple(CallArgument(Literal(n, key)) for n in sizes), "[]"), key)
        )
    heads = CallArgument(reading.literal("num_heads"), "num_heads")
    more = reading.named("qkv_bias", "proj_bias", "attention_dropout", "dropout")
    width = CallArgument(reading.literal("dim", reading.width))
    return module("ShiftedWindowAttention", [width, *pairs, heads, *more], reading)


def _function(name: str, *keys: str) -> "Written":
    def written(reading: LayerReading) -> MemberForm:
        given = [CallArgument(hole) for hole in reading.holes]
        placed = [CallArgument(reading.literal(key), key, reading.default(key)) for key in keys]
        return MemberForm(None, CallNode(Text(name), (*given, *placed)), tensor=True)

    return written


def _rotary(reading: LayerReading) -> MemberForm:
    """Turned pairs of features."""
    heads = CallArgument(reading.literal("num_heads"))
    return MemberForm(
        None,
        CallNode(Text("rotary"), (CallArgument(Hole(0)), heads, *reading.named("fraction", "base"))),
        tensor=True,
    )


def _buckets(reading: LayerReading) -> MemberForm:
    """T5's terms by distance."""
    given = [CallArgument(reading.literal("num_heads"))]
    more = reading.named("num_buckets", "max_distance", "bidirectional")
    return module("BucketedBias", [*given, *more], reading)


def _router(reading: LayerReading) -> MemberForm:
    """Mixtral's router."""
    given: list[Node] = [
        Literal(reading.width, "features"),
        reading.literal("num_experts"),
        reading.literal("top_k"),
    ]
    bias = reading.named("bias")
    return MemberForm(
        CallNode(Text("ExpertRouter"), (*map(CallArgument, given), *bias)),
        call(Own(), Hole(0)),
        targets="many",
    )


def _experts(reading: LayerReading) -> MemberForm:
    """Mixtral's experts."""
    given = [
        Literal(reading.width, "features"),
        reading.literal("intermediate_size"),
        reading.literal("num_experts"),
    ]
    return module("GatedExperts", [*map(CallArgument, given)], reading)


def _mamba(reading: LayerReading) -> MemberForm:
    """The mixer of transformers."""
    names = {
        "d_state": "state_size",
        "d_conv": "conv_kernel",
        "expand": "expand",
        "dt_rank": "time_step_rank",
    }
    names |= {"conv_bias": "use_conv_bias", "bias": "use_bias"}
    config = [CallArgument(Literal(reading.width, "d_model"), "hidden_size")]
    defaults = {
        "state_size": 16,
        "conv_kernel": 4,
        "expand": 2,
        "time_step_rank": "auto",
        "use_conv_bias": True,
        "use_bias": False,
    }
    config += [
        CallArgument(reading.literal(ours), theirs, defaults[theirs]) for ours, theirs in names.items()
    ]
    config.append(CallArgument(Text("1"), "num_hidden_layers"))
    init = call("MambaMixer", CallNode(Text("MambaConfig"), tuple(config)), layer_idx=Text("0"))
    return MemberForm(init, call(Own(), Hole(0)), init)


SEQUENCE_KINDS: "dict[str, Written]" = {
    **dict.fromkeys(("RNN", "LSTM", "GRU"), _recurrent),
    **dict.fromkeys(("RNNCell", "LSTMCell", "GRUCell"), _cell),
    "ConvLSTM": _convolutional,
    "EmbeddingBag": _bag,
    "MultiheadAttention": _multihead,
    "ScaledDotProductAttention": _dot_product,
    "MultiheadLatentAttention": _latent,
    "ShiftedWindowAttention": _windows,
    "SinusoidalPositionalEncoding": _function("with_sinusoids", "base"),
    "RotaryEmbedding": _rotary,
    "RelativePositionBias": _buckets,
    "ALiBi": _function("alibi", "num_heads"),
    "TopKRouter": _router,
    "Experts": _experts,
    "Mamba": _mamba,
    "GatedDeltaNet": _delta,
}
