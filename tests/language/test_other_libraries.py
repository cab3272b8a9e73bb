"""Names of other libraries get suggestions, and these are tried: written so, the spec is traced."""

import re

import pytest

from archcalc import loads, trace
from archcalc.elsewhere import ARGUMENTS, FUNCTIONS, LAYERS
from archcalc.errors import Problem, SpecError
from archcalc.layers.registry import KINDS, kind
from archcalc.tracing.library import block_names

IMAGE, SEQUENCE, VECTOR, TOKENS = "[8, 16, 16]", "[8, 16]", "[16]", "{shape: [7], dtype: int64}"


def problems(text: str) -> tuple[Problem, ...]:
    """What is wrong with a spec."""
    with pytest.raises(SpecError) as caught:
        trace(loads(text))
    return caught.value.problems


def shape_of(text: str) -> list[int]:
    """What leaves a spec."""
    return list(trace(loads(text)).outputs[0].tensor.shape)


def spec(shape: str, *layers: str) -> str:
    """Layers behind one input, an entry a line."""
    return f"inputs: {{x: {shape}}}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)


# what is written, on which shape, and what leaves when it is written as suggested
ENTRIES = {
    "Dense": (IMAGE, "{type: Dense, units: 10}", [8, 16, 10]),
    "Dense with a function": (VECTOR, "{type: Dense, units: 10, activation: softmax}", [10]),
    "Dense, Keras's own arguments": (
        VECTOR,
        "{type: Dense, units: 4, input_shape: [16], kernel_initializer: he_normal, use_bias: false}",
        [4],
    ),
    "Conv2D": (IMAGE, "{type: Conv2D, filters: 5, kernel_size: 3, strides: 2, activation: relu}", [5, 7, 7]),
    "Conv2D, SAME": (
        IMAGE,
        "{type: Conv2D, filters: 5, kernel_size: 3, padding: SAME, activation: swish}",
        [5, 16, 16],
    ),
    "Conv2D, dilation": (
        IMAGE,
        "{type: Conv2D, name: c, filters: 5, kernel: 3, dilation_rate: 2}",
        [5, 12, 12],
    ),
    "Convolution": (IMAGE, "{type: Convolution, num_output: 5, kernel_size: 3, pad: 1}", [5, 16, 16]),
    "Conv1D": (SEQUENCE, "{type: Conv1D, filters: 5, kernel_size: 3}", [5, 14]),
    "keras.layers.Conv2D": (IMAGE, "{type: keras.layers.Conv2D, filters: 5, kernel_size: 3}", [5, 14, 14]),
    "DepthwiseConv2D": (IMAGE, "{type: DepthwiseConv2D, kernel_size: 3}", [8, 14, 14]),
    "Conv2DTranspose": (
        IMAGE,
        "{type: Conv2DTranspose, filters: 5, kernel_size: 2, strides: 2}",
        [5, 32, 32],
    ),
    "Deconvolution": (IMAGE, "{type: Deconvolution, num_output: 5, kernel_size: 2, stride: 2}", [5, 32, 32]),
    "GlobalAvgPool": (IMAGE, "GlobalAvgPool", [8]),
    "GlobalAvgPool of a sequence": (SEQUENCE, "GlobalAvgPool", [8]),
    "GlobalAveragePooling2D": (IMAGE, "GlobalAveragePooling2D", [8]),
    "GlobalMaxPooling2D": (IMAGE, "GlobalMaxPooling2D", [8]),
    "MaxPooling2D": (IMAGE, "MaxPooling2D", [8, 8, 8]),
    "MaxPooling2D, pool_size": (IMAGE, "{type: MaxPooling2D, pool_size: 4, strides: 2}", [8, 7, 7]),
    "MaxPool": (IMAGE, "{type: MaxPool, kernel_shape: [2, 2]}", [8, 8, 8]),
    "AveragePooling2D": (IMAGE, "{type: AveragePooling2D, pool_size: 2}", [8, 8, 8]),
    "BatchNormalization": (IMAGE, "BatchNormalization", [8, 16, 16]),
    "BatchNormalization of a vector": (VECTOR, "{type: BatchNormalization, epsilon: 0.001}", [16]),
    "BatchNorm": (IMAGE, "BatchNorm", [8, 16, 16]),
    "LayerNormalization": (SEQUENCE, "{type: LayerNormalization, epsilon: 1.0e-6}", [8, 16]),
    "Dropout2D": (IMAGE, "{type: Dropout2D, rate: 0.3}", [8, 16, 16]),
    "SpatialDropout2D": (IMAGE, "{type: SpatialDropout2D, rate: 0.3}", [8, 16, 16]),
    "DropPath": (IMAGE, "{type: DropPath, drop_prob: 0.1}", [8, 16, 16]),
    "UpSampling2D": (IMAGE, "UpSampling2D", [8, 32, 32]),
    "UpSampling2D, size": (IMAGE, "{type: UpSampling2D, size: 3, interpolation: bilinear}", [8, 48, 48]),
    "ZeroPadding2D": (IMAGE, "{type: ZeroPadding2D, padding: 2}", [8, 20, 20]),
    "DepthToSpace": (IMAGE, "{type: DepthToSpace, block_size: 2}", [2, 32, 32]),
    "Reshape": (IMAGE, "{type: View, target_shape: [-1]}", [2048]),
    "SimpleRNN": (SEQUENCE, "{type: SimpleRNN, units: 3}", [8, 3]),
    "Activation": (VECTOR, "{type: Activation, activation: relu}", [16]),
    "Swish": (VECTOR, "Swish", [16]),
    "MultiHeadAttention": (SEQUENCE, "{type: MultiHeadAttention, heads: 2}", [8, 16]),
    "FC": (VECTOR, "{type: FC, num_hidden: 3}", [3]),
    # a kind as a key
    "a kind as a key": (IMAGE, "Conv2d: {out_channels: 5, kernel_size: 3}", [5, 14, 14]),
    "a kind as a key, nothing behind it": (IMAGE, "ReLU:", [8, 16, 16]),
    "a kind as a key, a number": (VECTOR, "Linear: 3", [3]),
    "a kind as a key, a share": (VECTOR, "Dropout: 0.5", [16]),
    "a kind as a key, with a name": (VECTOR, "{Linear: {out_features: 3}, name: a}", [3]),
    "a kind as a key, indented too little": (
        IMAGE,
        "Conv2d:\n    out_channels: 5\n    kernel_size: 3",
        [5, 14, 14],
    ),
    "a container as a key": (VECTOR, "Sequential: [ReLU, {type: Linear, out_features: 3}]", [3]),
    "a block as a key": (IMAGE, "BasicBlock: {width: 4}", [4, 16, 16]),
    "Keras's kind as a key": (VECTOR, "Dense: {units: 3, activation: relu}", [3]),
    "Keras's Conv2D as a key": (IMAGE, "Conv2D: {filters: 5, kernel_size: 3}", [5, 14, 14]),
}


@pytest.mark.parametrize(("shape", "entry", "leaves"), ENTRIES.values(), ids=ENTRIES)
def test_what_is_suggested_is_right(shape: str, entry: str, leaves: list[int]) -> None:
    (problem,) = problems(spec(shape, entry))
    lines = [line.strip()[2:] for line in problem.hint.splitlines() if line.startswith("- ")]
    if not lines:  # only the kind is another one
        near = re.search(r"did you mean '(\w+)'\?", problem.hint)
        assert near, problem.hint
        lines = [re.sub(r"(^|type: )[\w.]+", rf"\g<1>{near[1]}", entry, count=1)]
    assert shape_of(spec(shape, *lines)) == leaves
    if function := re.search(r"activation: (\w+)", entry):
        last = {"relu": "ReLU", "swish": "SiLU", "softmax": "Softmax"}[function[1]]
        assert [layer.type for layer in trace(loads(spec(shape, *lines))).layers][-1] == last


KEYS = {
    "filters": (IMAGE, "{type: Conv2d, filters: 5, kernel_size: 3}", "out_channels"),
    "num_filters": (IMAGE, "{type: Conv2d, num_filters: 5, kernel_size: 3}", "out_channels"),
    "strides": (IMAGE, "{type: Conv2d, out_channels: 5, kernel_size: 3, strides: 2}", "stride"),
    "kernel": (IMAGE, "{type: Conv2d, out_channels: 5, kernel: 3}", "kernel_size"),
    "dilation_rate": (IMAGE, "{type: Conv2d, out_channels: 5, kernel_size: 3, dilation_rate: 2}", "dilation"),
    "use_bias": (IMAGE, "{type: Conv2d, out_channels: 5, kernel_size: 3, use_bias: false}", "bias"),
    "pool_size": (IMAGE, "{type: MaxPool2d, pool_size: 2}", "kernel_size"),
    "units": (VECTOR, "{type: Linear, units: 5}", "out_features"),
    "units of an LSTM": (SEQUENCE, "{type: LSTM, units: 5}", "hidden_size"),
    "rate": (VECTOR, "{type: Dropout, rate: 0.5}", "p"),
    "epsilon": (IMAGE, "{type: BatchNorm2d, epsilon: 0.1}", "eps"),
    "axis": (IMAGE, "{type: Concat, from: [x, x], axis: 0}", "dim"),
    "alpha": (VECTOR, "{type: LeakyReLU, alpha: 0.1}", "negative_slope"),
    "input_dim": (TOKENS, "{type: Embedding, input_dim: 9, embedding_dim: 4}", "num_embeddings"),
    "output_dim": (TOKENS, "{type: Embedding, num_embeddings: 9, output_dim: 4}", "embedding_dim"),
    "target_shape": (IMAGE, "{type: Reshape, target_shape: [-1]}", "shape"),
    "size": (IMAGE, "{type: MaxPool2d, size: 2}", "kernel_size"),
    "num_groups": (IMAGE, "{type: GroupNorm, group: 2}", "num_groups"),
    "heads": (SEQUENCE, "{type: MultiheadAttention, heads: 2}", "num_heads"),
}


@pytest.mark.parametrize(("shape", "entry", "ours"), KEYS.values(), ids=KEYS)
def test_an_argument_of_another_library_is_one_mistake(shape: str, entry: str, ours: str) -> None:
    (problem,) = problems(spec(shape, entry))
    theirs = re.search(r"unknown key '(\w+)'", problem.what)
    assert theirs, problem.what
    assert problem.hint == f"did you mean '{ours}'?"
    assert shape_of(spec(shape, entry.replace(f"{theirs[1]}:", f"{ours}:")))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("activation: relu", "a layer of its own behind this one: - ReLU"),
        ("activation: softmax", "- {type: Softmax, dim: -1}"),
        ("input_shape: [3]", "leave it out: shapes stand in `inputs`"),
        ("kernel_initializer: he_normal", "leave it out: no number here depends on it"),
        ("trainable: false", "write frozen: true"),
    ],
)
def test_arguments_that_are_something_else_here(key: str, words: str) -> None:
    (problem,) = problems(spec(VECTOR, f"{{type: Linear, out_features: 3, {key}}}"))
    assert words in problem.hint


@pytest.mark.parametrize(("written", "ours"), [("SAME", "same"), ("Same", "same"), ("VALID", "0")])
def test_padding_in_capitals(written: str, ours: str) -> None:
    entry = f"{{type: Conv2d, out_channels: 5, kernel_size: 3, padding: {written}}}"
    (problem,) = problems(spec(IMAGE, entry))
    assert problem.hint == f"write padding: {ours}, which is {written.lower()!r} here"
    assert shape_of(spec(IMAGE, entry.replace(written, ours)))


def test_an_input_layer_is_told_where_inputs_stand() -> None:
    (problem,) = problems(spec(VECTOR, "{type: InputLayer, shape: [3]}", "ReLU"))
    assert "inputs: {image: [3, 32, 32]}" in problem.hint


BRACKETS = {
    "three": ("inputs: {image: 3,32,32}\nlayers: [ReLU]\n", "image: [3, 32, 32]", "1:17"),
    "two": ("inputs: {image: 3, 32}\nlayers: [ReLU]\n", "image: [3, 32]", "1:17"),
    "all different": ("inputs: {image: 3,32,33}\nlayers: [ReLU]\n", "image: [3, 32, 33]", "1:17"),
    "one of two": (
        "inputs: {a: 3, 32, 32, b: [4]}\nlayers: [{type: ReLU, from: a}]\n",
        "a: [3, 32, 32]",
        "1:13",
    ),
    "an argument": (
        "inputs: {x: [3, 8, 8]}\nlayers: [{type: MaxPool2d, kernel_size: 3, 2}]\n",
        "kernel_size: [3, 2]",
        "2:41",
    ),
    "an argument twice": (
        "inputs: {x: [3, 8, 8]}\nlayers: [{type: MaxPool2d, kernel_size: 2, 2, stride: 1}]\n",
        "kernel_size: [2, 2]",
        "2:41",
    ),
}


@pytest.mark.parametrize(("text", "mended", "place"), BRACKETS.values(), ids=BRACKETS)
def test_a_list_without_brackets_is_one_mistake(text: str, mended: str, place: str) -> None:
    (problem,) = problems(text)
    assert problem.hint == f"write {mended}"
    assert str(problem.place) == f"<text>:{place}"
    key = mended.partition(":")[0]
    trace(loads(re.sub(rf"\b{key}: \d+(, ?\d+)+", mended, text)))


def test_the_tables_name_what_there_is() -> None:
    kinds = {ours.kind.format(n=n) for ours in LAYERS.values() for n in (1, 2, 3)}
    functions = [each if isinstance(each, str) else "Softmax" for each in FUNCTIONS.values()]
    missing = {name for name in (*kinds, *functions) if name not in KINDS and name not in block_names()}
    assert not missing
    fields = {name for each in KINDS for name in kind(each).model_fields} | {"type"}
    assert not {name for names in ARGUMENTS.values() for name in names if name not in fields}
    for table in (LAYERS, FUNCTIONS, ARGUMENTS):
        assert all(re.fullmatch(r"[a-z0-9]+", name) for name in table)
