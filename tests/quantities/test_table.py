"""Named quantities of networks, against published numbers and against the commands' own reports."""

from fractions import Fraction

import pytest

from archcalc import load, loads, params, trace
from archcalc.budgets import METRICS
from archcalc.errors import Fault
from archcalc.quantities.numbers import number_of, without_units
from archcalc.quantities.table import QUANTITIES, measured, quantity
from archcalc.spec import Budgets


def test_quantities_of_a_published_network() -> None:
    """ResNet-18: torchvision's parameters and operations; 18 layers, after which it is called."""
    found = measured(trace(load("resnet18")))
    assert found["params"] == found["trainable_params"] == found["active_params"] == 11_689_512
    assert (found["macs"], found["flops"]) == (1_814_073_344, 3_628_146_688)
    assert (found["depth"], found["output_shape"], found["receptive_field"]) == (18, (1000,), 224)
    assert found["largest_layer"] == 512 * 512 * 9
    assert found["buffers"] == 2 * 4_800 + 20
    assert found["layers"] == len(trace(load("resnet18")).layers)


def test_depth_is_the_longest_way() -> None:
    ways = "{type: Branches, merge: Add, branches: [[{type: Linear, out_features: 4}, ReLU], %s]}"
    deep = "[{type: Linear, out_features: 5}, {type: Linear, out_features: 4}]"
    text = f"inputs: {{x: [4]}}\nlayers: [{ways % deep}, {{type: Linear, out_features: 2}}]"
    assert measured(trace(loads(text)))["depth"] == 3


@pytest.mark.parametrize(
    ("layers", "field"),
    [
        ("[{type: Conv2d, out_channels: 1, kernel_size: [3, 5]}]", 5),
        ("[{type: Conv2d, out_channels: 1, kernel_size: 3}, {type: AdaptiveAvgPool2d, output_size: 1}]", 32),
        ("[Flatten, {type: Linear, out_features: 2}]", 32),
    ],
)
def test_the_field_is_that_of_the_axis_that_is_read_most(layers: str, field: int) -> None:
    found = measured(trace(loads(f"inputs: {{x: [3, 32, 16]}}\nlayers: {layers}")))
    assert found["receptive_field"] == field


def test_a_field_without_a_size_is_none() -> None:
    features = trace(loads("inputs: {x: [8]}\nlayers: [{type: Linear, out_features: 2}]"))
    assert measured(features)["receptive_field"] is None
    past = trace(loads("inputs: {x: [7, 8]}\nlayers: [{type: LSTM, hidden_size: 2, batch_first: true}]"))
    assert measured(past)["receptive_field"] == 7


def test_budgets_are_of_quantities() -> None:
    assert set(METRICS) <= set(QUANTITIES)
    assert set(METRICS) == set(Budgets.model_fields) - {"scopes"}


def test_a_budget_counts_what_the_quantity_does() -> None:
    """Each budget is kept at the quantity's own value, and broken one below."""
    from archcalc import check

    text = "inputs: {image: [3, 32, 32]}\nlayers: [{type: Conv2d, out_channels: 8, kernel_size: 3}]\n"
    found = measured(trace(loads(text)))
    for metric in METRICS:
        amount = found[metric]
        assert isinstance(amount, int)
        for limit, kept in ((amount, True), (amount - 1, False)):
            report = check(loads(f"{text}budgets: {{{metric}: {limit}}}\n"))
            assert ("AC701" in str(report)) != kept, (metric, limit)


def test_lower_bounds_are_told() -> None:
    from archcalc.quantities.measuring import Measuring

    text = "inputs: {x: [8]}\nlayers: [{type: Opaque, name: odd, operator: a.B, outputs: {y: [4]}}]"
    network = Measuring(trace(loads(text)))
    assert QUANTITIES["macs"].unsaid(network) == ("odd",)
    assert not QUANTITIES["params"].unsaid(network)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("params", "1M", 1_000_000),
        ("memory", "24MiB", 24 * 2**20),
        ("macs", 1.5, Fraction(3, 2)),
        ("receptive_field", "224", 224),
        ("output_shape", "64x7x7", (64, 7, 7)),
        ("output_shape", "10", (10,)),
    ],
)
def test_wanted_values_are_read(name: str, written: object, value: object) -> None:
    assert quantity(name).wanted(written) == value


@pytest.mark.parametrize(("name", "written"), [("params", "1 Q"), ("macs", True), ("output_shape", "a")])
def test_what_is_no_value_is_refused(name: str, written: object) -> None:
    with pytest.raises(Fault, match="needs"):
        quantity(name).wanted(written)


def test_an_unknown_quantity_is_told_with_the_nearest() -> None:
    with pytest.raises(Fault, match="no quantity 'parms'") as caught:
        quantity("parms")
    assert caught.value.hint == "did you mean 'params'?"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("params < 5M and macs <= 1.9G", "params < 5000000 and macs <= 1900000000"),
        ("memory < 64KiB*2", "memory < 65536*2"),
        ("x5M < 3 or size == 1e6", "x5M < 3 or size == 1e6"),
        ("mode == '5M' and params < 0.0005k", "mode == '5M' and params < (1/2)"),
        ("a < 5Mx", "a < 5Mx"),
    ],
)
def test_units_in_expressions_are_numbers(written: str, plain: str) -> None:
    assert without_units(written) == plain


def test_a_number_is_exact() -> None:
    assert number_of("0.1") == Fraction(1, 10)
    assert number_of("1 parsec") is None
    assert params(load("lenet5")).params == measured(trace(load("lenet5")), {"p": QUANTITIES["params"]})["p"]
