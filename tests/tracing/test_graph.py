"""The index of a traced network, against searches through all of its layers."""

from pathlib import Path

import pytest

import archcalc
from archcalc.errors import Fault
from archcalc.tracing import Port, Trace

SPECS = sorted(path.stem for path in (Path(__file__).parents[2] / "specs").glob("*.yaml"))
SMALL = ("resnet18", "unet", "transformer_wmt", "seq2seq_attention", "gat_cora", "googlenet", "vae")


def network(name: str) -> Trace:
    return archcalc.trace(archcalc.load(name))


@pytest.mark.parametrize("name", SPECS)
def test_a_layer_stands_behind_all_that_it_reads(name: str) -> None:
    traced = network(name)
    known = set(traced.inputs)
    for layer in traced.layers:
        assert {port.layer for port in layer.inputs} <= known
        assert layer.name not in known
        known.add(layer.name)
        assert traced.layer(layer.name) is traced.by_name[layer.name] is layer


@pytest.mark.parametrize("name", SMALL)
def test_readers_and_sources_are_those_that_a_search_finds(name: str) -> None:
    traced = network(name)
    for own in (*traced.inputs, *traced.by_name):
        expected = [
            (layer.name, index, port.output)
            for layer in traced.layers
            for index, port in enumerate(layer.inputs)
            if port.layer == own
        ]
        found = [(reader.layer.name, reader.position, reader.output) for reader in traced.readers_of(own)]
        assert found == expected
        for output in traced.output_names(own):
            tensor = (
                traced.by_name[own].facts.outputs[output] if own in traced.by_name else traced.inputs[own]
            )
            readers = traced.readers(Port(own, output, tensor))
            assert [tuple(reader) for reader in readers] == [
                tuple(reader) for reader in traced.readers_of(own) if reader.output == output
            ]
        for reader in traced.readers_of(own):
            assert traced.source(reader.layer.inputs[reader.position]) is traced.by_name.get(own)


@pytest.mark.parametrize("name", SMALL)
def test_only_reader_is_none_for_what_leaves_or_is_read_twice(name: str) -> None:
    traced = network(name)
    for layer in traced.layers:
        reading = [other for other in traced.layers for port in other.inputs if port.layer == layer.name]
        leaves = any(port.layer == layer.name for port in traced.outputs)
        expected = reading[0] if len(reading) == 1 and not leaves else None
        assert traced.only_reader(layer) is expected


@pytest.mark.parametrize("name", SMALL)
def test_behind_and_above_are_each_the_other_way_round(name: str) -> None:
    traced = network(name)
    chosen = traced.layers[:: max(1, len(traced.layers) // 12)]
    for early in chosen:
        behind = traced.behind(early.name)
        for late in chosen:
            above = {layer.name for layer in traced.above((Port(late.name, "output", late.output),))}
            assert (late.name in behind) == (early.name in above), (early.name, late.name)
    for entry in traced.inputs:
        reached = {
            layer.name for layer in traced.layers if any(p.layer == entry for p in _ports(traced, layer.name))
        }
        assert traced.behind(entry) == reached | {entry}


def _ports(traced: Trace, name: str) -> list[Port]:
    """Every port that is read on some way to a layer, by recursion."""
    layer = traced.by_name[name]
    found = list(layer.inputs)
    for above in traced.above(layer.inputs):
        found += above.inputs
    return found


@pytest.mark.parametrize("name", SPECS)
def test_scopes_hold_the_layers_whose_names_begin_with_theirs(name: str) -> None:
    traced = network(name)
    for scope in (*traced.scopes, *traced.by_name):
        expected = [
            layer for layer in traced.layers if layer.name == scope or layer.name.startswith(f"{scope}.")
        ]
        assert list(traced.inside(scope)) == expected
    assert traced.inside("nowhere") == ()


@pytest.mark.parametrize("name", SMALL)
def test_what_enters_and_leaves_a_scope_crosses_its_border(name: str) -> None:
    traced = network(name)
    outputs = {(port.layer, port.output) for port in traced.outputs}
    for scope in traced.scopes:
        mine = {layer.name for layer in traced.layers if layer.name.startswith(f"{scope}.")}
        found = traced.scope(scope)
        reads = [(layer.name in mine, port) for layer in traced.layers for port in layer.inputs]
        assert set(found.enters) == {port for inside, port in reads if inside and port.layer not in mine}
        assert len(set(found.enters)) == len(found.enters)
        crossing = {(port.layer, port.output) for inside, port in reads if not inside and port.layer in mine}
        crossing |= {port for port in outputs if port[0] in mine}
        assert {(port.layer, port.output) for port in found.leaves} == crossing
        assert [layer.name for layer in found.layers] == [x.name for x in traced.layers if x.name in mine]


CROSSED = """\
inputs: {image: [3, 16, 16], mask: [8, 16, 16]}
layers:
  - type: Sequential
    name: stage
    layers:
      - {type: Multiply, name: gate, from: [mask, mask]}
      - {type: Conv2d, name: wide, from: image, out_channels: 8, kernel_size: 3, padding: 1}
      - {type: Conv2d, name: small, out_channels: 4, kernel_size: 3, stride: 2}
      - {type: Conv2d, name: end, from: wide, out_channels: 8, kernel_size: 1}
      - {type: Add, name: off, when: false}
  - {type: Add, name: sum, from: [stage, stage.gate]}
  - {type: Flatten, name: flat, from: stage.small}
outputs: [sum, flat]
"""


def test_the_end_of_a_scope_leaves_it_first() -> None:
    found = archcalc.trace(archcalc.loads(CROSSED)).scope("stage")
    assert [str(port) for port in found.enters] == ["mask", "image"]
    assert [str(port) for port in found.leaves] == ["stage.end", "stage.gate", "stage.small"]


def test_a_scope_ends_where_the_next_layer_reads_and_not_at_its_last_layer() -> None:
    text = """\
inputs: {x: [7, 8]}
layers:
  - type: Sequential
    name: body
    layers:
      - {type: LSTM, name: rnn, hidden_size: 4}
      - type: Branches
        name: ways
        merge: {type: Concat, dim: 1, name: joined}
        branches: {low: [{type: Linear, name: a, out_features: 2}], high: [{type: Linear, out_features: 3}]}
  - {type: Linear, name: head, out_features: 2, from: [body.rnn.h_n]}
outputs: [head, body.ways.low]
"""
    traced = archcalc.trace(archcalc.loads(text))
    assert [str(port) for port in traced.scope("body").leaves] == ["body.rnn.h_n", "body.ways.low.a"]
    assert [str(port) for port in traced.scope("body.ways").enters] == ["body.rnn"]
    assert traced.ends["body"].layer == "body.ways.joined"
    assert [str(port) for port in traced.scope("body.ways.high").leaves] == ["body.ways.high.linear_0"]


def test_a_repeat_knows_its_instances() -> None:
    text = """\
inputs: {x: [8]}
layers:
  - {type: Linear, name: l, out_features: 8, repeat: 4, when: =i != 2}
  - {type: Sequential, name: s, numbered: true, layers: [{type: ReLU, repeat: 3}]}
"""
    traced = archcalc.trace(archcalc.loads(text))
    assert dict(traced.repeats) == {"l": (0, 1, 3)}
    assert traced.scope("l").repeats == (0, 1, 3)
    assert traced.scope("s").repeats == ()


def test_shared_tensors_are_named_on_both_sides() -> None:
    assert {"lm_head.weight", "shared.weight"} <= network("t5_small").shared
    assert network("resnet18").shared == frozenset()


def test_an_unknown_layer_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(Fault) as caught:
        network("resnet18").layer("conv2")
    assert caught.value.fact == "no layer 'conv2'"
    assert "conv1" in caught.value.hint
