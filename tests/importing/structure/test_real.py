"""Real modules, recorded and read: their texts are short, and the same network as layer by layer."""

import pytest

from archcalc.importing.reading import program_of
from archcalc.importing.structure import structured
from archcalc.loading import load
from archcalc.tracing import trace
from archcalc.writing import write
from tests.importing.models import recorded
from tests.importing.structure.sameness import as_graph

LINES = {"tv/resnet50": 20, "tv/swin_t": 85}
"""Model -> lines of its text; swin_t's stages are of a class of its own."""


@pytest.mark.parametrize("name", LINES)
def test_a_real_module_has_a_short_text(name: str) -> None:
    program = program_of(recorded(name))
    flat, found = (load(structured(program, readable=readable).data) for readable in (False, True))
    assert as_graph(trace(found)) == as_graph(trace(flat))
    assert write(found).count("\n") <= LINES[name]
    names = [step.name for step in program.steps if step.kind == "Conv2d"]
    assert len([layer for layer in trace(found).layers if layer.type == "Conv2d"]) == len(names)
