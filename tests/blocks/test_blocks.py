"""Every shipped block: documented, equal to its torch module, and with the parameters its formula gives."""

import json
from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archcalc import load, params, trace
from archcalc.analyses.compute import macs
from archcalc.errors import Fault
from archcalc.expressions import evaluate, is_expression
from archcalc.rules.engine.checking import check_text
from archcalc.rules.selection import Selection
from archcalc.tracing import library
from archcalc.tracing.records import tensor_name
from tests.blocks import (
    attention,
    causal,
    convolutional,
    darknet,
    dense,
    ghost,
    language,
    learning,
    mobile,
    modern,
    residual,
    segmentation,
    transformer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.expressions import Value
    from archcalc.tracing import Trace
    from tests.blocks.case import Case

FAMILIES = (
    transformer,
    language,
    attention,
    causal,
    convolutional,
    darknet,
    dense,
    ghost,
    learning,
    mobile,
    modern,
    residual,
    segmentation,
)
CASES: "tuple[Case, ...]" = tuple(case for family in FAMILIES for case in family.CASES)


OF_SIZES = ("AC102", "AC103", "AC107", "AC201", "AC604")
"""Rules on the small sizes and lone blocks of the cases: heads, maps, unread ends, inputs and dilations."""
BATCH = 2


def traced(case: "Case") -> "Trace":
    """A network of the block alone."""
    inputs = {f"x{index}": list(shape) for index, shape in enumerate(case.shapes)}
    entry = {"type": case.block, "name": "block", "from": list(inputs), **case.arguments}
    return trace(load({"inputs": inputs, "layers": [entry]}))


class Names(dict[str, "Value"]):
    """Arguments and the arriving shape, as a block's formula sees them."""

    def lookup(self, name: str) -> "Value":
        """The value of a name, with or without ``block.`` before the shape."""
        if name.removeprefix("block.") not in self:
            raise Fault(f"no {name}")
        return self[name.removeprefix("block.")]

    def known(self) -> "Iterable[str]":
        """All names."""
        return self


def formula(case: "Case") -> object:
    """The value of the block's parameter formula."""
    block, _ = library.block(case.block)
    shape = case.shapes[0]
    names = Names({"in_channels": shape[0], "in_features": shape[-1], "in_shape": list(shape)})
    for name, default in block.args.items():
        value = case.arguments.get(name, default)
        names[name] = evaluate(value, names) if is_expression(value) else cast("Value", value)
    assert block.params is not None
    return evaluate(block.params, names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.block} {dict(case.arguments)}")
def test_block_is_the_torch_module(case: "Case") -> None:
    network, module = traced(case), case.module().eval()
    with torch.no_grad():
        output = module(*(torch.zeros(BATCH, *shape) for shape in case.shapes))
    assert network.outputs[0].tensor.shape == tuple(output.shape[1:])
    for kind, theirs in (("weights", module.named_parameters()), ("buffers", module.named_buffers())):
        mine: Mapping[str, tuple[int, ...]] = {
            tensor_name(layer.name.removeprefix("block."), name): shape
            for layer in network.layers
            for name, shape in cast("Mapping[str, tuple[int, ...]]", getattr(layer.facts, kind)).items()
        }
        expected = {name: tuple(value.shape) for name, value in theirs}
        if case.names:
            assert mine == expected
        assert sorted(mine.values()) == sorted(expected.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.block} {dict(case.arguments)}")
def test_block_multiplies_as_often_as_the_torch_module(case: "Case") -> None:
    module = case.module().eval()
    # torch's fused attention is not counted on a CPU; its plain form is the same products.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        module(*(torch.rand(BATCH, *shape) for shape in case.shapes))
    beside = sum(cast("int", vars(part).get("products", 0)) for part in module.modules())
    assert macs(traced(case)) == ((counter.get_total_flops() / 2 + beside) / BATCH, ())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.block} {dict(case.arguments)}")
def test_parameter_formula_is_the_count(case: "Case") -> None:
    assert formula(case) == params(traced(case)).params


@pytest.mark.parametrize("name", sorted(library.block_names()))
def test_block_is_documented(name: str) -> None:
    block, _ = library.block(name)
    assert block.note
    assert block.paper
    assert any(str(year) in block.paper for year in range(1980, 2027))
    assert block.about.keys() == block.args.keys()
    assert block.params
    assert len([case for case in CASES if case.block == name]) > 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.block} {dict(case.arguments)}")
def test_block_has_no_mistake_that_its_user_could_not_mend(case: "Case") -> None:
    inputs = {f"x{index}": list(shape) for index, shape in enumerate(case.shapes)}
    entry = {"type": case.block, "from": list(inputs), **case.arguments}
    text = json.dumps({"inputs": inputs, "layers": [entry]})
    assert not check_text(text, "block.yaml", Selection(ignore=OF_SIZES).active()).findings
