"""Layer by layer: the text of a program traced is the program again."""

import pytest

from archcalc.importing.structure import structured
from archcalc.loading import load
from archcalc.tracing import trace
from tests.importing.structure.programs import program_of
from tests.importing.structure.sameness import in_order

SPECS = (
    *("resnet18", "googlenet", "gpt2", "t5_small", "tcn", "lstm_language_model", "seq2seq_attention"),
    *("gcn_cora", "mobilenet_v2", "unet"),
)


@pytest.mark.parametrize("name", SPECS)
def test_a_shipped_spec_is_the_same_layer_by_layer(name: str) -> None:
    """Names of weights, order, arguments, shapes, MACs, wiring, ties and outputs."""
    wanted = trace(load(name))
    found = structured(program_of(wanted), readable=False)
    assert in_order(trace(load(found.data))) == in_order(wanted)


@pytest.mark.parametrize("name", SPECS)
def test_every_layer_has_the_place_that_its_step_has(name: str) -> None:
    """Line n of the file is step n - 1."""
    wanted = trace(load(name))
    found = structured(program_of(wanted), readable=False)
    for number, layer in enumerate(trace(load(found.data)).layers):
        assert found.places[layer.origin.path].line == number + 1
