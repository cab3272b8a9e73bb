"""The exported code of every shipped spec: linted, type-checked, and beside the bridge's network."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

import pytest

from archcalc import load, trace, zoo
from archcalc.exporting import torch_source
from tests.exporting.random_specs import Generator
from tests.exporting.sources import (
    TOLERANCE,
    built,
    difference,
    on_meta,
    stated,
    stated_untrained,
    tensors,
    untrained,
)

if TYPE_CHECKING:
    from archcalc.expressions import Value
    from archcalc.tracing import Trace

GOLDEN = Path(__file__).parent / "golden"
READ = ("resnet18", "lenet5", "unet", "gpt2", "densenet121", "lstm_language_model")
"""Specs whose exported code is kept as a file."""
RULES = "E,F,W,I,N,UP,B,C4,SIM,RET,PIE,RUF"
IGNORED = "N812,RET504,N806"
"""``functional as F``, a result that is named before it is returned, and names that a spec has."""
SEEDS = range(60)
TRANSFORMER: "dict[str, Value]" = {"tokens": 6, "vocab": 11, "width": 16, "depth": 2, "heads": 4, "inner": 24}
LLAMA: "dict[str, Value]" = {**TRANSFORMER, "kv_heads": 2}
SMALL: "dict[str, dict[str, Value]]" = {
    "bert_base": {**TRANSFORMER, "positions": 8},
    "densenet121": {"size": 64},
    "gat_cora": {},
    "gcn_cora": {},
    "gemma_2b": {**LLAMA, "head_dim": 8},
    "gpt2": {**{key: value for key, value in TRANSFORMER.items() if key != "tokens"}, "positions": 8},
    "graphsage_cora": {},
    "gru_classifier": {},
    "inception_v3": {},
    "lenet5": {},
    "lenet_1998": {},
    "llama_2_7b": LLAMA,
    "lstm_language_model": {"vocabulary": 11, "width": 8},
    "mae_vit": {
        "size": 32,
        "width": 16,
        "depth": 2,
        "heads": 4,
        "decoder_width": 8,
        "decoder_depth": 1,
        "decoder_heads": 2,
    },
    "mamba_130m": {"length": 6, "vocab": 11, "width": 16, "depth": 2},
    "mistral_7b": {**LLAMA, "window": 4},
    "mixtral_8x7b": LLAMA,
    "mobilenet_v3_large": {"size": 64},
    "qwen3_0_6b": {**LLAMA, "head_dim": 8},
    "resnet18": {"size": 64},
    "resnet20_cifar": {},
    "roberta_base": {**TRANSFORMER, "positions": 10, "segments": 2},
    "seq2seq_attention": {
        "vocabulary": 11,
        "embedding": 6,
        "hidden": 8,
        "units": 8,
        "maxout": 5,
        "source_length": 4,
        "target_length": 4,
    },
    "shufflenet_v2_x1_0": {"size": 64},
    "swin_t": {},
    "t5_small": {**TRANSFORMER, "head_dim": 4},
    "tcn": {},
    "transformer_wmt": {
        key.replace("tokens", "source_tokens"): value for key, value in TRANSFORMER.items() if key != "vocab"
    },
    "unet": {"size": 188, "width": 4},
    "vae": {},
    "vit_b_16": {"size": 32, "width": 16, "depth": 2, "heads": 4, "inner": 24},
}
"""Specs whose numbers are compared, with variables that make them small."""
REAL_NUMBERS = ("gat_cora", "gcn_cora")
"""Specs whose layers ask which edges there are."""


@cache
def traced(name: str) -> "Trace":
    return trace(load(name))


@cache
def source(name: str) -> str:
    return torch_source(traced(name))


@pytest.mark.parametrize("name", zoo.names())
def test_tensors_and_shapes_are_those_of_the_spec(name: str) -> None:
    if name in REAL_NUMBERS:
        assert tensors(built(source(name))) == stated(traced(name))
        return
    found, shapes = on_meta(traced(name), source(name))
    assert found == stated(traced(name))
    assert shapes == [port.tensor.shape for port in traced(name).outputs]


@pytest.mark.parametrize("name", SMALL)
def test_numbers_are_those_of_the_bridge(name: str) -> None:
    assert difference(trace(load(name), SMALL[name]), seed=3, batch=1) < TOLERANCE


@pytest.mark.parametrize("seed", SEEDS)
def test_random_networks_agree_with_the_bridge(seed: int) -> None:
    network = trace(load(Generator(seed).spec()))
    module = built(torch_source(network))
    assert tensors(module) == stated(network), seed
    assert untrained(module) == stated_untrained(network), seed
    assert difference(network, seed) < TOLERANCE, seed


def test_a_wrong_module_is_seen() -> None:
    """The comparison fails where a stride, a name or an operand is another."""
    network = trace(
        load(
            {
                "inputs": {"x": [2, 6, 6]},
                "layers": [{"type": "Conv2d", "out_channels": 3, "kernel_size": 3}, "ReLU"],
            }
        )
    )
    right = torch_source(network)
    assert tensors(built(right)) == stated(network)
    assert tensors(built(right.replace("conv2d_0", "conv"))) != stated(network)
    _, shapes = on_meta(network, right.replace("kernel_size=3", "kernel_size=3, stride=2"))
    assert shapes != [port.tensor.shape for port in network.outputs]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported code of all shipped specs, and of random ones."""
    path = tmp_path_factory.mktemp("exported")
    for name in zoo.names():
        (path / f"{name}.py").write_text(source(name), encoding="utf-8")
    for seed in SEEDS:
        text = torch_source(trace(load(Generator(seed).spec())))
        (path / f"random_{seed}.py").write_text(text, encoding="utf-8")
    return path


def test_code_is_formatted_linted_and_typed(folder: Path) -> None:
    python = [sys.executable, "-m"]
    cache = f"--cache-dir={Path(gettempdir()) / 'archcalc-exported-mypy'}"  # torch takes most of the time
    check = ["ruff", "check", "--isolated", "--no-cache", "--select", RULES, "--ignore", IGNORED]
    for command in (
        ["ruff", "format", "--isolated", "--no-cache", "--check"],
        check,
        ["mypy", "--strict", cache],
    ):
        files = [str(path) for path in sorted(folder.glob("*.py"))]
        done = subprocess.run(
            [*python, *command, *files], capture_output=True, text=True, check=False, cwd=folder
        )
        assert done.returncode == 0, (command, done.stdout[-3000:], done.stderr[-1000:])


@pytest.mark.parametrize("name", READ)
def test_code_reads_as_it_did(name: str, request: pytest.FixtureRequest) -> None:
    file = GOLDEN / f"{name}.txt"
    if request.config.getoption("--write-golden"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(source(name), encoding="utf-8")
    assert source(name) == file.read_text(encoding="utf-8")


def test_resnet18_is_short_and_has_no_class_twice() -> None:
    text = source("resnet18")
    assert text.count("\n") < 90
    assert text.count("class ") == 2
    assert "self.layer1 = nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64))" in text
