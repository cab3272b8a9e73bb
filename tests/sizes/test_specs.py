"""Every shipped spec, traced once on sizes and variables that remember, against traces at other sizes."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from archcalc import load, loads, trace
from archcalc.errors import Fault, SpecError
from archcalc.sizes.following import as_traced
from archcalc.sizes.remembering import remembered
from archcalc.sizes.replay import At, Over
from archcalc.sizes.size import Size, plain
from archcalc.sizes.symbols import where
from archcalc.zoo import names
from tests.sizes.remembering import seeded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from archcalc.loading import Model
    from archcalc.sizes.remembering import Remembered
    from archcalc.tracing import Trace

LARGE = ("llama_2_7b", "llama_3_8b", "mistral_7b", "mixtral_8x7b", "qwen3_0_6b", "resnet152", "densenet121")
"""Traced at one other size only."""
CONVOLUTIONAL = ("resnet50", "mobilenet_v2", "darknet53", "googlenet", "convnext_tiny", "efficientnet_b0")


def afresh(model: "Model", sizes: dict[str, int]) -> "Trace":
    """A trace on plain numbers; the input sizes that are calculated from variables follow them."""
    shapes = {
        name: tuple(sizes.get(f"{name}[{axis}]", size) for axis, size in enumerate(spec.shape))
        for name, spec in model.spec.inputs.items()
    }
    return trace(model, {name: size for name, size in sizes.items() if name in model.spec.vars}, shapes)  # type: ignore[arg-type]  # expressions stay


def near(found: "Remembered", random: "Random") -> "Iterator[dict[str, int]]":
    """Sizes near by at which all conditions hold."""
    own = {name: plain(size) for name, size in found.tape.given.items()}
    for _ in range(60):
        factor = random.choice((1, 1, 1, 2))
        sizes = {
            name: max(1, size * factor + random.choice((0, 0, 0, 0, 1, -1, 2, 8, 32, 64)))
            if random.random() < 2 / len(own)
            else size
            for name, size in own.items()
        }
        if sizes != own and not any(At(found.tape, sizes).broken()):
            yield sizes


@pytest.mark.parametrize("name", names())
def test_a_spec_at_other_sizes_is_the_spec_traced_there(name: str) -> None:
    model = load(name)
    found = remembered(model)
    assert as_traced(found.trace) == trace(model)
    tried = list(near(found, seeded(name)))[: 1 if name in LARGE else 3]
    assert tried, "conditions hold somewhere else too"
    for sizes in tried:
        new = afresh(model, sizes)
        for layer, other in zip(new.layers, found.at(sizes).layers, strict=True):
            assert other.facts == layer.facts, (sizes, layer.name)
            assert other.arguments == layer.arguments, (sizes, layer.name)
        assert found.at(sizes) == new, sizes


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_a_convolutional_network_is_followed_to_all_usual_sizes(name: str) -> None:
    found = remembered(load(name))
    sizes = np.arange(64, 513)
    over = Over(found.tape, {"size": sizes})
    assert over.valid.all(), list(where(found.tape))
    layers = [layer for layer in found.trace.layers if layer.facts.macs][::5]
    for size in (64, 97, 224, 511):
        new = {layer.name: layer.facts.macs for layer in afresh(load(name), {"size": size}).layers}
        for layer in layers:
            assert isinstance(layer.facts.macs, Size)
            assert over.of(layer.facts.macs)[size - 64] == new[layer.name], (size, layer.name)


def test_arrays_say_what_single_sizes_say() -> None:
    """Of conditions that hold here and there, and numbers beyond 63 bits."""
    found = remembered(load("vgg16"))
    sizes = np.arange(200, 500)
    over = Over(found.tape, {"size": sizes})
    assert 0 < over.valid.sum() < len(sizes)
    facts = [size for layer in found.trace.layers for size in (*layer.output.shape, layer.facts.macs or 0)]
    for index, size in enumerate(sizes.tolist()):
        at = At(found.tape, {"size": size})
        assert bool(over.valid[index]) != any(at.broken())
        if over.valid[index]:
            assert [int(over.of(fact)[index]) for fact in facts[::7]] == [at.of(fact) for fact in facts[::7]]
    huge = {"size": 224 * 2**26}
    (macs,) = (layer.facts.macs for layer in found.trace.layers if layer.name == "features.2")
    assert macs is not None
    assert Over(found.tape, {"size": np.array([224, huge["size"]])}).of(macs).tolist() == [
        At(found.tape, {}).of(macs),
        At(found.tape, huge).of(macs),
    ]
    assert At(found.tape, huge).of(macs) > 2**63


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "int64", "uint64", "object"])
def test_narrow_arrays_are_calculated_with_room(dtype: str) -> None:
    found = remembered(load("vgg16"))
    macs = sum(layer.facts.macs or 0 for layer in found.trace.layers)
    sizes = np.array([224, 448, 10_080], dtype)
    assert Over(found.tape, {"size": sizes}).of(macs).tolist() == [
        At(found.tape, {"size": int(size)}).unchecked(macs) for size in sizes
    ]


def test_arrays_of_the_ends_of_64_bits_are_exact() -> None:
    found = remembered(loads("inputs: {x: [1, 5]}\nlayers: [{type: ZeroPad1d, padding: 9}]"), names=["x[1]"])
    (_, size) = found.trace.outputs[0].tensor.shape
    ends = [-(2**63), 2**63 - 1]
    assert Over(found.tape, {"x[1]": np.array(ends)}).of(size).tolist() == [end + 18 for end in ends]
    assert Over(found.tape, {"x[1]": np.array([], np.int64)}).of(size).tolist() == []
    most = np.array([2**64 - 1], np.uint64)
    assert Over(found.tape, {"x[1]": most}).of(size).tolist() == [2**64 + 17]  # type: ignore[dict-item]  # on purpose


def test_an_array_of_other_numbers_is_refused() -> None:
    found = remembered(load("lenet5"))
    with pytest.raises(Fault, match="sizes of 'classes' are whole numbers, got float64"):
        Over(found.tape, {"classes": np.array([2.5])})


def test_a_broken_condition_is_said() -> None:
    found = remembered(load("vgg16"))
    with pytest.raises(Fault, match=r"does not hold: not size // 32 % 7 == 0"):
        found.at({"size": 256})
    with pytest.raises(Fault, match=r"does not hold: size is 31, not at least 32"):
        found.at({"size": 31})
    with pytest.raises(Fault, match="no size 'sise' is remembered") as caught:
        found.at({"sise": 31})
    assert caught.value.hint == "did you mean 'size'?"


def test_only_what_is_named_is_remembered() -> None:
    found = remembered(load("lenet5"), names=["classes"])
    assert list(found.tape.given) == ["classes"]
    assert found.at({"classes": 7}).outputs[0].tensor.shape == (7,)
    found = remembered(load("lenet5"), {"classes": 5}, {"image": (1, 32, 32)}, names=["image[0]"])
    assert found.at({"image[0]": 3}).outputs[0].tensor.shape == (5,)
    with pytest.raises(Fault, match=r"'image\[3\]' is no number of the spec"):
        remembered(load("lenet5"), names=["image[3]"])


@pytest.mark.parametrize(
    "text",
    [
        "=width * 2",
        "=(width + 7) // 8 * 8",
        "=width if width > 3 else 2",
        "=max(width, 5) - 1",
        "=width ** 2",
        "=width / 2",
        "=ceil(width / 2) + abs(width - 9)",
        "=in_shape[1] + in_channels % 3",
        "=[4, 8, 16][width % 3]",
        "=8 if width in [4, 3, 7] else 9",
        "=8 if [width, 1.5] == [6, 1.5] else 9",
        "=8 if [1.5, width] != [1.5, 6] and not (6.0 == width) else 9",
        "=ceil(width / 4) * floor(3 * width / 2)",
        "=floor(half) + 1 if half > 2 else ceil(half)",
        "=width * (1 / 3) * 3",
        "=ceil(sqrt(width) + 1)",
        "=round(width / 4) + round(width / 12) + 1",
        "=8 if true == width else 9",
        "=round(0.75 * width)",
        "=floor(width * 0.5) + 1",
        "=ceil(1.5 + width)",
        "=floor(log2(width))",
        "=ceil(sqrt(width))",
        "=8 if 5.5 < width else 9",
        "=round(max(2.5, width) + min(width, 6.5))",
        "=2 ** width",
        "=round(7 ** 0.5 * width, width - width)",
        "=width - 2 * (width // 2) + 3",
    ],
)
def test_an_expression_is_followed_or_taken_at_its_value(text: str) -> None:
    """At every width the same number comes out as afresh, or it is said that it does not hold there."""
    layers = f"[{{type: Linear, out_features: '{text}'}}, {{type: Linear, out_features: =width}}]"
    model = loads(f"vars: {{width: 6, half: =width / 2}}\ninputs: {{x: [4, 6]}}\nlayers: {layers}")
    found = remembered(model)
    held = 0
    for width in range(1, 31):
        at = At(found.tape, {"width": width})
        if not any(at.broken()):
            assert found.at({"width": width}) == afresh(model, {"width": width}), (
                width,
                list(where(found.tape)),
            )
            held += 1
    assert held > 1 or any(word in text for word in (".", "log2", "sqrt", "**", "true", "[4, 8", "1 / 3"))
    assert held >= 1


def test_an_argument_that_becomes_a_float_holds_at_its_value_alone() -> None:
    layers = "[{type: LeakyReLU, negative_slope: =slope}, {type: GCNConv, from: [x, e], out_channels: 2}]"
    inputs = "{x: [4, 3], e: {shape: [2, 7], dtype: int64}}"
    found = remembered(loads(f"vars: {{slope: 2}}\ninputs: {inputs}\nlayers: {layers}"))
    with pytest.raises(Fault, match="slope is 3, not 2"):
        found.at({"slope": 3})
    assert found.at({"e[1]": 9}).layers[0].arguments == found.trace.layers[0].arguments


def test_a_refused_network_is_refused_with_its_numbers() -> None:
    model = loads("inputs: {x: [3, 8, 8]}\nlayers: [{type: Conv2d, out_channels: 4, kernel_size: 9}]")
    with pytest.raises(SpecError, match=r"kernel 9 is larger than the padded input 8 \(8 \+ 0 \+ 0\)"):
        remembered(model)


def test_a_network_that_was_traced_is_read_without_a_condition() -> None:
    found = remembered(
        loads("inputs: {x: [3, 32, 32]}\nlayers: [{type: Conv2d, out_channels: 4, kernel_size: 3}]")
    )
    shape = found.trace.layers[0].output.shape
    assert (str(shape), shape[1] == 30, shape[2] > 20) == ("(4, 30, 30)", True, True)
    assert found.at({"x[1]": 9}).layers[0].output.shape == (4, 7, 30)
