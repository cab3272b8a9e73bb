"""Layers with names that every torch module has, and what torch cannot have at all."""

from typing import TYPE_CHECKING

import pytest
from torch import nn

from archcalc import load, loads, trace
from archcalc.bridge.verifying import verify
from archcalc.exporting import torch_source
from archcalc.exporting.naming import ATTRIBUTES, OF_A_SERIES
from tests.cli.running import run
from tests.exporting.sources import TOLERANCE, built, difference, stated, tensors

if TYPE_CHECKING:
    from pathlib import Path

CHAIN = """\
inputs: {{x: [4]}}
layers:
  - {{type: Linear, name: {name}, out_features: 4}}
  - type: Sequential
    name: inner
    layers: [{{type: Linear, name: {name}, out_features: 4}}, {{type: LayerScale, name: items}}]
"""
HAD = sorted({*dir(nn.Module()), *OF_A_SERIES, "keys", "__mine", "class", "self"} - {"training"})


def test_every_name_that_a_module_has_is_known() -> None:
    assert set(dir(nn.Module())) <= ATTRIBUTES
    series = {name for name in {*dir(nn.Sequential()), *dir(nn.ModuleList())} if not name.startswith("_")}
    assert series <= ATTRIBUTES | OF_A_SERIES


@pytest.mark.parametrize("name", HAD)
def test_a_layer_can_have_it(name: str) -> None:
    """In a network, and in a scope that would be a Sequential."""
    network = trace(loads(CHAIN.format(name=name)))
    assert tensors(built(torch_source(network))) == stated(network)
    assert difference(network, seed=1) < TOLERANCE


def test_what_train_sets_is_no_name_of_a_module(tmp_path: "Path", capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(CHAIN.format(name="training"), encoding="utf-8")
    ran = run(capsys, "export", str(file), "--to", "torch")
    assert (ran.code, ran.out) == (2, "")
    assert f"{file}:3:5: training (Linear): torch has no module called 'training'" in ran.err
    assert f"{file}:6:14: inner.training (Linear)" in ran.err
    assert verify(trace(load(str(file)))).agrees
    assert run(capsys, "verify", str(file), "--numeric").code == 0


def test_inputs_may_be_called_what_code_means_by_other_things() -> None:
    """The variable of a loop, builtins, imports, definitions of the file."""
    named = (
        "layer",
        "len",
        "cast",
        "Tensor",
        "math",
        "score_mask",
        "as_heads",
        "F",
        "nn",
        "self",
        "_",
        "class",
    )
    heads = "{type: MultiheadAttention, name: type, num_heads: 2, num_kv_heads: 1, window: 3, from: [layer]}"
    blocks = "{type: TransformerDecoderLayer, name: forward, nhead: 2, repeat: 2, from: [type, len]}"
    added = "{type: Add, from: [forward, " + ", ".join(named) + "]}"
    shapes = ", ".join(f"{name}: [3, 4]" for name in named)
    network = trace(loads(f"inputs: {{{shapes}}}\nlayers:\n- {heads}\n- {blocks}\n- {added}\n"))
    assert tensors(built(torch_source(network))) == stated(network)
    assert difference(network, seed=1) < TOLERANCE


def test_scopes_may_be_called_what_the_file_imports() -> None:
    inner = (
        "[{type: GCNConv, name: a, from: [x, edge_index], out_channels: 4}, {type: Flatten, start_dim: 2}]"
    )
    text = (
        "inputs: {x: [4, 4], edge_index: {shape: [2, 4], dtype: int64}}\n"
        f"layers: [{{type: Sequential, name: GCNConv, layers: {inner}}}]\n"
    )
    network = trace(loads(text))
    assert tensors(built(torch_source(network))) == stated(network)
    assert difference(network, seed=1) < TOLERANCE


@pytest.mark.parametrize("name", ["none", "true", "False"])
def test_a_network_may_be_called_as_a_word_of_python(name: str) -> None:
    network = trace(
        loads(f"name: '{name}'\ninputs: {{x: [4]}}\nlayers: [{{type: Linear, out_features: 2}}]\n")
    )
    assert f"class Layer{name.capitalize()}(nn.Module)" in torch_source(network)
    assert difference(network, seed=1) < TOLERANCE
