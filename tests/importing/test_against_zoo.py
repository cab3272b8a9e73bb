"""Imported networks beside those that are shipped: short, without findings, and the same layer by layer."""

from typing import TYPE_CHECKING, Any

import pytest

from archcalc import load, trace
from archcalc.bridge.libraries import imported
from archcalc.cli import main
from archcalc.tracing import Trace, TracedLayer
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import nn

HERE = "tests.importing.test_against_zoo"
MODELS = {
    "resnet50": ("torchvision.models:resnet50", "3,224,224", 80),
    "gpt2": (f"{HERE}:gpt2", "1024:int64", 60),
}
"""Shipped spec -> factory of the same network, its input, and lines that its text may have."""
SAID = {
    # torch's split says how wide a part is, the shipped block how many parts there are.
    "Split": ("Chunk", {"split_size_or_sections", "dim"}, {"chunks", "dim"}),
    # A module is read in inference mode, in which a call does not tell what it would drop in training.
    "ScaledDotProductAttention": ("ScaledDotProductAttention", {"dropout_p"}, {"dropout_p"}),
}
"""Kind of an imported layer -> the shipped one's, and arguments of each that say it in other words."""
CALLED = {"attn.scaleddotproductattention_0": "attn.attention", "flatten_0": "flatten"}
"""End of a name that a function's layer is given -> that which the shipped block gives it."""


def gpt2() -> "nn.Module":
    """The small one of the paper: 12 layers of 768 features."""
    library: Any = imported("transformers")
    return library.GPT2LMHeadModel(library.GPT2Config(use_cache=False))  # type: ignore[no-any-return]  # untyped


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> "Path":
    """A folder with the text of each."""
    folder = tmp_path_factory.mktemp("imported")
    for name, (factory, size, _) in MODELS.items():
        line = ("import", factory, "--input", size, "--no-cache", "-o", str(folder / f"{name}.yaml"))
        with pytest.raises(SystemExit) as end:
            main(line)
        assert not end.value.code
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_it_is_short_and_passes(name: str, texts: "Path", capsys: pytest.CaptureFixture[str]) -> None:
    path = texts / f"{name}.yaml"
    assert path.read_text(encoding="utf-8").count("\n") <= MODELS[name][2]
    for command in ("check", "verify"):
        ran = run(capsys, command, str(path))
        assert (ran.code, ran.err) == (0, ""), ran.out


@pytest.mark.parametrize("name", MODELS)
def test_it_is_the_shipped_one_layer_by_layer(name: str, texts: "Path") -> None:
    here, shipped = trace(load(texts / f"{name}.yaml")), trace(load(name))
    for one, other in zip(here.layers, shipped.layers, strict=True):
        kind, own, others = SAID.get(one.type, (one.type, set[str](), set[str]()))
        assert (called(one.name), kind) == (other.name, other.type)
        assert arguments(one, own) == arguments(other, others), one.name
        assert tensors(one) == tensors(other), one.name
        assert list(reads(one, here)) == list(reads(other, shipped)), one.name
        assert one.facts.macs == other.facts.macs
    assert [port.tensor for port in here.outputs] == [port.tensor for port in shipped.outputs]


def called(name: str) -> str:
    """A name as the shipped spec has it."""
    for end, other in CALLED.items():
        name = f"{name.removesuffix(end)}{other}" if name.endswith(end) else name
    return name


def arguments(layer: TracedLayer, besides: set[str]) -> dict[str, object]:
    """All arguments of a layer with their values, without some."""
    return {key: value for key, value in layer.resolved.items() if key not in besides}


def tensors(layer: TracedLayer) -> tuple[object, ...]:
    """Weights, buffers, ties and outputs of a layer."""
    facts = layer.facts
    return dict(facts.weights), dict(facts.buffers), dict(layer.tied), [*facts.outputs.values()]


def reads(layer: TracedLayer, there: Trace) -> "Iterator[str]":
    """What a layer reads; inputs of the network by their places."""
    inputs = {name: str(number) for number, name in enumerate(there.inputs)}
    for port in layer.inputs:
        yield inputs.get(port.layer, called(port.layer)) + f":{port.output}"
