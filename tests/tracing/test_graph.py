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


def test_shared_tensors_are_named_on_both_sides() -> None:
    assert {"lm_head.weight", "shared.weight"} <= network("t5_small").shared
    assert network("resnet18").shared == frozenset()


def test_an_unknown_layer_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(Fault) as caught:
        network("resnet18").layer("conv2")
    assert caught.value.fact == "no layer 'conv2'"
    assert "conv1" in caught.value.hint
