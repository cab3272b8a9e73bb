"""First weights that an exported module does not draw, and what torch draws as a spec asks."""

import pytest

from archcalc.bridge.drawing import draw
from archcalc.bridge.network import TorchNetwork
from archcalc.exporting import torch_source
from archcalc.initialisation import SCHEMES, initialisation
from archcalc.layers.registry import KINDS, kind
from archcalc.loading import loads
from archcalc.propagating.weights import FirstWeights
from archcalc.spec.layers import INIT, WITH_INIT
from archcalc.tracing import trace
from tests.kinds.trials import seeded

TEXT = """\
inputs: {x: [48]}
layers:
  - {type: Linear, name: a, out_features: 96}
  - {type: Linear, name: b, out_features: 48, init: "normal:0.5"}
"""
NUMBERS = {"fan": ":fan_out", "number": ":0.3", "": ""}


def test_an_exported_file_says_what_it_does_not_draw() -> None:
    text = torch_source(trace(loads(TEXT)))
    assert "# Weights begin as torch draws them: the spec asks for normal:0.5 in b.\n" in text
    compile(text, "a.py", "exec")
    assert "Weights begin" not in torch_source(trace(loads(TEXT.replace(', init: "normal:0.5"', ""))))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_torch_draws_what_a_scheme_says(scheme: str) -> None:
    name = scheme + NUMBERS[SCHEMES[scheme].needs]
    network = trace(loads(TEXT))
    seeded(3)
    module = TorchNetwork(network)
    draw(module, (name,))
    for layer in network.layers:
        said = FirstWeights(network, (name,)).of(layer)
        for own, tensor in module.built[layer.name].named_parameters():
            drawn = float(tensor.detach().double().square().mean())
            assert drawn == pytest.approx(said[own], rel=0.06, abs=1e-12)
    assert str(initialisation(name)) == name


def test_the_kinds_that_have_an_argument_of_this_name_are_known() -> None:
    assert {name for name in KINDS if INIT in kind(name).model_fields} == set(WITH_INIT)


WRONG = {
    "kaimin_normal": "did you mean 'kaiming_normal'?",
    "normal": "write normal:0.02",
    "normal:-1": "write normal:0.02",
    "kaiming_normal:fan": "takes fan_in or fan_out behind the colon",
    "orthogonal:2": "takes nothing behind the colon",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_name_is_told_with_its_place(name: str) -> None:
    from archcalc.errors import SpecError

    with pytest.raises(SpecError) as caught:
        trace(loads(TEXT.replace("normal:0.5", name), "a.yaml"))
    (problem,) = caught.value.problems
    assert (problem.place.line, WRONG[name] in str(problem)) == (4, True), str(problem)
