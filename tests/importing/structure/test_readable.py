"""For people: the text of a program is short, and traced it is the same graph."""

import pytest

from archcalc.importing.structure import structured
from archcalc.loading import load
from archcalc.tracing import trace
from archcalc.writing import write
from tests.importing.structure.programs import program_of
from tests.importing.structure.sameness import as_graph

LINES = {
    "resnet50": 80,
    "resnet18": 60,
    "gpt2": 60,
    "vit_b_16": 52,
    "swin_t": 85,
    "bert_base": 80,
    "mobilenet_v2": 80,
    "googlenet": 80,
    "t5_small": 150,
    "tcn": 60,
    "unet": 50,
}
"""Shipped spec -> lines that its text may take, from its layers alone."""


@pytest.mark.parametrize("name", LINES)
def test_a_shipped_spec_is_the_same_graph_in_few_lines(name: str) -> None:
    """Names of weights, arguments, shapes, MACs, wiring, ties and outputs; the order may be another one."""
    wanted = trace(load(name))
    model = load(structured(program_of(wanted), readable=True).data)
    assert as_graph(trace(model)) == as_graph(wanted)
    assert write(model).count("\n") <= LINES[name]
