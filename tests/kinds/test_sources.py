"""Parameters, buffers and constants: what reads nothing, and what is one for all samples beside a sample."""

import pytest
import torch

from archcalc import loads, trace
from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.verifying import verify
from archcalc.errors import SpecError
from archcalc.exporting import torch_source
from archcalc.facts import FIRST, IDENTITY, AxisRead, Tensor
from archcalc.layers.registry import kind
from tests.exporting.sources import TOLERANCE, built, difference

EVERYTHING = """\
inputs: {x: [6, 8]}
layers:
  - {type: Parameter, name: token, shape: [1, 1, 8]}
  - {type: Reshape, name: row, shape: [1, 8]}
  - {type: Concat, name: tokens, from: [row, x]}
  - {type: Parameter, name: positions, shape: [1, 7, 8]}
  - {type: Parameter, name: gain, shape: 8}
  - {type: Parameter, name: temperature, shape: []}
  - {type: Exp, name: factor}
  - {type: Buffer, name: mean, shape: [7, 1], persistent: false}
  - {type: Constant, name: steps, shape: 8, form: range}
  - {type: Add, name: placed, from: [tokens, positions, mean, steps]}
  - {type: Multiply, name: scaled, from: [factor, placed, gain]}
  - {type: Parameter, name: matrix, shape: [8, 5]}
  - {type: MatMul, name: mapped, from: [scaled, matrix]}
  - {type: Constant, name: hidden, shape: [7, 5], dtype: bool, form: causal}
  - {type: MaskedFill, from: [mapped, hidden], value: -1}
"""


def test_they_meet_samples_as_torch_broadcasts() -> None:
    one = trace(loads(EVERYTHING))
    assert not one.findings
    assert {name for name, layer in one.by_name.items() if not layer.output.batched} == {
        *("token", "row", "positions", "gain", "temperature", "factor", "mean", "steps", "matrix", "hidden")
    }
    network, x = TorchNetwork(one).double(), torch.randn(3, 6, 8, dtype=torch.float64)
    held = {name: value.data.normal_() for name, value in network.named_parameters()}
    network.tensor("mean").normal_()
    tokens = torch.cat([held["token"].expand(3, -1, -1), x], 1)
    steps = torch.arange(8)
    placed = tokens + held["positions"] + network.tensor("mean") + steps
    mapped = (held["temperature"].exp() * placed * held["gain"]) @ held["matrix"]
    wanted = mapped.masked_fill(torch.ones(7, 5, dtype=torch.bool).tril(), -1)
    torch.testing.assert_close(network(x)[0], wanted)


def test_torch_agrees_and_so_does_the_exported_module() -> None:
    one = trace(loads(EVERYTHING))
    assert verify(one).agrees
    assert difference(one, seed=3) < TOLERANCE
    module = built(torch_source(one))
    assert [name for name, _ in module.named_parameters()] == [
        *("token", "positions", "gain", "temperature", "matrix")
    ]
    assert "mean" not in module.state_dict()


ALONG = """\
inputs: {x: [3, 4, 8]}
layers:
  - type: Vmap
    layers:
      - {type: Parameter, name: gain, shape: 8}
      - {type: Parameter, name: place, shape: [1, 4, 8]}
      - {type: Add, from: [input, gain, place]}
      - {type: Parameter, name: token, shape: [1, 8]}
      - {type: Concat, from: [token, add_0]}
"""


def test_they_are_the_same_at_every_position_along_an_axis() -> None:
    one = trace(loads(ALONG))
    network, x = TorchNetwork(one), torch.randn(2, 3, 4, 8)
    held = {name: value.data.normal_() for name, value in network.named_parameters()}
    added = x + held["gain"] + held["place"]
    wanted = torch.cat([held["token"].expand(2, 3, 1, 8), added], 2)
    torch.testing.assert_close(network(x)[0], wanted)
    assert difference(one, seed=4) < TOLERANCE


def test_what_is_one_for_all_may_have_fewer_axes_or_one_for_the_batch() -> None:
    sample = Tensor((4, 5))
    for shape, expected in (
        ((5,), (AxisRead(1, IDENTITY),)),
        ((4, 1), (AxisRead(0, IDENTITY), AxisRead(1, FIRST))),
        ((1, 4, 5), (AxisRead(None, IDENTITY), AxisRead(0, IDENTITY), AxisRead(1, IDENTITY))),
        ((), ()),
    ):
        facts = kind("Add")().infer((sample, Tensor(shape, batched=False)))
        assert facts.outputs["output"].shape == sample.shape
        assert facts.reads[1] == expected


@pytest.mark.parametrize(
    ("layers", "what"),
    [
        (
            "- {type: Parameter, name: w, shape: [4]}\n  - {type: Add, from: [x, w]}",
            "inputs differ in axis 1: [4, 5] and [4]",
        ),
        (
            "- {type: Parameter, name: w, shape: [2, 4, 5]}\n  - {type: Add, from: [x, w]}",
            "what is one for all samples has more axes than a sample: [4, 5] and [2, 4, 5]",
        ),
        ("- {type: Parameter, name: w, shape: [2], from: x}", "takes no input, got 1"),
        (
            "- {type: Parameter, name: w, shape: [2], dtype: int64}",
            "torch learns real numbers only, not int64",
        ),
        (
            "- {type: Parameter, name: w, shape: []}\n  - {type: Linear, out_features: 3}",
            "needs a tensor with axes, got a number: []",
        ),
        ("- {type: Constant, name: c, shape: [2], form: fill}", "form 'fill' needs a value"),
        (
            "- {type: Constant, name: c, shape: [2], form: causal}",
            "form 'causal' needs axes of queries and keys, got [2]",
        ),
        ("- {type: Parameter, name: w, shape: [0]}", "shape needs at least 1, got [0]"),
    ],
)
def test_refusals_say_both_numbers(layers: str, what: str) -> None:
    with pytest.raises(SpecError) as caught:
        trace(loads(f"inputs: {{x: [4, 5]}}\nlayers:\n  {layers}\n"))
    assert [problem.what for problem in caught.value.problems] == [what]


def test_a_parameter_that_nothing_reads_is_told() -> None:
    held = "{type: Parameter, name: w, shape: 3}", "{type: Buffer, name: b, shape: 3}"
    spec = "inputs: {x: [3]}\nlayers:\n" + "".join(f"  - {each}\n" for each in held)
    one = trace(loads(spec + "  - {type: ReLU, from: x}\n"))
    told = {found.source: found.what for found in one.findings}
    assert told == {"w": "nothing reads this parameter: it is never trained", "b": "nothing reads it"}


def test_a_lone_number_changes_no_precision() -> None:
    half, single = Tensor((2,), "float16"), Tensor((), "float32", batched=False)
    for other, dtype in ((single, "float16"), (Tensor((1,), "float32", batched=False), "float32")):
        assert kind("Multiply")().infer((half, other)).outputs["output"].dtype == dtype
    assert torch.result_type(torch.ones(2, dtype=torch.float16), torch.tensor(1.0)) == torch.float16
    whole = Tensor((2,), "int32")
    assert kind("Add")().infer((whole, single)).outputs["output"].dtype == "float32"
